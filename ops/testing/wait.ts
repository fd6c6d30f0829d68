// Waiting in tests: for a condition, with a limit and a name, instead of sleeping for a guessed time.

import { lastingTimers } from '../../contracts/runtime/clock.ts';
import { LATE, within as withinLimit } from '../../contracts/runtime/wait.ts';

const POLL_MS = 5;

export type WaitOptions = {
  /** Completes the sentence "waited for ...". */
  readonly what: string;
  /** Generous: it only decides how long a failing test takes. */
  readonly limitMs?: number;
};

/** Asks until the condition gives something other than false, null or undefined, and gives that; fails at the limit. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const limitMs = options.limitMs ?? 10_000;
  const endsAtMs = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) {
      return value as Exclude<T, false | null | undefined>;
    }
    if (performance.now() >= endsAtMs) throw new Error(`waited ${limitMs} ms for ${options.what}`);
    await Bun.sleep(POLL_MS);
  }
}

/** The promise's value, or a failure that names what did not come. */
export async function within<T>(promise: Promise<T>, options: WaitOptions): Promise<T> {
  const limitMs = options.limitMs ?? 10_000;
  const value = await withinLimit(lastingTimers, promise, limitMs);
  if (value === LATE) throw new Error(`waited ${limitMs} ms for ${options.what}`);
  return value;
}
