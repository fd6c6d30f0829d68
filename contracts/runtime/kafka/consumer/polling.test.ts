// What is read while a commit waits for its answer belongs to the next poll, whatever the group does meanwhile; where partitions start,
// and what their ends count for.

import { expect, test } from 'bun:test';
import { ManualClock } from '../../manual-clock.fixture.ts';
import type { NativeConsumer } from '../native.ts';
import { Polling } from './polling.ts';
import { packRecords } from './record.fixture.ts';

const PARTITION = { topic: 'topic', partition: 0 };

type Consumed = Parameters<NativeConsumer['consume']>[3];

const recordAt = (offset: bigint): Buffer =>
  packRecords([{ ...PARTITION, offset, key: null, value: null, timestampMs: 0 }]);

/** A client whose polls the test answers. */
function rig() {
  const polls: Consumed[] = [];
  const clock = new ManualClock();
  const native = {
    configureCallbacks: () => undefined,
    connect: (done: (error: null) => void) => done(null),
    getMetadata: () => undefined,
    getWatermarkOffsets: () => ({ lowOffset: 0, highOffset: 0 }),
    consume: (_timeoutMs: number, _recordsMax: number, _waitForFirstOnly: boolean, done: Consumed) => polls.push(done),
    disconnect: (done: (error: null) => void) => done(null),
  } as unknown as NativeConsumer;
  return { polling: new Polling({}, { onTrouble: () => undefined, native, timers: clock }), polls, clock };
}

test('a record that a waiting commit read while partitions were taken and given again is not lost', async () => {
  const { polling, polls } = rig();
  polling.assigned([PARTITION], [0n]);
  const commit = Promise.withResolvers<void>();
  const pumping = polling.pumpUntil(commit.promise);
  polling.revoked([PARTITION]);
  polling.assigned([PARTITION], [0n]);
  commit.resolve();
  polls.shift()?.(null, recordAt(0n), []);
  await pumping;
  expect((await polling.poll(10)).map(({ offset }) => offset)).toEqual([0n]);
});

test('a record that a waiting commit read of a partition that was taken since is dropped', async () => {
  const { polling, polls } = rig();
  polling.assigned([PARTITION], [0n]);
  const commit = Promise.withResolvers<void>();
  const pumping = polling.pumpUntil(commit.promise);
  commit.resolve();
  polls.shift()?.(null, recordAt(0n), []);
  await pumping;
  polling.revoked([PARTITION]);
  const polled = polling.poll(10);
  await Promise.resolve();
  await Promise.resolve();
  polls.shift()?.(null, Buffer.alloc(0), []);
  expect(await polled).toEqual([]);
});

test('the end of an empty partition counts when it comes in the poll during which the first partitions were assigned', async () => {
  const { polling, polls } = rig();
  const polled = polling.poll(10);
  await Promise.resolve();
  await Promise.resolve();
  polling.assigned([PARTITION], [{ last: 10 }]);
  polls.shift()?.(null, Buffer.alloc(0), [{ ...PARTITION, offset: 0, messageIndex: -1 }]);
  expect(await polled).toEqual([]);
  expect(polling.lag()).toEqual([{ ...PARTITION, endOffset: 0n, lag: 0n }]);
});

test('an end in a poll during which partitions changed is not counted: it may be of those before', async () => {
  const { polling, polls } = rig();
  polling.assigned([PARTITION], [0n]);
  const polled = polling.poll(10);
  await Promise.resolve();
  await Promise.resolve();
  polling.revoked([PARTITION]);
  polling.assigned([PARTITION], ['latest']);
  polls.shift()?.(null, Buffer.alloc(0), [{ ...PARTITION, offset: 0, messageIndex: -1 }]);
  expect(await polled).toEqual([]);
  expect(polling.lag()).toEqual([{ ...PARTITION, endOffset: 0n, lag: null }]);
});

test.each([
  [7n, 7],
  ['earliest', -2],
  ['latest', -1],
  ['committed', -1000],
  [{ last: 0 }, -2000],
  [{ last: 5000 }, -7000],
] as const)('a partition that starts at %p has the offset %p for librdkafka', (start, offset) => {
  expect(rig().polling.assigned([PARTITION], [start])).toEqual([{ ...PARTITION, offset }]);
});

test('a poll that does not come back holds up the end no longer than its limit', async () => {
  const { polling, polls, clock } = rig();
  const poll = polling.poll(10);
  await polling.client.started;
  for (let turn = 0; polls.length === 0 && turn < 10; turn++) await Promise.resolve();
  const closed = polling.close();
  clock.advance(10_001);
  await closed;
  expect(polling.open).toBe(false);
  // Should it come back after all, its caller goes on.
  polls.shift()?.(null, recordAt(0n), []);
  expect(await poll).toEqual([]);
});
