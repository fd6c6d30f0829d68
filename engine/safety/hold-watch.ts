// The holds over all their sources: those of the clock and of the process itself are kept here, the others are asked.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { LogPort } from '../model/ports.ts';
import type { Hold, Holds, Moment } from '../model/values.ts';
import { type HoldSources, holdsNow, journalHold, liveQuotesHold } from './holds.ts';
import { createStallWatch, type StallWatch, type StallWatchOptions } from './stall-watch.ts';

export type HoldWatchOptions = {
  readonly clock: Clock;
  readonly log: LogPort;
  readonly limits: {
    /** Longest time that the process may not run before the sources have to be heard again. */
    readonly stallMs: number;
    readonly quotesLiveMax: number;
    readonly journalMaxSyncLagMs: number;
  };
  readonly heard: StallWatchOptions['heard'];
  readonly onGap: StallWatchOptions['onGap'];
  readonly stoodStillMs: StallWatchOptions['stoodStillMs'];
  readonly sources: {
    clockSkew(now: Moment): Hold | null;
    inventoryWentBack(): Hold | null;
    liveQuotes(): number;
    quoteIds(nowUs: number): Hold | null;
    journalLagMs(nowUs: number): number;
  };
};

export type HoldWatch = {
  /** Begins to watch for stalls of the process; the result stops it. */
  start(): () => void;
  now(now: Moment): Holds;
  readonly stalls: Pick<StallWatch, 'count' | 'last'>;
};

export function createHoldWatch(options: HoldWatchOptions): HoldWatch {
  const { limits, sources } = options;
  const stalls = createStallWatch({ ...options, limitMs: limits.stallMs });
  const all: HoldSources = {
    clock_skew: (now) => sources.clockSkew(now),
    process_stalled: (now) => stalls.hold(now),
    inventory_block_went_back: () => sources.inventoryWentBack(),
    quotes_live_max: () => liveQuotesHold(sources.liveQuotes(), limits.quotesLiveMax),
    quote_ids_full: ({ nowUs }) => sources.quoteIds(nowUs),
    journal_behind: ({ nowUs }) => journalHold(sources.journalLagMs(nowUs), limits.journalMaxSyncLagMs),
  };
  return { start: () => stalls.start(), now: (now) => holdsNow(all, now), stalls };
}
