// One reading of both clocks: an evaluation takes one, so that all its ages and times agree.

import type { Clock } from '../../contracts/runtime/clock.ts';

export type Moment = {
  /** Wall time, for records. */
  readonly nowMs: number;
  /** Monotonic, for ages and durations. */
  readonly nowUs: number;
};

export const momentOf = (clock: Pick<Clock, 'nowMs' | 'elapsedUs'>): Moment => ({
  nowMs: clock.nowMs(),
  nowUs: clock.elapsedUs(),
});

/** Milliseconds since a monotonic time, rounded up: an age never looks smaller than it is. */
export const msSince = (fromUs: number, { nowUs }: Moment): number => Math.ceil((nowUs - fromUs) / 1000);
