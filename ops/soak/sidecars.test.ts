import { expect, test } from 'bun:test';
import { planOf } from './sidecars.ts';

test('50 kills of each with a seed of its own; one run again', () => {
  expect(planOf([], () => 0.5)).toEqual({ kills: 50, seed: 500_000 });
  expect(planOf(['--kills', '3', '--seed', '77'])).toEqual({ kills: 3, seed: 77 });
});

test.each([[['--kills', 'ten']], [['--seed', '-1']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});
