import { expect, test } from 'bun:test';
import { planOf } from './records.ts';

test('a hundred thousand records with a seed of its own', () => {
  expect(planOf([], () => 0.5)).toEqual({ count: 100_000, seed: 500_000, chunk: 2000, chunkLimitMs: 20_000 });
});

test('so many records, and one seed again', () => {
  expect(planOf(['--count', '2000', '--seed', '4'])).toMatchObject({ count: 2000, seed: 4 });
});

test.each([[['--count', 'ten']], [['--seed', '-1']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});
