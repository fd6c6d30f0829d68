// What was on its way when the newest balance was read: the record of that balance and the decisions made on it say the same. Looked
// up, so that a decision costs no sum.

import { assetIdsOf, type Pair } from '../../../contracts/assets.ts';
import type { AssetId } from '../../../contracts/ids.ts';
import { FUNDS_UNKNOWN, type FundsUnderWay } from '../../model/funds.ts';

export type FundsAtBalance = {
  /** A balance was taken: what is under way now belongs to it. */
  balanceTaken(): void;
  of(asset: AssetId): FundsUnderWay;
};

export function createFundsAtBalance(pair: Pair, underWay: (asset: AssetId) => FundsUnderWay): FundsAtBalance {
  const known = new Map<AssetId, FundsUnderWay>();
  return {
    balanceTaken() {
      for (const asset of assetIdsOf(pair)) known.set(asset, underWay(asset));
    },
    of: (asset) => known.get(asset) ?? FUNDS_UNKNOWN,
  };
}
