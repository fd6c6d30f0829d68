import { expect, test } from 'bun:test';
import { median, summarise } from './percentiles.ts';

test('percentiles are values that were measured, by nearest rank', () => {
  const values = Array.from({ length: 1000 }, (_, index) => 1000 - index);
  expect(summarise(values)).toEqual({ count: 1000, p50: 500, p90: 900, p99: 990, p99_9: 999, max: 1000 });
  expect(values[0]).toBe(1000);
});

test('a single value is every percentile', () => {
  expect(summarise([7])).toEqual({ count: 1, p50: 7, p90: 7, p99: 7, p99_9: 7, max: 7 });
});

test.each([
  { values: [3], middle: 3 },
  { values: [9, 1, 5], middle: 5 },
  { values: [10, 1, 2, 100], middle: 6 },
])('the median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test('nothing measured has no percentiles', () => {
  expect(() => summarise([])).toThrow('no values');
  expect(() => median([])).toThrow('no values');
});
