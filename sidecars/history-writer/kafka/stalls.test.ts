// A partition that gives nothing although it has records is found, and one that only waits its turn is not.

import { expect, test } from 'bun:test';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import type { TopicPartition } from '../pending-batch.ts';
import { type Reading, Stalls } from './stalls.ts';

const DEMAND: TopicPartition = { topic: 'norm.swap_demand', partition: 2 };
const HEALTH: TopicPartition = { topic: 'ops.service_health', partition: 0 };
const S = 1_000_000;

function rig() {
  const { log, events } = keptLog();
  const stalls = new Stalls(log);
  const see = (atS: number, ...readings: Reading[]) => stalls.observe(() => readings, atS * S, 'why');
  return { stalls, see, events };
}

const at = (place: TopicPartition, next: bigint, end: bigint | null): Reading => ({ ...place, next, end });

test('a partition that gives nothing for half a minute is found, said once, and forgotten when it gives again', () => {
  const { stalls, see, events } = rig();
  see(0, at(DEMAND, 5n, 6n), at(HEALTH, 3n, 3n));
  see(29, at(DEMAND, 5n, 9n), at(HEALTH, 3n, 4n));
  expect(stalls.stalled).toEqual([]);
  see(30, at(DEMAND, 5n, 9n), at(HEALTH, 4n, 5n));
  see(40, at(DEMAND, 5n, 9n), at(HEALTH, 9n, 10n));
  expect(stalls.stalled).toEqual([at(DEMAND, 5n, 9n)]);
  expect(events()).toEqual(['not_reading']);
  see(50, at(DEMAND, 9n, 9n), at(HEALTH, 10n, 11n));
  expect(stalls.stalled).toEqual([]);
  expect(events()).toEqual(['not_reading', 'reading_again']);
});

test('a partition that goes on, has nothing, is not known or went away is not one', () => {
  const { stalls, see, events } = rig();
  for (let second = 0; second < 100; second += 10) {
    const next = BigInt(second);
    see(second, at(DEMAND, next, 1000n), at(HEALTH, 0n, second === 50 ? null : 0n));
    expect(stalls.stalled).toEqual([]);
  }
  see(100, at(DEMAND, 90n, 1000n));
  see(119);
  see(120, at(DEMAND, 90n, 1000n));
  expect(stalls.stalled).toEqual([]);
  expect(events()).toEqual([]);
});

test('time in which nothing is polled counts as no silence, and clears nothing that was found', () => {
  const { stalls, see, events } = rig();
  see(0, at(DEMAND, 5n, 6n));
  stalls.pause();
  see(31, at(DEMAND, 5n, 6n));
  expect(stalls.stalled).toEqual([]);
  see(61, at(DEMAND, 5n, 6n));
  expect(stalls.stalled).toHaveLength(1);
  stalls.pause();
  see(70, at(DEMAND, 5n, 6n));
  expect(stalls.stalled).toHaveLength(1);
  expect(events()).toEqual(['not_reading']);
});

test('partitions are asked for their ends once a second at most', () => {
  const { stalls } = rig();
  let asked = 0;
  for (let us = 0; us <= 2 * S; us += S / 10) {
    stalls.observe(
      () => {
        asked++;
        return [];
      },
      us,
      '',
    );
  }
  expect(asked).toBe(3);
});
