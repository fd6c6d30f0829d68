// The background reader: replaced when it fails, caught up when every partition was read to its end.

import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../../ops/testing/wait.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import type { KafkaState } from '../client.ts';
import { KafkaTroubleLog } from '../trouble.ts';
import { followTopics } from './follow.ts';
import type { openReader } from './reader.ts';
import type { ConsumedRecord } from './record.ts';

const TOPIC = 'ops.liquidity_action';

const consumed = (topic: string, value: Uint8Array | null, offset: bigint): ConsumedRecord => ({
  ...{ topic, partition: 0, offset, key: null, value, timestampMs: 0 },
});

/** A reader whose inbox, lag and state the test sets. */
function rig({ isBusy = false } = {}) {
  const clock = new ManualClock();
  const world = {
    inbox: [] as ConsumedRecord[],
    lag: null as bigint | null,
    fails: 0,
    states: [] as KafkaState[],
    end: 0n as bigint | null,
    /** So many readers cannot be opened. */
    unopened: 0,
  };
  const seen: bigint[] = [];
  let [lost, foundAgain] = [0, 0];
  const open: typeof openReader = ({ startAt }) => {
    if (world.unopened > 0) {
      world.unopened -= 1;
      throw new Error('no thread left');
    }
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
      lag: () => [{ topic: TOPIC, partition: 0, endOffset: world.end, lag: world.lag }],
      close: async () => {
        world.states[own] = 'closed';
      },
    };
  };
  const warnings: string[] = [];
  const lines = new KafkaTroubleLog({ info: () => {}, warn: (event: string) => void warnings.push(event) }, 'test');
  const trouble = {
    report: (code: string, detail: string) => lines.report(code, detail),
    recovered: () => lines.over(),
  };
  const follower = followTopics({
    ...{ brokers: 'b:1', clientId: 'test', extra: {}, topics: [TOPIC], clock, trouble, open, isBusy },
    startAt: () => ({ last: 10 }),
    onRecord: ({ offset }) => void seen.push(offset),
    onLost: () => {
      lost += 1;
    },
    onFoundAgain: () => {
      foundAgain += 1;
    },
  });
  /** Lets `ms` pass in one second after the other, with reads in between. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1000) {
      clock.advance(1000);
      for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  return { clock, world, seen, warnings, follower, pass, lost: () => lost, foundAgain: () => foundAgain };
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

test('it is at the end while everything that is known was read, and brokers answer', async () => {
  const { world, follower, seen } = rig();
  expect(follower.isAtEnd()).toBe(false);
  world.lag = 0n;
  await waitFor(() => follower.isCaughtUp(), { what: 'the end' });
  expect(follower.isAtEnd()).toBe(true);
  world.lag = 3n;
  expect([follower.isAtEnd(), follower.isCaughtUp()]).toEqual([false, true]);
  world.lag = 0n;
  world.states[0] = 'down';
  expect(follower.isAtEnd()).toBe(false);
  world.states[0] = 'up';
  expect([follower.isAtEnd(), seen]).toEqual([true, []]);
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

test('one that failed is replaced although another cannot be opened at first', async () => {
  const { world, follower, seen, warnings, pass } = rig();
  world.lag = 0n;
  await waitFor(() => follower.isCaughtUp(), { what: 'the end' });
  world.unopened = 3;
  world.states[0] = 'failed';
  await pass(20_000);
  expect([world.unopened, world.states.length, warnings]).toEqual([0, 2, ['kafka_trouble']]);
  world.inbox = [consumed(TOPIC, null, 0n)];
  await waitFor(() => seen.length === 1 && follower.isCaughtUp(), { what: 'the record' });
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
  expect([world.states.length, warnings]).toEqual([1, ['kafka_trouble']]);
  await follower.close();
});

describe('a reader that reads nothing any more, as after its topic was made again', () => {
  test.each([
    ['of a topic that always has new records', true],
    ['whose partition has no known end', false],
  ])('%s is replaced, said once, and tried ever less often', async (_name, isBusy) => {
    const { world, follower, warnings, pass, seen, lost, foundAgain } = rig({ isBusy });
    world.lag = 0n;
    world.inbox = [consumed(TOPIC, null, 0n)];
    await waitFor(() => seen.length === 1 && follower.isCaughtUp(), { what: 'the first record' });
    if (!isBusy) world.end = null;
    world.lag = null;
    await pass(55_000);
    expect([world.states.length, lost()]).toEqual([1, 0]);
    await pass(10_000);
    expect([world.states.length, lost(), follower.isCaughtUp()]).toEqual([2, 1, false]);
    await pass(110_000);
    expect(world.states.length).toBe(2);
    await pass(20_000);
    expect(world.states.length).toBe(3);
    await pass(7_200_000);
    // Every ten minutes at most, in two hours.
    expect(world.states.length).toBeLessThanOrEqual(3 + 2 + 12);
    expect(warnings).toEqual(['kafka_trouble']);
    // It is there again.
    world.end = 1n;
    world.lag = 0n;
    world.inbox = [consumed(TOPIC, null, 1n)];
    await waitFor(() => seen.length === 2 && follower.isCaughtUp(), { what: 'the record of the new topic' });
    expect(foundAgain()).toBe(1);
    const before = world.states.length;
    if (!isBusy) world.end = null;
    await pass(55_000);
    expect(world.states.length).toBe(before);
    await pass(10_000);
    expect(world.states.length).toBe(before + 1);
    await follower.close();
  });

  test('a quiet topic whose ends are known is left alone, and a busy one that has records', async () => {
    for (const isBusy of [false, true]) {
      const { world, follower, pass, seen } = rig({ isBusy });
      for (let round = 0; round < 30; round++) {
        if (isBusy) world.inbox = [consumed(TOPIC, null, BigInt(round))];
        await pass(30_000);
      }
      expect([world.states.length, seen.length]).toEqual([1, isBusy ? 30 : 0]);
      await follower.close();
    }
  });

  test('one that is to be renewed is replaced, and has to catch up again', async () => {
    const { world, follower, pass, lost } = rig();
    world.lag = 0n;
    await waitFor(() => follower.isCaughtUp(), { what: 'the end' });
    follower.renew();
    await waitFor(() => lost() === 1, { what: 'the end of the reader' });
    await pass(2000);
    await waitFor(() => world.states.length === 2 && follower.isCaughtUp(), { what: 'the end again' });
    await follower.close();
  });
});
