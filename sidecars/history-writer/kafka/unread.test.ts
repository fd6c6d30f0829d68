import { expect, test } from 'bun:test';
import type { TopicPartition } from '../pending-batch.ts';
import { Unread } from './unread.ts';

const DEMAND: TopicPartition = { topic: 'norm.swap_demand', partition: 2 };
const HEALTH: TopicPartition = { topic: 'ops.service_health', partition: 0 };

function rig() {
  const unread = new Unread();
  const see = (atS: number, demandEnd: bigint | null, healthEnd: bigint | null) =>
    unread.observe(
      () => [
        { ...DEMAND, next: 0n, end: demandEnd },
        { ...HEALTH, next: 0n, end: healthEnd },
      ],
      atS * 1_000_000,
    )?.topic ?? null;
  return { unread, see };
}

test('a partition whose end stays unknown while others are known asks for another client, after growing pauses', () => {
  const { see } = rig();
  const asked: number[] = [];
  for (let second = 0; second <= 75; second++) if (see(second, null, 5n) === DEMAND.topic) asked.push(second);
  // The pause begins with the next observation.
  expect(asked).toEqual([10, 31, 72]);
  expect(see(76, 0n, 5n)).toBeNull();
  for (let second = 77; second < 87; second++) expect(see(second, null, 5n)).toBeNull();
  expect(see(87, null, 5n)).toBe(DEMAND.topic);
});

test('all known, all unknown, or none assigned asks for nothing', () => {
  const { unread, see } = rig();
  for (let second = 0; second < 100; second++) expect(see(second, null, null)).toBeNull();
  for (let second = 100; second < 200; second++) expect(see(second, 0n, 0n)).toBeNull();
  for (let second = 200; second < 300; second++) expect(unread.observe(() => [], second * 1_000_000)).toBeNull();
});

test('time without any answer does not count', () => {
  const { see } = rig();
  for (let second = 0; second < 9; second++) see(second, null, 5n);
  see(9, null, null);
  for (let second = 10; second < 20; second++) expect(see(second, null, 5n)).toBeNull();
  expect(see(20, null, 5n)).toBe(DEMAND.topic);
});

test('an assignment begins the time again: the first answer about each partition is still to come', () => {
  const { unread, see } = rig();
  for (let second = 0; second < 10; second++) expect(see(second, null, 5n)).toBeNull();
  unread.restart();
  for (let second = 10; second < 20; second++) expect(see(second, null, 5n)).toBeNull();
  expect(see(20, null, 5n)).toBe(DEMAND.topic);
});
