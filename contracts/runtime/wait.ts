// Waiting by a clock: for a time, for a time that can be cut short, and for work that has a time limit. No timer is left behind.

import type { Clock } from './clock.ts';

type Timers = Pick<Clock, 'after'>;

/** What `within` gives when the time was over first. */
export const LATE: unique symbol = Symbol('late');

/**
 * The result of `work`, or LATE when `limitMs` was over first: what the work gives after that, a failure too, is dropped.
 * Rejects when the work does so in time.
 */
export async function within<T>(timers: Timers, work: PromiseLike<T>, limitMs: number): Promise<T | typeof LATE> {
  const limit = Promise.withResolvers<typeof LATE>();
  const stopLimit = timers.after(limitMs, () => limit.resolve(LATE));
  try {
    return await Promise.race([work, limit.promise]);
  } finally {
    stopLimit();
  }
}

export const pause = (timers: Timers, ms: number): Promise<void> =>
  new Promise((resolve) => {
    timers.after(ms, resolve);
  });

/** Lets what waits in the event loop go first: answers, timers, other work. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Pauses that `wake` ends early; one at a time. */
export class Sleeper {
  readonly #timers: Timers;
  #wake: () => void = () => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#timers.after(ms, resolve);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
  }

  /** Does nothing when nobody sleeps. */
  wake(): void {
    this.#wake();
  }
}
