// What follows from a server that answers the upgrade with something else than a websocket: what to report, and how long to leave it
// alone. It is there and has just said no, so that the next try is never at once. Pure.

import { retryAfterMs } from '../../../contracts/retry-after.ts';

export type RefusedUpgrade = {
  readonly status: number;
  /** The `Retry-After` header, if any. */
  readonly retryAfter: string | null;
  readonly hasKey: boolean;
  readonly nowMs: number;
  /** From 0 up to, not including, 1. */
  readonly fraction: number;
  readonly limits: {
    readonly unauthorizedRetryMs: number;
    readonly rateLimitedRetryMs: number;
    readonly backoff: { readonly baseMs: number };
  };
};

export type RefusedVerdict = {
  readonly kind: 'unauthorized' | 'rate_limited' | 'upgrade_refused';
  readonly detail: string;
  /** The back-off may make it longer. */
  readonly waitAtLeastMs: number;
};

export function judgeRefusedUpgrade(refused: RefusedUpgrade): RefusedVerdict {
  const { status, hasKey, fraction, limits } = refused;
  const { unauthorizedRetryMs, rateLimitedRetryMs, backoff } = limits;
  const slowly = (ms: number): number => Math.floor(ms * (1 + fraction / 2));
  const jitterMs = Math.floor(backoff.baseMs * fraction);
  const askedMs = retryAfterMs(refused.retryAfter, refused.nowMs);
  const asked = askedMs === null ? '' : `, and asks to wait ${Math.ceil(askedMs / 1000)} s`;
  if (status === 401 || status === 403) {
    return {
      kind: 'unauthorized',
      detail: unauthorizedText(status, hasKey) + asked,
      waitAtLeastMs: Math.max(slowly(unauthorizedRetryMs), askedMs ?? 0),
    };
  }
  if (status === 429) {
    return {
      kind: 'rate_limited',
      detail: `the server answered 429: too many connections${asked}`,
      waitAtLeastMs: askedMs === null ? slowly(rateLimitedRetryMs) : Math.max(askedMs, backoff.baseMs) + jitterMs,
    };
  }
  return {
    kind: 'upgrade_refused',
    detail: `the server answered ${status} instead of opening a websocket${asked}`,
    waitAtLeastMs: Math.max(askedMs ?? 0, backoff.baseMs) + jitterMs,
  };
}

function unauthorizedText(status: 401 | 403, hasKey: boolean): string {
  if (!hasKey) return `the server answered ${status}: no key was sent, and it needs one or refuses this address`;
  return status === 401
    ? 'the server answered 401: it refuses the key'
    : 'the server answered 403: it refuses the key, or this address';
}
