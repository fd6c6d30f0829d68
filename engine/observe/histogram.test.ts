import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createHistogram } from './histogram.ts';

test('percentiles are those of the values, never below and at most a sixteenth above', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.5, 0.9, 0.99, 0.999, 1),
      (values, fraction) => {
        const histogram = createHistogram();
        for (const value of values) histogram.record(value);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(values.length * fraction)) - 1] ?? 0;
        const reported = histogram.percentileUs(fraction);
        expect(reported).toBeGreaterThanOrEqual(exact);
        expect(reported).toBeLessThanOrEqual(exact + exact / 16);
        expect(histogram.count()).toBe(values.length);
        expect(histogram.maxUs()).toBe(sorted.at(-1) ?? 0);
      },
    ),
  );
});

test('counts below powers of two are exact', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2 ** 25 })), fc.integer({ min: 0, max: 31 }), (values, exponent) => {
      const histogram = createHistogram();
      for (const value of values) histogram.record(value);
      expect(histogram.countBelowPowerOfTwo(exponent)).toBe(values.filter((value) => value < 2 ** exponent).length);
    }),
  );
});

test.each([-5, Number.NaN, 0, 0.9, 2 ** 31, 1e12, Number.POSITIVE_INFINITY])('%p is counted without harm', (value) => {
  const histogram = createHistogram();
  histogram.record(value);
  expect(histogram.count()).toBe(1);
  expect(histogram.percentileUs(1)).toBeLessThanOrEqual(2 ** 31 - 1);
  expect(Number.isFinite(histogram.sumUs())).toBe(true);
});

test('an empty histogram says zero', () => {
  expect(createHistogram().percentileUs(0.99)).toBe(0);
});
