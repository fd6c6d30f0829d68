// One reading of both clocks: an action takes one and hands it on, so that all its ages and times agree.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Moment } from '../model/values.ts';

export const momentOf = (clock: Pick<Clock, 'nowMs' | 'elapsedUs'>): Moment => ({
  nowMs: clock.nowMs(),
  nowUs: clock.elapsedUs(),
});

/** Whole milliseconds since a monotonic time, rounded up: an age never looks smaller than it is. */
export const ageMs = (atUs: number, { nowUs }: Moment): number => Math.ceil((nowUs - atUs) / 1000);
