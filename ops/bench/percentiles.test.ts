import { expect, test } from 'bun:test';
import { curveOf, median, summarise, thirdsOf } from './percentiles.ts';

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

test('a curve has measured values by how rare they are, up to the rarest that so many values can have', () => {
  const curve = curveOf(Array.from({ length: 1000 }, (_, index) => 1000 - index));
  expect(curve[0]).toEqual({ oneIn: 2, value: 500 });
  expect(curve.at(-1)).toEqual({ oneIn: 1000, value: 999 });
  expect(curve.find(({ oneIn }) => oneIn === 10)?.value).toBe(900);
  expect(curve.every(({ value }, index) => value >= (curve[index - 1]?.value ?? 0))).toBe(true);
  expect(curveOf([7])).toEqual([{ oneIn: 2, value: 7 }]);
  expect(curveOf([])).toEqual([]);
});

test('thirds are in the order of time, and of few values at least one', () => {
  expect(thirdsOf([9, 8, 7, 6, 5, 4, 3])).toEqual({ first: [9, 8], last: [4, 3] });
  expect(thirdsOf([1])).toEqual({ first: [1], last: [1] });
});
