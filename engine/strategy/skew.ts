// The target edge by inventory: a quote that pays what we have more of, by value, is priced closer to the minimum edge, one that pays
// what we have less of further from it. The further from even, the more, up to STRATEGY_SKEW_PCT. Rounded up, in our favour. Pure.

import { type PctE4, pctE4 } from '../../contracts/amounts.ts';
import type { Direction } from '../../contracts/assets.ts';
import { divFloor, minOf } from '../lib/int.ts';
import type { InventoryView, Limits } from '../model/values.ts';
import { eureValueOf, type Market } from './pricing.ts';

/** At 100 % nothing would be paid. */
const TARGET_MAX_E4 = 990_000n;

export type SkewInput = {
  readonly limits: Pick<Limits, 'minEdgePctE4' | 'targetEdgePctE4' | 'skewPctE4'>;
  readonly direction: Direction;
  readonly inventory: InventoryView;
  readonly market: Market;
};

/** The edge that the open side is priced at. */
export function targetEdge({ limits, direction, inventory, market }: SkewInput): PctE4 {
  const { minEdgePctE4, targetEdgePctE4, skewPctE4 } = limits;
  if (skewPctE4 === 0n) return targetEdgePctE4;
  const { paid, received } = inventory;
  const isBtcPaid = direction === 'EURe->BTC';
  const btcValue = eureValueOf((isBtcPaid ? paid : received).creditedUnits, market);
  // Without a price nothing is signed: the gates after this say so.
  if (btcValue === null) return targetEdgePctE4;
  const eureValue: bigint = (isBtcPaid ? received : paid).creditedUnits;
  const total = btcValue + eureValue;
  if (total === 0n) return targetEdgePctE4;
  const surplus = isBtcPaid ? btcValue - eureValue : eureValue - btcValue;
  const skewed = minOf(targetEdgePctE4 - divFloor(skewPctE4 * surplus, total), TARGET_MAX_E4);
  return pctE4(skewed < minEdgePctE4 ? minEdgePctE4 : skewed);
}
