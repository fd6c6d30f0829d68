// How the spendable units of an asset are shared among its nonces. The first lane gets half, the others share the rest,
// both rounded down; a lane that has nonces left to drain gives them what their live quotes need and its current nonce the
// remainder. What quotes already bind is never taken away; where that is more than a share, other lanes go without, the
// last lane first, so that all ceilings together stay within what is spendable. Pure.

import type { NonceEntry } from './lanes.ts';
import { reservationOf } from './lanes.ts';

/** The share of each lane, summing to at most `spendableUnits`. */
export function laneShares(spendableUnits: bigint, lanes: number): bigint[] {
  const whole = spendableUnits < 0n ? 0n : spendableUnits;
  if (lanes === 1) return [whole];
  const first = whole / 2n;
  const other = (whole - first) / BigInt(lanes - 1);
  return Array.from({ length: lanes }, (_, lane) => (lane === 0 ? first : other));
}

export type CeilingPlan = {
  /** By lane: what its current nonce, or the one to be opened, may pay. */
  readonly currents: readonly bigint[];
  /** By lane: what is left of its share by what its former nonces keep: all that new quotes should need. */
  readonly shares: readonly bigint[];
  /** What each other unused nonce keeps. */
  readonly others: ReadonlyMap<NonceEntry, bigint>;
};

/**
 * @param currents by lane; null where a nonce is to be opened
 * @param others the unused nonces that drain
 */
export function planCeilings(
  spendableUnits: bigint,
  currents: readonly (NonceEntry | null)[],
  others: readonly NonceEntry[],
): CeilingPlan {
  const shares = laneShares(spendableUnits, currents.length);
  const kept = new Map<NonceEntry, bigint>();
  let total = 0n;
  for (const entry of others) {
    const need = reservationOf(entry);
    kept.set(entry, need);
    total += need;
    const share = shares[entry.lane];
    if (share !== undefined) shares[entry.lane] = share > need ? share - need : 0n;
  }
  const floors = currents.map((entry) => (entry === null ? 0n : reservationOf(entry)));
  const targets = shares.map((share, lane) => {
    const floor = floors[lane] ?? 0n;
    return share > floor ? share : floor;
  });
  for (const target of targets) total += target;
  let excess = total - (spendableUnits < 0n ? 0n : spendableUnits);
  for (let lane = targets.length - 1; lane >= 0 && excess > 0n; lane--) {
    const target = targets[lane] ?? 0n;
    const room = target - (floors[lane] ?? 0n);
    const cut = room < excess ? room : excess;
    targets[lane] = target - cut;
    excess -= cut;
  }
  return { currents: targets, shares, others: kept };
}
