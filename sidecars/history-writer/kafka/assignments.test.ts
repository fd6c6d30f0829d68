// A change of what is assigned: what Kafka does not answer holds up no write, and what a client that was left brings about is void.

import { expect, test } from 'bun:test';
import { AdminSession } from '../../../contracts/runtime/kafka/admin/session.ts';
import type { NativeAdmin, NativeTopic } from '../../../contracts/runtime/kafka/native.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { Mutex } from '../mutex.ts';
import { PendingBatch } from '../pending-batch.ts';
import { DatabaseWatch } from '../postgres/database-watch.ts';
import type { Start } from '../postgres/store.ts';
import { Assignments } from './assignments.ts';
import { OffsetNotes } from './offset-notes.ts';

const DEMAND = [{ topic: 'p.norm.swap_demand', partition: 0 }];
const NO_IDS: ReadonlyMap<string, string> = new Map();

function rig(topicIds: () => Promise<ReadonlyMap<string, string>> = async () => NO_IDS) {
  const { log, events } = keptLog();
  const database = new DatabaseWatch(log, { failed: () => undefined });
  const pending = new PendingBatch({ recordsMax: 10, bytesMax: 1000, waitMs: 100 });
  const mutex = new Mutex();
  const owned: string[] = [];
  const written: [topic: string, atMs: number][] = [];
  let takeOver = async (): Promise<Start[]> => [{ next: 7n, left: null, writtenAtMs: 1_000 }];
  const assignments = new Assignments({
    group: 'group',
    topicPrefix: 'p.',
    store: {
      standstill: async () => null,
      ensureDays: async () => undefined,
      takeOver: async (places, ids) => {
        owned.push(...places.map(({ topic }) => `${topic} ${ids.size}`));
        return await takeOver();
      },
    },
    pending,
    database,
    notes: new OffsetNotes(log, { offsetNoted: () => undefined }, { missed: () => undefined }),
    stats: { writtenBefore: (topic, atMs) => void written.push([topic, atMs]) },
    mutex,
    topicIds,
    onTaken: () => undefined,
    log,
    timers: new ManualClock(),
  });
  return {
    assignments,
    pending,
    mutex,
    owned,
    written,
    events,
    onTakeOver: (next: () => Promise<Start[]>) => {
      takeOver = next;
    },
  };
}

test('a description of topics that never calls back stops no write, and no take-over for longer than its limit', async () => {
  const asked = Promise.withResolvers<void>();
  const silent = { describeTopics: () => asked.resolve(), disconnect: () => 0 } as unknown as NativeAdmin;
  const session = new AdminSession(silent, { brokers: 'broker:9092', timeoutMs: 1 });
  const { assignments, pending, mutex, owned } = rig(async () => {
    try {
      await session.ask<readonly NativeTopic[]>((admin, timeout, done) => admin.describeTopics([], { timeout }, done));
    } catch {
      return NO_IDS;
    }
    throw new Error('it answered');
  });
  const starts = assignments.onAssigned(DEMAND);
  await asked.promise;
  await mutex.run(async () => undefined);
  expect(owned).toEqual([]);
  expect(await starts).toEqual([7n]);
  expect(owned).toEqual(['norm.swap_demand 0']);
  expect(pending.assigned()).toMatchObject([{ topic: 'norm.swap_demand', partition: 0, next: 7n }]);
});

test('when a partition was written last is known from whoever had it before', async () => {
  const { assignments, written, onTakeOver } = rig();
  await assignments.onAssigned(DEMAND);
  expect(written).toEqual([['norm.swap_demand', 1_000]]);
  onTakeOver(async () => [{ next: 0n, left: null, writtenAtMs: null }]);
  await assignments.onAssigned(DEMAND);
  expect(written).toHaveLength(1);
});

test('a write and a change of what is assigned wait for each other', async () => {
  const { assignments, pending, mutex } = rig();
  const write = Promise.withResolvers<void>();
  const writing = mutex.run(() => write.promise);
  const starts = assignments.onAssigned(DEMAND);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  expect(pending.assigned()).toEqual([]);
  write.resolve();
  await Promise.all([writing, starts]);
  expect(pending.assigned()).toHaveLength(1);
  await assignments.onRevoked(DEMAND);
  expect(pending.assigned()).toEqual([]);
});

test('a client that was left owns nothing any more, even when it was about to', async () => {
  const { assignments, pending, owned, onTakeOver } = rig();
  const database = Promise.withResolvers<Start[]>();
  const reached = Promise.withResolvers<void>();
  onTakeOver(() => {
    reached.resolve();
    return database.promise;
  });
  const starts = assignments.onAssigned(DEMAND);
  await reached.promise;
  assignments.leave();
  database.resolve([{ next: 7n, left: null, writtenAtMs: 1_000 }]);
  await expect(starts).rejects.toThrow('another Kafka client');
  await expect(assignments.onAssigned(DEMAND)).rejects.toThrow('another Kafka client');
  expect(pending.assigned()).toEqual([]);
  expect(owned).toHaveLength(1);
});

test('nothing is assigned from the start and after each revocation, until the group says what, be it nothing', async () => {
  const { assignments, onTakeOver } = rig();
  onTakeOver(async () => []);
  expect(assignments.isWaiting).toBe(true);
  await assignments.onAssigned([]);
  expect(assignments.isWaiting).toBe(false);
  await assignments.onRevoked([]);
  expect(assignments.isWaiting).toBe(true);
  // PostgreSQL is at fault then, and no client of Kafka helps.
  onTakeOver(() => Promise.reject(new Error('away')));
  await expect(assignments.onAssigned(DEMAND)).rejects.toThrow('away');
  expect(assignments.isWaiting).toBe(false);
});
