// Waits grow, are bounded, and are never nothing.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';

test('doubles from 100 ms up to 5 s', () => {
  expect([1, 2, 3, 6, 7, 50].map((failures) => backoffMs(failures, 0.999_999))).toEqual([
    99, 199, 399, 3199, 4999, 4999,
  ]);
  expect(backoffMs(1, 0)).toBe(50);
});

test('lies in the upper half of its window', () => {
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fraction, (failures, part) => {
      const windowMs = Math.min(5000, 100 * 2 ** Math.min(failures - 1, 30));
      expect(backoffMs(failures, part)).toBeGreaterThanOrEqual(windowMs / 2);
      expect(backoffMs(failures, part)).toBeLessThanOrEqual(windowMs);
    }),
  );
});
