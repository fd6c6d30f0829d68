// Arithmetic of the reference: distance of two prices, and the middle. Pure, integers only; every division says its rounding.

import { type PctE4, type PriceE8, pctE4, priceE8 } from '../../contracts/amounts.ts';
import { divCeil } from '../lib/int.ts';
import type { TopOfBook } from './sources.ts';

/** 100 percent times 10^4. */
const WHOLE_PCT_E4 = 1_000_000n;

/** How far `other` is from the middle of bid and ask, in percent of the middle; rounded up, so that no excess is hidden. */
export function divergenceOf({ bidE8, askE8 }: TopOfBook, other: PriceE8): PctE4 {
  const twiceMid = bidE8 + askE8;
  const gap = 2n * other - twiceMid;
  return pctE4(divCeil((gap < 0n ? -gap : gap) * WHOLE_PCT_E4, twiceMid));
}

/** The middle, rounded down. */
export const midOf = (bid: PriceE8, ask: PriceE8): PriceE8 => priceE8((bid + ask) / 2n);
