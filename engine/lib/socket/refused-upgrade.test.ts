import { describe, expect, test } from 'bun:test';
import { judgeRefusedUpgrade } from './refused-upgrade.ts';

const NOW_MS = 1_767_225_600_000;
const limits = { unauthorizedRetryMs: 60_000, rateLimitedRetryMs: 60_000, backoff: { baseMs: 500 } };
const judge = (status: number, key: string | null = null, retryAfter: string | null = null, fraction = 0) =>
  judgeRefusedUpgrade({ status, key, retryAfter, nowMs: NOW_MS, fraction, limits });

const EXPIRED = `e30.${Buffer.from('{"exp":1767225599}').toString('base64url')}.x`;

describe('an upgrade that is refused', () => {
  test.each([
    [401, null, 'key_missing'],
    [403, null, 'key_missing'],
    [401, 'k-secret', 'key_refused'],
    [403, 'k-secret', 'unclear'],
    [403, EXPIRED, 'key_refused'],
    [401, EXPIRED, 'key_refused'],
  ] as const)('with %i, key %p: %s, and tried again slowly', (status, key, keyRefusal) => {
    const verdict = judge(status, key);
    expect(verdict).toMatchObject({ kind: 'unauthorized', keyRefusal, waitAtLeastMs: 60_000 });
    if (key !== null) expect(verdict.detail).not.toContain(key);
  });

  test.each([429, 500, 302, 200])('with %i is no fault of the key', (status) => {
    expect(judge(status, 'key').keyRefusal).toBeNull();
  });

  test.each([
    [401, '120', 0, 120_000],
    [403, '1', 0, 60_000],
    [403, null, 0.5, 75_000],
    [429, '7', 0, 7_000],
    [429, null, 0.5, 75_000],
    [503, '9', 0, 9_000],
    [503, null, 0, 500],
  ])('with %i and Retry-After %p, chance %d: waits %i ms', (status, retryAfter, fraction, waitMs) => {
    expect(judge(status, 'key', retryAfter, fraction).waitAtLeastMs).toBe(waitMs);
  });
});
