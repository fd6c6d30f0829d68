// The background reader: replaced when it fails, caught up when every partition was read to its end.

import { expect, test } from 'bun:test';
import type { KafkaState } from '../../contracts/runtime/kafka/client.ts';
import type { openReader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { followTopics } from './follow.ts';
import { consumed } from './ops-records.fixture.ts';

const TOPIC = 'ops.liquidity_action';

/** A reader whose inbox, lag and state the test sets. */
function rig() {
  const clock = new ManualClock();
  const world = { inbox: [] as ConsumedRecord[], lag: null as bigint | null, fails: 0, states: [] as KafkaState[] };
  const seen: bigint[] = [];
  let lost = 0;
  const open: typeof openReader = ({ startAt }) => {
    const own = world.states.push('up') - 1;
    expect(startAt({ topic: TOPIC, partition: 0 })).toEqual({ last: 10 });
    return {
      connect: () => Promise.resolve(),
      state: () => world.states[own] as KafkaState,
      async poll(recordsMax) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (world.fails > 0) {
          world.fails -= 1;
          throw new Error('broker gone');
        }
        return world.inbox.splice(0, recordsMax);
      },
      lag: () => [{ topic: TOPIC, partition: 0, endOffset: null, lag: world.lag }],
      close: () => Promise.resolve(),
    };
  };
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (event: string) => void warnings.push(event), error: () => {} };
  const follower = followTopics({
    ...{ brokers: 'b:1', extra: {}, topics: [TOPIC], startAt: { last: 10 }, clock, log, open },
    onRecord: ({ offset }) => void seen.push(offset),
    onLost: () => {
      lost += 1;
    },
  });
  return { clock, world, seen, warnings, follower, lost: () => lost };
}

test('it has caught up once every partition was read to its end, and stays so while records arrive', async () => {
  const { world, follower, seen } = rig();
  world.inbox = [consumed(TOPIC, null, 0n)];
  await waitFor(() => seen.length === 1, { what: 'the first record' });
  expect(follower.isCaughtUp()).toBe(false);
  world.lag = 3n;
  world.inbox = [consumed(TOPIC, null, 1n)];
  await waitFor(() => seen.length === 2, { what: 'the second record' });
  expect(follower.isCaughtUp()).toBe(false);
  world.lag = 0n;
  await waitFor(() => follower.isCaughtUp(), { what: 'the end' });
  world.lag = 5n;
  world.inbox = [consumed(TOPIC, null, 2n)];
  await waitFor(() => seen.length === 3, { what: 'the third record' });
  expect(follower.isCaughtUp()).toBe(true);
  await follower.close();
});

test('one that failed is replaced after a pause, and has to catch up again', async () => {
  const { clock, world, follower, lost } = rig();
  world.lag = 0n;
  await waitFor(() => follower.isCaughtUp(), { what: 'the end' });
  world.lag = null;
  world.states[0] = 'failed';
  await waitFor(() => lost() === 1, { what: 'the failure to be noticed' });
  await waitFor(() => clock.pending > 0, { what: 'the pause' });
  expect([follower.isCaughtUp(), world.states.length]).toEqual([false, 1]);
  clock.advance(1_000);
  await waitFor(() => world.states.length === 2, { what: 'another reader' });
  expect(follower.isCaughtUp()).toBe(false);
  world.lag = 0n;
  await waitFor(() => follower.isCaughtUp(), { what: 'the end again' });
  await follower.close();
});

test('reads that fail are tried again by the same reader, and logged once', async () => {
  const { clock, world, follower, seen, warnings } = rig();
  world.fails = 2;
  for (let round = 0; round < 2; round++) {
    await waitFor(() => clock.pending > 0, { what: 'the pause' });
    clock.advance(1_000);
  }
  world.inbox = [consumed(TOPIC, null, 0n)];
  await waitFor(() => seen.length === 1, { what: 'the record' });
  expect([world.states.length, warnings]).toEqual([1, ['ops_reader_trouble']]);
  await follower.close();
});
