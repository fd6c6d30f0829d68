// How long to wait before the next try of something that failed: exponential with full jitter, bounded, without a limit
// of attempts, forgotten after a time of success. Pure: the caller keeps the count and passes the random fraction in.

export type BackoffPolicy = {
  /** Window of the first wait that is not immediate. */
  readonly baseMs: number;
  /** The window stops growing here. */
  readonly maxMs: number;
  /** Success of at least this long forgets the failures before it. */
  readonly stableMs: number;
  /** The first retry after a time of success does not wait. */
  readonly firstAtOnce: boolean;
};

/** Failures in a row, the newest included, after something that was up for `upMs` (0: never) has failed. */
export function failuresAfter(policy: BackoffPolicy, failures: number, upMs: number): number {
  return upMs >= policy.stableMs ? 1 : failures + 1;
}

/** Wait before the try that follows `failures` (at least 1) in a row; `fraction` is from 0 up to, not including, 1. */
export function backoffMs(policy: BackoffPolicy, failures: number, fraction: number): number {
  const doublings = policy.firstAtOnce ? failures - 2 : failures - 1;
  if (doublings < 0) return 0;
  // 2^60 is beyond every limit; the cap keeps the power from growing to infinity over a long outage.
  const windowMs = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(doublings, 60));
  return Math.floor(windowMs * fraction);
}
