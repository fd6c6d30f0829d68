// When a loop that has no state of its own last ran.

import type { Moment } from '../model/values.ts';

export type LastRun = {
  ran(at: Moment): void;
  /** null: not since the start. */
  at(): Moment | null;
};

export function createLastRun(): LastRun {
  let last: Moment | null = null;
  return {
    ran(at) {
      last = at;
    },
    at: () => last,
  };
}
