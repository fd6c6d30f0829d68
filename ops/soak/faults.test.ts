import { expect, test } from 'bun:test';
import { SITUATIONS } from '../faults/situations.ts';
import { planOf } from './faults.ts';

test('all situations, each with a name of its own', () => {
  const plan = planOf([], () => 0.25);
  expect(plan).toEqual({ situations: SITUATIONS, seed: 250_000 });
  expect(new Set(SITUATIONS.map(({ name }) => name)).size).toBe(SITUATIONS.length);
});

test('some situations by the beginning of their names', () => {
  const plan = planOf(['--only', 'stopped', '--only', 'key-removed', '--seed', '5']);
  if (typeof plan === 'string') throw new Error(plan);
  expect(plan.situations.map(({ name }) => name)).toEqual(['key-removed', 'stopped-2s', 'stopped-10s', 'stopped-30s']);
  expect(plan.seed).toBe(5);
});

test.each([[['--only', 'nothing-like-it']], [['--seed', 'x']], [['--unknown']], [['surplus']]])(
  '%p is refused',
  (args) => {
    expect(typeof planOf(args)).toBe('string');
  },
);
