import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { RETRY_AFTER_MAX_MS, retryAfterMs } from './retry-after.ts';

const NOW_MS = Date.UTC(2026, 9, 21, 7, 28, 0);

test.each([
  ['30', 30_000],
  [' 30 ', 30_000],
  ['0', 0],
  ['3600', RETRY_AFTER_MAX_MS],
  ['3601', RETRY_AFTER_MAX_MS],
  ['999999999999999', RETRY_AFTER_MAX_MS],
  ['Wed, 21 Oct 2026 07:28:45 GMT', 45_000],
  ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
  ['Fri, 31 Dec 2099 23:59:59 GMT', RETRY_AFTER_MAX_MS],
  ['Wed, 99 Oct 2026 07:28:45 GMT', null],
  ['-1', null],
  ['1.5', null],
  ['1e3', null],
  ['soon', null],
  ['2026', 2_026_000],
  ['2026-10-21', null],
  ['', null],
  [null, null],
  [undefined, null],
])('%p is %p', (header, waitMs) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(waitMs);
});

test('any header gives a wait within the bound, or none', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 4e12 }), (header, nowMs) => {
      const waitMs = retryAfterMs(header, nowMs);
      if (waitMs !== null) expect(waitMs >= 0 && waitMs <= RETRY_AFTER_MAX_MS).toBe(true);
    }),
  );
});
