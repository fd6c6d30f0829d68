// How long a connection may take, be silent, and how much may come on it.

import type { ConnectionBackoffPolicy } from '../../../contracts/runtime/backoff.ts';
import type { StormLimits } from './reconnect-storm.ts';

export type SocketLimits = {
  /** From the start of a connect to its being open. */
  readonly connectMs: number;
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
  /** Frames and pongs within a second; with more the connection is given up. */
  readonly framesPerSecondMax: number;
  /** Longest silence of text frames; null: silence is normal. */
  readonly idleMs: number | null;
  /** Wait after 401 or 403; up to half as much again is added. */
  readonly unauthorizedRetryMs: number;
  /** Wait after a 429 without `Retry-After`; up to half as much again is added. */
  readonly rateLimitedRetryMs: number;
  readonly backoff: ConnectionBackoffPolicy;
  readonly storm: StormLimits;
};

export const SOCKET_LIMITS: SocketLimits = {
  connectMs: 10_000,
  pingEveryMs: 20_000,
  pongWithinMs: 10_000,
  // All pairs of the venue make some hundred a second, and a maker that answers thousands gets a reply to each. A frame for another
  // pair takes some 18 us of the loop: what sends more than this can be kept up with by nobody.
  framesPerSecondMax: 40_000,
  idleMs: null,
  unauthorizedRetryMs: 60_000,
  rateLimitedRetryMs: 60_000,
  backoff: { baseMs: 500, maxMs: 30_000, stableMs: 30_000, firstAtOnce: true },
  // A peer that is restarted or balances its load closes a few connections within minutes, and not as many as this.
  storm: { openingsMax: 10, windowMs: 300_000, retryMs: 60_000 },
};
