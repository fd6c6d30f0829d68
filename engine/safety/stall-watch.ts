// The shell of process-gap.ts: beats by a timer and whenever somebody asks, logs the gap and its end once, and sets off what
// hears the sources again.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { momentOf } from '../lib/moment.ts';
import type { LogPort } from '../model/ports.ts';
import type { Hold, Moment } from '../model/values.ts';
import { createProcessGaps, type Gap, type HeardAgain } from './process-gap.ts';

const BEAT_MS = 100;

export type StallWatchOptions = {
  readonly clock: Clock;
  readonly log: LogPort;
  readonly limitMs: number;
  /** How long the clocks stood still since this was asked last, in milliseconds; null: they did not, as far as is known. */
  readonly stoodStillMs: () => number | null;
  readonly heard: (now: Moment) => HeardAgain;
  /** A gap has just ended: ask every source that does not speak by itself. Called within the turn that found it. */
  readonly onGap: (gap: Gap) => void;
};

export type StallWatch = {
  /** Begins to beat; the result stops it. */
  start(): () => void;
  /** To be asked before anything is signed: a turn may come before the timer. Nothing before `start`. */
  hold(now: Moment): Hold | null;
  last(): Gap | null;
  count(): number;
};

export function createStallWatch(options: StallWatchOptions): StallWatch {
  const { clock, log } = options;
  const gaps = createProcessGaps(options.limitMs);
  let isStarted = false;
  /** The gap whose end is not logged yet. */
  let open: Gap | null = null;

  const beat = (now: Moment): void => {
    if (!isStarted) return;
    const stoodMs = options.stoodStillMs();
    const gap = gaps.beat(now) ?? (stoodMs === null ? null : gaps.stoodStill(stoodMs, now));
    if (gap === null) return;
    open = gap;
    log.warn('process_stalled', {
      kind: gap.kind,
      gap_ms: gap.lengthMs,
      limit_ms: options.limitMs,
      detail: 'the process did not run; nothing is signed until new prices, balances and relay frames have arrived',
    });
    options.onGap(gap);
  };

  const hold = (now: Moment): Hold | null => {
    beat(now);
    // Nothing is asked of the sources while there was no gap: the usual case costs a comparison.
    return gaps.last() === null ? null : gaps.hold(options.heard(now));
  };

  return {
    start() {
      isStarted = true;
      return clock.every(BEAT_MS, () => {
        const now = momentOf(clock);
        if (hold(now) !== null || open === null) return;
        log.info('process_resumed', { after_ms: Math.round((now.nowUs - open.endedUs) / 1000) });
        open = null;
      });
    },
    hold,
    last: () => gaps.last(),
    count: () => gaps.count(),
  };
}
