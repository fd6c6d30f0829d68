// What follows from a server that answers the upgrade with something else than a websocket: what to report, and how long to leave it
// alone. It is there and has just said no, so that the next try is never at once. 401 and 403 are faults of the configuration. Pure.

import { retryAfterMs } from '../../../contracts/retry-after.ts';
import { whyKeyIsVoid } from './key-time.ts';

/** `unclear`: the answer fits a refused key and a refused address. */
export type KeyRefusal = 'key_missing' | 'key_refused' | 'unclear';

export type RefusedUpgrade = {
  readonly status: number;
  /** The `Retry-After` header, if any. */
  readonly retryAfter: string | null;
  /** That was sent; null: none. */
  readonly key: string | null;
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
  /** null unless `unauthorized`. */
  readonly keyRefusal: KeyRefusal | null;
};

export function judgeRefusedUpgrade(refused: RefusedUpgrade): RefusedVerdict {
  const { status, key, fraction, nowMs, limits } = refused;
  const { unauthorizedRetryMs, rateLimitedRetryMs, backoff } = limits;
  const slowly = (ms: number): number => Math.floor(ms * (1 + fraction / 2));
  const jitterMs = Math.floor(backoff.baseMs * fraction);
  const askedMs = retryAfterMs(refused.retryAfter, nowMs);
  const asked = askedMs === null ? '' : `, and asks to wait ${Math.ceil(askedMs / 1000)} s`;
  if (status === 401 || status === 403) {
    const { keyRefusal, detail } = unauthorized(status, key, nowMs);
    return {
      kind: 'unauthorized',
      detail: detail + asked,
      waitAtLeastMs: Math.max(slowly(unauthorizedRetryMs), askedMs ?? 0),
      keyRefusal,
    };
  }
  if (status === 429) {
    return {
      kind: 'rate_limited',
      detail: `the server answered 429: too many connections${asked}`,
      waitAtLeastMs: askedMs === null ? slowly(rateLimitedRetryMs) : Math.max(askedMs, backoff.baseMs) + jitterMs,
      keyRefusal: null,
    };
  }
  return {
    kind: 'upgrade_refused',
    detail: `the server answered ${status} instead of opening a websocket${asked}`,
    waitAtLeastMs: Math.max(askedMs ?? 0, backoff.baseMs) + jitterMs,
    keyRefusal: null,
  };
}

type Unauthorized = { readonly keyRefusal: KeyRefusal; readonly detail: string };

function unauthorized(status: 401 | 403, key: string | null, nowMs: number): Unauthorized {
  if (key === null) {
    const detail = `the server answered ${status}: no key was sent, and it needs one or refuses this address`;
    return { keyRefusal: 'key_missing', detail };
  }
  const isVoid = whyKeyIsVoid(key, nowMs);
  if (isVoid !== null) return { keyRefusal: 'key_refused', detail: `the server answered ${status}: the key ${isVoid}` };
  return status === 401
    ? { keyRefusal: 'key_refused', detail: 'the server answered 401: it refuses the key' }
    : { keyRefusal: 'unclear', detail: 'the server answered 403: it refuses the key, or this address' };
}
