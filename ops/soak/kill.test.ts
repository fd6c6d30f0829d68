import { expect, test } from 'bun:test';
import { planOf } from './kill.ts';

test('300 kills in a chain, and two kills and two stops, each with a seed of its own', () => {
  expect(planOf([], () => 0.5)).toEqual({
    kills: 300,
    seed: 500_000,
    runs: (['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGTERM'] as const).map((signal, index) => ({
      seed: 500_000 + index,
      signal,
    })),
  });
});

test('one seed again', () => {
  const runs = [{ seed: 77, signal: 'SIGKILL' as const }];
  expect(planOf(['--kills', '0', '--runs', '1', '--stops', '0', '--seed', '77'])).toEqual({ kills: 0, seed: 77, runs });
});

test.each([[['--kills', 'ten']], [['--seed', '-1']], [['--unknown']], [['surplus']]])('%p is refused', (args) => {
  expect(typeof planOf(args)).toBe('string');
});
