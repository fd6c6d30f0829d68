import type { Moment } from '../model.ts';

/** Whole milliseconds since a monotonic time, rounded up: an age never looks smaller than it is. */
export const ageMs = (atUs: number, { nowUs }: Moment): number => Math.ceil((nowUs - atUs) / 1000);
