// Whether a block that an endpoint calls final can be true: compared with our clock, and with the newest block that the
// ledger took. What is refused leaves nothing behind: only a complete snapshot that the ledger took becomes the next anchor,
// so that one wrong answer never blocks the right ones after it. Pure.

import { failed, type NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock, KnownBlock } from '../../contracts/runtime/near/types.ts';

/** A block further in the future than this is refused; our clock may be wrong by as much before nothing is signed anyway. */
const FUTURE_MAX_MS = 5000;
/** A final block this far behind our clock is that of a node that hangs. */
const LAG_MAX_MS = 30_000;
/** One this far behind is not what another endpoint should wait for; by itself it may be all there is. */
const LAGGING_MS = 8000;
/** The chain makes fewer than two blocks a second. */
const BLOCKS_PER_SECOND_MAX = 5;
/** Blocks on top of that, for heights that move in bursts. */
const JUMP_BLOCKS = 10;
/** Final blocks of honest endpoints are this close to each other. */
const TOGETHER_BLOCKS = 60;

export type BlockJudgement = {
  readonly block: FinalBlock;
  /** The newest block that the ledger took; null before the first. */
  readonly anchor: KnownBlock | null;
  readonly nowMs: number;
  /** Several endpoints agree on the height. */
  readonly mayJump: boolean;
};

/** @returns why the block cannot be taken, else null */
export function judgeBlock({ block, anchor, nowMs, mayJump }: BlockJudgement): NearFailure | null {
  const aheadMs = block.timeMs - nowMs;
  if (aheadMs > FUTURE_MAX_MS) {
    return failed('block_from_future', `final block ${block.height} is ${aheadMs} ms ahead of our clock`);
  }
  if (-aheadMs > LAG_MAX_MS) {
    return failed('block_too_old', `final block ${block.height} is ${-aheadMs} ms behind our clock`);
  }
  if (anchor === null) return null;
  if (block.height < anchor.height) {
    return failed('block_went_back', `final block ${block.height} is older than ${anchor.height}, which was taken`);
  }
  if (block.height === anchor.height) {
    if (block.hash === (anchor.hash ?? block.hash) && block.timeMs === anchor.timeMs) return null;
    const was = anchor.hash ?? `one of another time, ${anchor.timeMs}`;
    return failed('block_differs', `final block ${block.height} is ${block.hash}, and was ${was}`);
  }
  if (block.timeMs < anchor.timeMs) {
    return failed('block_time_went_back', `block ${block.height} is from before block ${anchor.height}`);
  }
  // Block time is bounded by our clock, above, and the height by block time: a machine that slept may find any number of both.
  if (mayJump || !isJump(anchor, block)) return null;
  const gained = block.height - anchor.height;
  return failed(
    'block_jumped',
    `${gained} blocks in ${block.timeMs - anchor.timeMs} ms of block time are not plausible`,
  );
}

/** Refusals of a block that the block which was taken leads to: that one may be the wrong one. */
export const AGAINST_TAKEN: ReadonlySet<string> = new Set(['block_went_back', 'block_differs', 'block_time_went_back']);

/** Whether there are more blocks between the two than the chain makes in the time between them. */
export function isJump(from: KnownBlock, to: KnownBlock): boolean {
  const gainedMs = Math.max(0, to.timeMs - from.timeMs);
  return to.height - from.height > JUMP_BLOCKS + Math.floor((gainedMs * BLOCKS_PER_SECOND_MAX) / 1000);
}

/** Whether a fresher block is worth asking for elsewhere. */
export const isLagging = (block: FinalBlock, nowMs: number): boolean => nowMs - block.timeMs > LAGGING_MS;

/**
 * The items whose heights are close together and most numerous; among equals the lowest, since a height that is too high
 * would make the right ones look old, and one that is too low corrects itself.
 */
export function largestAgreement<Item extends { readonly height: number }>(items: readonly Item[]): readonly Item[] {
  const sorted = [...items].sort((a, b) => a.height - b.height);
  let best: readonly Item[] = [];
  for (const { height } of sorted) {
    const together = sorted.filter((other) => other.height >= height && other.height - height <= TOGETHER_BLOCKS);
    if (together.length > best.length) best = together;
  }
  return best;
}
