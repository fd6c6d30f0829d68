import { expect, test } from 'bun:test';
import { planOf } from './simulation.ts';

test('10,000 minutes in runs of forty, each with a seed of its own', () => {
  const plan = planOf([], () => 0.5);
  if (typeof plan === 'string') throw new Error(plan);
  expect(plan).toMatchObject({ minutes: 40, pace: 16, isWhole: true });
  expect(plan.seeds).toHaveLength(250);
  expect(plan.seeds.slice(0, 2)).toEqual(['500000-0', '500000-1']);
});

test('fewer minutes of a given seed, and one run again', () => {
  expect(planOf(['--minutes', '80', '--seed', '7'])).toMatchObject({ seeds: ['7-0', '7-1'], isWhole: false });
  expect(planOf(['--minutes', '20', '--pace', '30', '--run', 'x-1'])).toEqual({
    seeds: ['x-1'],
    minutes: 20,
    pace: 30,
    isWhole: false,
  });
});

test.each([[['--minutes', 'ten']], [['--minutes', '0']], [['--pace', '-1']], [['--unknown']], [['surplus']]])(
  '%p is refused',
  (args) => {
    expect(typeof planOf(args)).toBe('string');
  },
);
