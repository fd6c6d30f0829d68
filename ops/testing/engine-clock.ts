// The engine's clock under a test's hand: wall time, monotonic time and timers move together, and only when the test says so.

import type { Clock } from '../../engine/ports.ts';
import { manualClock } from '../sim/chain/clock.ts';

export type EngineClock = Clock & {
  /** Moves time on and runs what falls due, in the order of its time. */
  advance(byMs: number): void;
};

export function engineClock(startMs: number): EngineClock {
  const clock = manualClock(startMs);
  return {
    ...clock,
    elapsedUs: () => (clock.nowMs() - startMs) * 1000,
    every(ms, run) {
      let stopNext: () => void = () => {};
      const again = (): void => {
        stopNext = clock.after(ms, again);
        run();
      };
      stopNext = clock.after(ms, again);
      return () => stopNext();
    },
  };
}
