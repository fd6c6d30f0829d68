import { expect, test } from 'bun:test';
import { planOf } from './outage.ts';

test('ten minutes at 200 quotes a second', () => {
  expect(planOf([], () => 0.5)).toEqual({ seconds: 600, rate: 200, seed: 500_000 });
});

test.each([[['--seconds', 'ten']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});
