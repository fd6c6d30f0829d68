// How long to wait before the next try of something that failed. One rule for every client:
//
//   window  doubles with each failure in a row, from `baseMs` up to `maxMs`; with `firstAtOnce` the first retry does not wait
//   jitter  equal: half of the window is waited in any case, the other half by chance, so that clients that lost the same
//           server do not return in step, and no wait but the first is ever nothing
//   reset   a success ends the row of failures; a connection counts as one only after it was up for `stableMs`
//
// There is no limit of tries. Pure: the caller keeps the count and passes the random fraction in.

export type BackoffPolicy = {
  /** Window of the first wait that is not immediate. */
  readonly baseMs: number;
  /** The window stops growing here. */
  readonly maxMs: number;
  /** The first retry does not wait: most failures are over at once. */
  readonly firstAtOnce?: boolean;
};

export type ConnectionBackoffPolicy = BackoffPolicy & {
  /** A connection that was up for at least this long forgets the failures before it. */
  readonly stableMs: number;
};

/** 2^60 is beyond every limit; the cap keeps the power from growing to infinity over a long outage. */
const DOUBLINGS_MAX = 60;

/** Longest wait before the try that follows `failures` (at least 1) in a row. */
export function backoffWindowMs({ baseMs, maxMs, firstAtOnce = false }: BackoffPolicy, failures: number): number {
  const doublings = firstAtOnce ? failures - 2 : failures - 1;
  if (doublings < 0) return 0;
  return Math.min(maxMs, baseMs * 2 ** Math.min(doublings, DOUBLINGS_MAX));
}

/** Wait before the try that follows `failures` (at least 1) in a row; `fraction` is from 0 up to, not including, 1. */
export function backoffMs(policy: BackoffPolicy, failures: number, fraction: number): number {
  const windowMs = backoffWindowMs(policy, failures);
  return Math.floor(windowMs / 2 + (windowMs / 2) * fraction);
}

/** Failures in a row, the newest included, after a connection that was up for `upMs` (0: never) has failed. */
export function failuresAfter(policy: ConnectionBackoffPolicy, failures: number, upMs: number): number {
  return upMs >= policy.stableMs ? 1 : failures + 1;
}

/**
 * The window alone, with the count of failures kept here: for limits that grow, and for a client that shares with nobody
 * what it tries, where jitter would keep nobody apart.
 */
export class GrowingPause {
  readonly #policy: BackoffPolicy;
  #failures = 0;

  constructor(policy: BackoffPolicy) {
    this.#policy = policy;
  }

  /** It failed. @returns the wait before the next try */
  next(): number {
    this.#failures += 1;
    return backoffWindowMs(this.#policy, this.#failures);
  }

  /** It succeeded. */
  reset(): void {
    this.#failures = 0;
  }
}
