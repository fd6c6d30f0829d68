import { expect, test } from 'bun:test';
import { planOf } from './years.ts';

test('five years and a million quotes', () => {
  expect(planOf([])).toEqual({ quotes: 1_000_000, months: 60 });
});

test('a smaller one', () => {
  expect(planOf(['--quotes', '1000', '--months', '1'])).toEqual({ quotes: 1000, months: 1 });
});

test.each([
  [['--quotes', '999']],
  [['--quotes', '1e6']],
  [['--months', '0']],
  [['--months', '241']],
  [['--unknown']],
  [['surplus']],
])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});
