// What keeps the engine from signing for a while, although nobody disarmed it: one source for each hold, asked once per request.
// A hold ends by itself when its source says so; every hold is a decision reason, a health reason and a metric.

import type { Hold, HoldReason, Holds, Moment } from '../model.ts';

/** Each answers at once from memory; null: the hold does not apply now. */
export type HoldSources = { readonly [Reason in HoldReason]: (now: Moment) => Hold | null };

export const holdsNow = (sources: HoldSources, now: Moment): Holds => ({
  clock_skew: sources.clock_skew(now),
  process_stalled: sources.process_stalled(now),
  inventory_block_went_back: sources.inventory_block_went_back(now),
  quotes_live_max: sources.quotes_live_max(now),
  journal_behind: sources.journal_behind(now),
});
