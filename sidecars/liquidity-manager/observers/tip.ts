// Whether the height that a node claims can be believed. A node that is behind knows nothing of the newest blocks: what it does not
// show proves nothing, and must neither move the position forward nor take confirmations back. A node that claims a height which the
// chain cannot have reached since the last reading would make everything confirmed. Pure; times are monotonic.

export type TipPolicy = {
  /** A chain makes no more blocks than one in this time, over any longer time... */
  readonly blockMs: number;
  /** ... and so many more at once. */
  readonly burstBlocks: number;
  /** A chain without a new block for so long has stopped, or its node has. */
  readonly stalledAfterMs: number;
};

export type Tip = {
  readonly height: number;
  /** When this height was reached, or when the process started with it. */
  readonly reachedUs: number;
  /** Since when every claim has been lower; null: the last one was not. */
  readonly lowerSinceUs: number | null;
};

export type TipVerdict = 'ok' | 'node_behind' | 'node_height_implausible' | 'node_stalled';

/** When all nodes have claimed less for so long, the higher claim was wrong. */
const REBASE_AFTER_MS = 3_600_000;

export function judgeTip(
  tip: Tip | null,
  claim: { readonly height: number; readonly nowUs: number },
  policy: TipPolicy,
): { readonly verdict: TipVerdict; readonly tip: Tip | null } {
  const { height, nowUs } = claim;
  const reached: Tip = { height, reachedUs: nowUs, lowerSinceUs: null };
  if (tip === null) return { verdict: 'ok', tip: reached };
  if (height < tip.height) {
    const lowerSinceUs = tip.lowerSinceUs ?? nowUs;
    if (nowUs - lowerSinceUs < REBASE_AFTER_MS * 1000) return { verdict: 'node_behind', tip: { ...tip, lowerSinceUs } };
    return { verdict: 'ok', tip: reached };
  }
  const spentMs = Math.max(0, nowUs - tip.reachedUs) / 1000;
  if (height - tip.height > policy.burstBlocks + Math.floor(spentMs / policy.blockMs)) {
    return { verdict: 'node_height_implausible', tip };
  }
  if (height > tip.height) return { verdict: 'ok', tip: reached };
  const isStalled = spentMs >= policy.stalledAfterMs;
  return { verdict: isStalled ? 'node_stalled' : 'ok', tip: { ...tip, lowerSinceUs: null } };
}
