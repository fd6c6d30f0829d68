import { expect, test } from 'bun:test';
import { planOf } from './kill.ts';

test('300 kills in two chains, and two kills and two stops, each with a seed of its own', () => {
  expect(planOf([], () => 0.5)).toEqual({
    chains: [
      { seed: 500_000, kills: 150 },
      { seed: 500_001, kills: 150 },
    ],
    runs: (['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGTERM'] as const).map((signal, index) => ({
      seed: 500_000 + index,
      signal,
    })),
  });
});

test('one seed again', () => {
  const runs = [{ seed: 77, signal: 'SIGKILL' as const }];
  expect(planOf(['--kills', '0', '--runs', '1', '--stops', '0', '--seed', '77'])).toEqual({ chains: [], runs });
  const alone = planOf(['--kills', '3', '--chains', '1', '--runs', '0', '--stops', '0', '--seed', '77']);
  expect(alone).toEqual({ chains: [{ seed: 77, kills: 3 }], runs: [] });
  const parted = planOf(['--kills', '3', '--chains', '2', '--runs', '0', '--stops', '0', '--seed', '77']);
  expect(parted).toMatchObject({ chains: [{ kills: 1 }, { kills: 2 }] });
});

test.each([[['--kills', 'ten']], [['--chains', '0']], [['--seed', '-1']], [['--unknown']], [['surplus']]])(
  '%p is refused',
  (args) => {
    expect(typeof planOf(args)).toBe('string');
  },
);
