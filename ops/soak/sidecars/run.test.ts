import { expect, test } from 'bun:test';
import { seededPrng } from '../../sim/tape/prng.ts';
import { planOf, TARGETS } from './run.ts';

test('of 50 kills of each target 30 are to meet it at work, in an order that follows from the seed', () => {
  const plan = planOf(50, seededPrng(1));
  for (const target of TARGETS) {
    const own = plan.filter((planned) => planned.target === target);
    expect([own.length, own.filter(({ isBusy }) => isBusy).length]).toEqual([50, 30]);
  }
  expect(planOf(50, seededPrng(1))).toEqual(plan);
  expect(planOf(50, seededPrng(2))).not.toEqual(plan);
});
