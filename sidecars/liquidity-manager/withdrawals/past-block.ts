// Finds a block by its time, at a node that names blocks by height: from the newest back by the rate at which blocks come, closer with
// each block that is read.

import type { NearEndpoint } from '../../../contracts/runtime/near/client.ts';
import type { FinalBlock } from '../../../contracts/runtime/near/types.ts';

/** Block times: later than the one, at the other at the latest. */
type TimeWindow = { readonly afterMs: number; readonly untilMs: number };

type Node = Pick<NearEndpoint, 'blockAt'>;

/** Tries by the rate; after them the rest is halved, since a chain that stood still has no rate. */
const BY_RATE_MAX = 8;
const TRIES_MAX = 32;
/** Heights in a row that may be without a block. */
const SKIPPED_MAX = 3;
/** Blocks over which the rate is measured. */
const RATE_BLOCKS = 100;
/** Where it cannot be measured. */
const BLOCK_MS = 600;

/** A height that is too low: its block is earlier than the window, or (`timeMs` null) the node does not have it any more. */
type Low = { readonly height: number; readonly timeMs: number | null };

/** `missing`: there is none, or the node does not have it any more; `failed`: the node did not answer. */
type Found = FinalBlock | 'missing' | 'failed';

export async function blockWithin(node: Node, newest: FinalBlock, window: TimeWindow): Promise<Found> {
  const middleMs = (window.afterMs + window.untilMs) / 2;
  const rateMs = await msPerBlock(node, newest);
  let low: Low = { height: -1, timeMs: null };
  let high = newest;
  for (let tries = 0; tries < TRIES_MAX && high.height - low.height > 1; tries++) {
    const height = tries < BY_RATE_MAX ? heightByRate({ low, high, rateMs, middleMs }) : middle(low, high);
    const found = await blockFrom(node, height, high.height - 1);
    if (found === 'failed') return found;
    if (found === 'missing') low = { height, timeMs: null };
    else if (found.timeMs <= window.afterMs) low = found;
    else if (found.timeMs <= window.untilMs) return found;
    else high = found;
  }
  return 'missing';
}

const middle = (low: Low, high: FinalBlock): number => Math.floor((low.height + high.height) / 2);

function heightByRate(known: {
  readonly low: Low;
  readonly high: FinalBlock;
  readonly rateMs: number;
  readonly middleMs: number;
}): number {
  const { low, high, middleMs } = known;
  const rateMs = low.timeMs === null ? known.rateMs : (high.timeMs - low.timeMs) / (high.height - low.height);
  const height = high.height - Math.ceil((high.timeMs - middleMs) / Math.max(1, rateMs));
  return height > low.height && height < high.height ? height : middle(low, high);
}

async function msPerBlock(node: Node, newest: FinalBlock): Promise<number> {
  const earlier = await blockFrom(node, Math.max(0, newest.height - RATE_BLOCKS), newest.height - 1);
  if (typeof earlier === 'string') return BLOCK_MS;
  return (newest.timeMs - earlier.timeMs) / (newest.height - earlier.height);
}

const COLLECTED = 'garbage_collected_block';

/** By this failure a node says that it has no such block: none came, or it does not keep it any more. */
export const isMissing = (reason: string): boolean => reason === COLLECTED || reason === 'unknown_block';

/** The block of that height, or the next one that is there. `missing`: the node has none of those few. */
async function blockFrom(node: Node, first: number, last: number): Promise<Found> {
  for (let height = first; height <= Math.min(last, first + SKIPPED_MAX); height++) {
    const block = await node.blockAt(height);
    if (block.ok) return block.value;
    if (!isMissing(block.reason)) return 'failed';
    if (block.reason === COLLECTED) break;
  }
  return 'missing';
}
