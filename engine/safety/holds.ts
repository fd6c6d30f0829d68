// What keeps the engine from signing for a while, although nobody disarmed it: one source for each hold, asked once per request.
// A hold ends by itself when its source says so; every hold is a decision reason, a health reason and a metric.

import type { Hold, HoldReason, Holds, Moment } from '../model/values.ts';

/** Each answers at once from memory; null: the hold does not apply now. */
export type HoldSources = { readonly [Reason in HoldReason]: (now: Moment) => Hold | null };

export const holdsNow = (sources: HoldSources, now: Moment): Holds => ({
  clock_skew: sources.clock_skew(now),
  process_stalled: sources.process_stalled(now),
  inventory_block_went_back: sources.inventory_block_went_back(now),
  quotes_live_max: sources.quotes_live_max(now),
  quote_ids_full: sources.quote_ids_full(now),
  journal_behind: sources.journal_behind(now),
});

/**
 * @param lagMs age of the oldest record that is not on disk: after a power cut, quotes signed since then would not be on record,
 *   and the time that a restart waits for them counts on this bound
 */
export const journalHold = (lagMs: number, limitMs: number): Hold | null =>
  lagMs > limitMs ? { value: Math.ceil(lagMs), limit: limitMs } : null;

/** At the limit already: one more quote would be beyond it. */
export const liveQuotesHold = (count: number, limit: number): Hold | null =>
  count >= limit ? { value: count, limit } : null;
