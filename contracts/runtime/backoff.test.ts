// Every client waits by one rule: windows grow and are bounded, half of a window is certain, success forgets.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type BackoffPolicy, backoffMs, backoffWindowMs, failuresAfter, GrowingPause } from './backoff.ts';

const POLICY: BackoffPolicy = { baseMs: 500, maxMs: 30_000, firstAtOnce: true };
const ALMOST_ONE = 0.999_999_999;

const policies = fc
  .record({
    baseMs: fc.integer({ min: 1, max: 60_000 }),
    growth: fc.integer({ min: 1, max: 10_000 }),
    firstAtOnce: fc.boolean(),
  })
  .map(({ baseMs, growth, firstAtOnce }) => ({ baseMs, maxMs: baseMs * growth, firstAtOnce }));
const failureCounts = fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  test.each([
    [1, 0, 0],
    [2, 250, 499],
    [3, 500, 999],
    [4, 1000, 1999],
    [7, 8000, 15_999],
    [8, 15_000, 29_999],
    [5000, 15_000, 29_999],
  ])('after %d failures in a row from %d to %d ms', (failures, shortestMs, longestMs) => {
    expect(backoffMs(POLICY, failures, 0)).toBe(shortestMs);
    expect(backoffMs(POLICY, failures, ALMOST_ONE)).toBe(longestMs);
  });

  test('without an immediate first retry the first window is the base', () => {
    const policy = { baseMs: 100, maxMs: 5000 };
    expect([1, 2, 3, 6, 7, 50].map((failures) => backoffMs(policy, failures, ALMOST_ONE))).toEqual([
      99, 199, 399, 3199, 4999, 4999,
    ]);
    expect(backoffMs(policy, 1, 0)).toBe(50);
  });

  test('is a whole number of the upper half of its window', () => {
    fc.assert(
      fc.property(policies, failureCounts, fractions, (policy, failures, fraction) => {
        const waitMs = backoffMs(policy, failures, fraction);
        const windowMs = backoffWindowMs(policy, failures);
        expect(Number.isSafeInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(Math.floor(windowMs / 2));
        expect(waitMs).toBeLessThanOrEqual(windowMs);
      }),
    );
  });

  test('is longer with a greater fraction', () => {
    fc.assert(
      fc.property(policies, failureCounts, fractions, fractions, (policy, failures, one, other) => {
        const [less, more] = one <= other ? [one, other] : [other, one];
        expect(backoffMs(policy, failures, less)).toBeLessThanOrEqual(backoffMs(policy, failures, more));
      }),
    );
  });
});

describe('backoffWindowMs', () => {
  test('at most doubles with each failure, and stays at its limit', () => {
    fc.assert(
      fc.property(policies, failureCounts, (policy, failures) => {
        const windowMs = backoffWindowMs(policy, failures);
        const next = backoffWindowMs(policy, failures + 1);
        expect(next).toBeGreaterThanOrEqual(windowMs);
        expect(next).toBeLessThanOrEqual(Math.max(policy.baseMs, 2 * windowMs));
        expect(next).toBeLessThanOrEqual(policy.maxMs);
        if (windowMs === policy.maxMs) expect(next).toBe(policy.maxMs);
      }),
    );
  });

  test('is nothing for the first retry at once only', () => {
    fc.assert(
      fc.property(policies, failureCounts, (policy, failures) => {
        expect(backoffWindowMs(policy, failures) === 0).toBe(policy.firstAtOnce && failures === 1);
      }),
    );
  });
});

describe('failuresAfter', () => {
  test.each([
    ['never up', 4, 0, 5],
    ['up, but not for long', 4, 9_999, 5],
    ['up long enough', 4, 10_000, 1],
  ])('%s', (_name, failures, upMs, expected) => {
    expect(failuresAfter({ ...POLICY, stableMs: 10_000 }, failures, upMs)).toBe(expected);
  });
});

describe('GrowingPause', () => {
  test('doubles up to its limit, and begins again after a success', () => {
    const pause = new GrowingPause({ baseMs: 1000, maxMs: 30_000 });
    expect(Array.from({ length: 7 }, () => pause.next())).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    pause.reset();
    expect([pause.next(), pause.next()]).toEqual([1000, 2000]);
  });

  test('waits the window of as many failures as there were since the last success', () => {
    fc.assert(
      fc.property(policies, fc.array(fc.boolean(), { maxLength: 50 }), (policy, outcomes) => {
        const pause = new GrowingPause(policy);
        let failures = 0;
        for (const isSuccess of outcomes) {
          failures = isSuccess ? 0 : failures + 1;
          if (isSuccess) pause.reset();
          else expect(pause.next()).toBe(backoffWindowMs(policy, failures));
        }
      }),
    );
  });
});
