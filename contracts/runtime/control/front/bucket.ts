// A token bucket on the monotonic clock: a bounded rate with a bounded burst.

import type { Clock } from '../../clock.ts';
import { pause } from '../../wait.ts';

export type Bucket = {
  /** False: beyond the rate. */
  take(): boolean;
  /** Takes tokens for what has cost more than was known when it was let pass. */
  spend(more: number): void;
  /** Takes a token that is still to come; resolves when it is there. Tokens are given out in the order of the calls. */
  turn(): Promise<void>;
  /** Milliseconds until the next token that nobody waits for. */
  waitMs(): number;
};

export type BucketOptions = { readonly perSecond: number; readonly burst: number };

export function createBucket({ perSecond, burst }: BucketOptions, timers: Pick<Clock, 'elapsedUs' | 'after'>): Bucket {
  // Below zero: tokens that were promised.
  let tokens = burst;
  let atUs = timers.elapsedUs();
  const refill = (): void => {
    const nowUs = timers.elapsedUs();
    tokens = Math.min(burst, tokens + ((nowUs - atUs) / 1_000_000) * perSecond);
    atUs = nowUs;
  };
  const waitMs = (): number => {
    refill();
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);
  };
  return {
    take() {
      refill();
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
    spend(more) {
      tokens -= more;
    },
    async turn() {
      const ms = waitMs();
      tokens--;
      if (ms > 0) await pause(timers, ms);
    },
    waitMs,
  };
}
