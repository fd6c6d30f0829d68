// What is read while a commit waits for its answer belongs to the next poll, whatever the group does meanwhile.

import { expect, test } from 'bun:test';
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
  const native = {
    configureCallbacks: () => undefined,
    connect: (done: (error: null) => void) => done(null),
    getMetadata: () => undefined,
    consume: (_timeoutMs: number, _recordsMax: number, _waitForFirstOnly: boolean, done: Consumed) => polls.push(done),
  } as unknown as NativeConsumer;
  return { polling: new Polling({}, { onTrouble: () => undefined, native }), polls };
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
