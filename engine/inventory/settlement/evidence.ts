// Which verifier snapshots the ledger takes, and up to when they prove that a deadline is over. A block's time is the word of
// an RPC endpoint, so it counts only as far as our own clocks agree: the wall clock, and the monotonic clock since the first
// snapshot of this run, which nobody can set. Pure.

import type { Observation } from '../../model/observation.ts';

/** Our clock and the chain's may differ by so much; a block further ahead of us is not taken. */
export const CLOCK_SKEW_MAX_MS = 5_000;
/** A final block is some seconds old when it is read; an older one comes from a node that lags, or our clock is ahead. */
export const BLOCK_AGE_MAX_MS = 30_000;

/** Why a snapshot is not taken: names of failed polls. */
export type SnapshotRefusal = {
  readonly reason:
    | 'block_time_ahead'
    | 'block_time_behind'
    | 'inventory_block_went_back'
    | 'snapshot_incomplete'
    | 'ledger_failed'
    | 'balance_missing';
  readonly detail: string;
};

type Read = Pick<Observation, 'block' | 'confirmedTimeMs' | 'readAtMs' | 'readAtUs'>;

/** What is known of the newest balance on record. */
export type Newest = { readonly blockHeight: number; readonly blockHash: string; readonly blockTimeMs: number };

/** Ties the monotonic clock of this run to the time of its first plausible snapshot. */
export type ClockAnchor = { readonly atMs: number; readonly atUs: number };

export const anchorAt = ({ block, readAtMs, readAtUs }: Read): ClockAnchor => ({
  atMs: Math.max(block.timeMs, readAtMs),
  atUs: readAtUs,
});

/** Lower bound of the time, from the anchor and the clock that nobody can set. */
export const timeBy = (anchor: ClockAnchor, nowUs: number): number =>
  anchor.atMs + Math.floor((nowUs - anchor.atUs) / 1000);

/** Deadlines before this are over: by the chain, by our wall clock and by the time that passed since the anchor. */
export const overBefore = (anchor: ClockAnchor, { confirmedTimeMs, readAtMs, readAtUs }: Read): number =>
  Math.min(confirmedTimeMs, readAtMs, timeBy(anchor, readAtUs));

/** `next` is to replace `used`, which fell behind: the monotonic clock does not run while a machine is suspended. */
export type Anchors = { readonly used: ClockAnchor | null; readonly next: ClockAnchor | null };

/**
 * The anchors after a snapshot. One that fell behind both chain and wall clock would keep every quote bound for as long as the
 * machine slept, so it is replaced, once everything that was signed before its successor is over by the monotonic clock alone.
 * @param bindsMs how long something that is bound now can have been signed ago at most
 */
export function anchorsAfter(
  { used, next }: Anchors,
  read: Read & { confirmed: boolean },
  bindsMs: () => number,
): Anchors {
  if (implausibleTime(read) !== null) return { used, next };
  if (used === null) return { used: anchorAt(read), next: null };
  if (!read.confirmed) return { used, next };
  const behindMs = Math.min(read.confirmedTimeMs, read.readAtMs) - timeBy(used, read.readAtUs);
  if (behindMs <= CLOCK_SKEW_MAX_MS) return { used, next: null };
  if (next === null) return { used, next: anchorAt(read) };
  const sinceMs = (read.readAtUs - next.atUs) / 1000;
  return sinceMs > bindsMs() + CLOCK_SKEW_MAX_MS ? { used: next, next: null } : { used, next };
}

/** The block's time against our clock; null when it is plausible. */
export function implausibleTime({ block, readAtMs }: Read): SnapshotRefusal | null {
  const aheadMs = block.timeMs - readAtMs;
  if (aheadMs > CLOCK_SKEW_MAX_MS) {
    return { reason: 'block_time_ahead', detail: `block ${block.height} is ${aheadMs} ms ahead of our clock` };
  }
  if (-aheadMs > BLOCK_AGE_MAX_MS) {
    return { reason: 'block_time_behind', detail: `block ${block.height} is ${-aheadMs} ms old` };
  }
  return null;
}

/** The block against the newest balance on record; null when it is that block again, or a later one. */
export function wentBack({ block }: Read, newest: Newest | null): SnapshotRefusal | null {
  if (newest === null || isSameBlock(block, newest)) return null;
  if (block.height > newest.blockHeight && block.timeMs >= newest.blockTimeMs) return null;
  const detail = `block ${block.height} is not later than ${newest.blockHeight}, of the newest balance on record`;
  return { reason: 'inventory_block_went_back', detail };
}

export const isSameBlock = (block: Observation['block'], newest: Newest): boolean =>
  block.height === newest.blockHeight && block.hash === newest.blockHash;
