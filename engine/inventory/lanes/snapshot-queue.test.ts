import { expect, test } from 'bun:test';
import type { Observation } from '../../model/observation.ts';
import { createSnapshotQueue } from './snapshot-queue.ts';

const REFUSED = { reason: 'snapshot_incomplete', detail: '' } as const;
const snapshot = (height: number): Observation => ({ block: { height } }) as Observation;

test('takes one snapshot after the other, each in as many turns as it needs', () => {
  const said: string[] = [];
  let turns: (() => void)[] = [];
  const left = new Map([
    [1, 3],
    [2, 1],
    [3, 2],
  ]);
  const queue = createSnapshotQueue({
    take({ block: { height } }) {
      const turnsLeft = (left.get(height) ?? 1) - 1;
      left.set(height, turnsLeft);
      said.push(`work ${height}`);
      if (turnsLeft > 0) return 'goesOn';
      return height === 2 ? REFUSED : null;
    },
    later: (run) => void turns.push(run),
  });
  for (const height of [1, 2, 3]) queue.add(snapshot(height), (refusal) => said.push(`${height} ${refusal?.reason}`));
  // The first of them begins at once, and one turn has work for one slice.
  const worked = [said.length];
  while (turns.length > 0) {
    const [next, ...others] = turns;
    turns = others;
    next?.();
    worked.push(said.filter((line) => line.startsWith('work')).length);
  }
  expect(said).toEqual([
    ...['work 1', 'work 1', 'work 1', '1 undefined'],
    ...['work 2', '2 snapshot_incomplete', 'work 3', 'work 3', '3 undefined'],
  ]);
  expect(worked).toEqual([1, 2, 3, 4, 5, 6]);
  // Nothing is left over: the next one begins at once.
  queue.add(snapshot(4), () => said.push('4'));
  expect(said.slice(-2)).toEqual(['work 4', '4']);
});
