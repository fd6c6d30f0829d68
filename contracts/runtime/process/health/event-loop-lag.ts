// How late the process's own turns come: a timer that should fire every 20 ms, and by how much it was late. The last ten
// seconds are kept. A long delay means that something blocks the loop, or that the machine has no time for us.

import type { Clock } from '../../clock.ts';

const INTERVAL_MS = 20;
const SAMPLES = 512;

type LoopDelaySnapshot = {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

export type LoopDelay = {
  /** Over the last ten seconds. */
  snapshot(): LoopDelaySnapshot;
  stop(): void;
};

export function startLoopDelay(timers: Pick<Clock, 'elapsedUs' | 'every'>): LoopDelay {
  const ring = new Float64Array(SAMPLES);
  let count = 0;
  let lastUs = timers.elapsedUs();
  const stop = timers.every(INTERVAL_MS, () => {
    const nowUs = timers.elapsedUs();
    ring[count % SAMPLES] = Math.max(0, (nowUs - lastUs) / 1000 - INTERVAL_MS);
    lastUs = nowUs;
    count++;
  });
  return {
    snapshot() {
      const sorted = ring.slice(0, Math.min(count, SAMPLES)).sort();
      const at = (fraction: number): number =>
        Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0) * 1000) / 1000;
      return { samples: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
    },
    stop,
  };
}
