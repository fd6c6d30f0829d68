import { expect, test } from 'bun:test';
import { growthOf } from '../hostile/memory.ts';
import { planOf } from './hostile.ts';

test('ten minutes with a seed of its own', () => {
  expect(planOf([], () => 0.5)).toEqual({ seconds: 600, seed: 500_000 });
});

test('the given time, and one seed again', () => {
  expect(planOf(['--seconds', '30', '--seed', '4'])).toEqual({ seconds: 30, seed: 4 });
});

test.each([[['--seconds', 'ten']], [['--seed', '-1']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});

const minutes = (...bytes: number[]) => bytes.map((medianBytes) => ({ medianBytes }));

test('memory is judged from the second minute on, in runs of three minutes and more', () => {
  expect(growthOf(minutes(100, 200))).toBeNull();
  expect(growthOf(minutes(100, 200, 220))).toBe(10);
  expect(growthOf(minutes(100, 200, 900, 190))).toBe(-5);
});
