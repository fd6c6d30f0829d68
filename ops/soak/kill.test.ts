import { expect, test } from 'bun:test';
import { planOf } from './kill.ts';

test('ten kills and two stops, each with a seed of its own', () => {
  const plan = planOf([], () => 0.5);
  if (typeof plan === 'string') throw new Error(plan);
  expect(plan.runs.map(({ signal }) => signal)).toEqual([
    ...Array.from({ length: 10 }, () => 'SIGKILL' as const),
    'SIGTERM',
    'SIGTERM',
  ]);
  expect(plan.runs.map(({ seed }) => seed)).toEqual(Array.from({ length: 12 }, (_, index) => 500_000 + index));
});

test('one seed again', () => {
  expect(planOf(['--kills', '1', '--stops', '0', '--seed', '77'])).toEqual({ runs: [{ seed: 77, signal: 'SIGKILL' }] });
});

test.each([[['--kills', 'ten']], [['--seed', '-1']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});
