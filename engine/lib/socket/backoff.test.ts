import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type BackoffPolicy, backoffMs, failuresAfter } from './backoff.ts';

const POLICY: BackoffPolicy = { baseMs: 500, maxMs: 30_000, stableMs: 10_000, firstAtOnce: true };
const ALMOST_ONE = 0.999_999_999;

describe('backoffMs', () => {
  test.each([
    [1, 0],
    [2, 499],
    [3, 999],
    [4, 1_999],
    [7, 15_999],
    [8, 29_999],
    [5_000, 29_999],
  ])('after %d failures in a row at most %d ms', (failures, longestMs) => {
    expect(backoffMs(POLICY, failures, ALMOST_ONE)).toBe(longestMs);
    expect(backoffMs(POLICY, failures, 0)).toBe(0);
  });

  test('without an immediate first retry the first window is the base', () => {
    expect(backoffMs({ ...POLICY, firstAtOnce: false }, 1, ALMOST_ONE)).toBe(499);
  });

  test('is a whole number within the window, and jitter reaches all of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
        (failures, fraction) => {
          const waitMs = backoffMs(POLICY, failures, fraction);
          expect(Number.isInteger(waitMs)).toBe(true);
          expect(waitMs).toBeGreaterThanOrEqual(0);
          expect(waitMs).toBeLessThan(POLICY.maxMs);
        },
      ),
    );
    expect(backoffMs(POLICY, 100, 0.5)).toBe(15_000);
  });
});

describe('failuresAfter', () => {
  test.each([
    ['never up', 4, 0, 5],
    ['up, but not for long', 4, 9_999, 5],
    ['up long enough', 4, 10_000, 1],
  ])('%s', (_name, failures, upMs, expected) => {
    expect(failuresAfter(POLICY, failures, upMs)).toBe(expected);
  });
});
