// The bookkeeping of what is buffered: offsets, rebalances, when a batch is due, how old the oldest unwritten record is.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bufferedOf } from './fixtures.ts';
import { type BufferedRecord, PendingBatch, type TopicPartition } from './pending-batch.ts';

const DEMAND: TopicPartition = { topic: 'norm.swap_demand', partition: 2 };
const HEALTH: TopicPartition = { topic: 'ops.service_health', partition: 0 };
const LIMITS = { recordsMax: 3, bytesMax: 1_000_000, waitMs: 100 };

const record = (place: TopicPartition, offset: bigint, timestampMs = 1000): BufferedRecord => ({
  ...bufferedOf(place.topic, place.partition, offset),
  timestampMs,
  sinceMs: timestampMs,
});

describe('taking and writing', () => {
  test('a batch holds everything buffered, and writing it moves the offsets', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 5n);
    pending.assign(HEALTH, 0n);
    expect(pending.take([record(DEMAND, 5n), record(HEALTH, 0n), record(DEMAND, 6n)], 0)).toEqual([]);
    const { held, ranges } = pending.batch();
    expect(held.map(({ offset }) => offset)).toEqual([5n, 6n, 0n]);
    expect(ranges).toEqual([
      { ...DEMAND, from: 5n, to: 7n },
      { ...HEALTH, from: 0n, to: 1n },
    ]);
    pending.written(ranges);
    expect(pending.records).toBe(0);
    expect(pending.bytes).toBe(0);
    expect(pending.assigned()).toEqual([
      { ...DEMAND, written: 7n, next: 7n, held: 0 },
      { ...HEALTH, written: 1n, next: 1n, held: 0 },
    ]);
  });

  test('is due when full, or when the oldest has waited long enough, not before', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    expect(pending.isDue(1_000_000_000)).toBe(false);
    pending.take([record(DEMAND, 0n)], 1_000_000);
    pending.take([record(DEMAND, 1n)], 1_090_000);
    expect(pending.isDue(1_099_999)).toBe(false);
    expect(pending.isDue(1_100_000)).toBe(true);
    pending.take([record(DEMAND, 2n)], 1_091_000);
    expect(pending.room).toBe(0);
    expect(pending.isDue(1_091_000)).toBe(true);
  });

  test('while a batch is written the next is gathered behind it, and stays when that one is written', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.assign(HEALTH, 0n);
    pending.take([record(DEMAND, 0n), record(DEMAND, 1n), record(DEMAND, 2n)], 0);
    expect(pending.room).toBe(0);
    const first = pending.batch();
    expect(pending.room).toBe(3);
    pending.take([record(DEMAND, 3n), record(HEALTH, 0n)], 500_000);
    expect(pending.room).toBe(1);
    // Tried again, it is the same.
    expect(pending.batch()).toEqual(first);
    expect(pending.isDue(500_000)).toBe(true);
    pending.written(first.ranges);
    expect([pending.records, pending.room]).toEqual([2, 1]);
    expect(pending.isDue(599_999)).toBe(false);
    expect(pending.isDue(600_000)).toBe(true);
    const { held, ranges } = pending.batch();
    expect(held.map(({ topic, offset }) => [topic, offset])).toEqual([
      [DEMAND.topic, 3n],
      [HEALTH.topic, 0n],
    ]);
    expect(ranges).toEqual([
      { ...DEMAND, from: 3n, to: 4n },
      { ...HEALTH, from: 0n, to: 1n },
    ]);
  });

  test('a partition that goes leaves the batch under way, and what was read ahead of it as well', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.assign(HEALTH, 0n);
    pending.take([record(DEMAND, 0n), record(HEALTH, 0n)], 0);
    const { ranges } = pending.batch();
    pending.take([record(DEMAND, 1n), record(HEALTH, 1n)], 0);
    pending.revoke(DEMAND);
    expect(pending.batch().ranges).toEqual([{ ...HEALTH, from: 0n, to: 1n }]);
    pending.written(ranges);
    expect(pending.assigned()).toEqual([{ ...HEALTH, written: 1n, next: 2n, held: 1 }]);
  });

  test('is full by bytes as well', () => {
    const pending = new PendingBatch({ ...LIMITS, bytesMax: 10 });
    pending.assign(DEMAND, 0n);
    expect(pending.room).toBe(3);
    pending.take([record(DEMAND, 0n)], 0);
    expect(pending.room).toBe(0);
  });

  test('passes over what is not assigned', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 5n);
    pending.take([record(DEMAND, 5n), record(HEALTH, 0n)], 0);
    expect(pending.records).toBe(1);
  });

  test('takes the records of a topic that was made again while it was read, and says how many are known to be lost', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.take([record(DEMAND, 0n), record(DEMAND, 1n)], 0);
    pending.written(pending.batch().ranges);
    pending.lagMs(() => 7n, 5000);
    expect(pending.take([record(DEMAND, 0n), record(DEMAND, 1n)], 0)).toEqual([
      { ...DEMAND, kind: 'reset', expected: 2n, got: 0n, missed: 5n },
    ]);
    expect(pending.batch().ranges).toEqual([{ ...DEMAND, from: 2n, to: 2n }]);
    expect(pending.batch().held.map(({ offset }) => offset)).toEqual([0n, 1n]);
    pending.written(pending.batch().ranges);
    expect(pending.take([record(DEMAND, 2n)], 0)).toEqual([]);
  });

  test('says when records are gone, and when a log begins again', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 5n);
    expect(pending.take([record(DEMAND, 8n)], 0)).toEqual([
      { ...DEMAND, kind: 'gap', expected: 5n, got: 8n, missed: 3n },
    ]);
    pending.assign(DEMAND, 5n);
    expect(pending.take([record(DEMAND, 0n), record(DEMAND, 1n)], 0)).toEqual([
      { ...DEMAND, kind: 'reset', expected: 5n, got: 0n, missed: 0n },
    ]);
    expect(pending.batch().ranges).toEqual([{ ...DEMAND, from: 5n, to: 2n }]);
  });

  test('offsets that hold no record are no lost records, and move with the next batch', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 5n);
    pending.assign(HEALTH, 0n);
    const startOf = (): bigint => 2n;
    expect(pending.take([record(DEMAND, 5n), record(DEMAND, 7n)], 0, startOf)).toEqual([
      { ...DEMAND, kind: 'void', expected: 6n, got: 7n, missed: 0n },
    ]);
    pending.written(pending.batch().ranges);
    expect(pending.passOver(DEMAND, 9n, startOf)).toEqual([]);
    expect(pending.passOver(DEMAND, 8n, startOf)).toEqual([]);
    // Nothing is left to be read, and nothing has waited.
    expect(pending.lagMs(({ topic }) => (topic === DEMAND.topic ? 9n : 0n), 99_000)).toBe(0);
    expect(pending.assigned()[0]).toEqual({ ...DEMAND, written: 8n, next: 9n, held: 0 });
    pending.take([record(HEALTH, 0n)], 0);
    expect(pending.batch().ranges).toEqual([
      { ...DEMAND, from: 8n, to: 9n },
      { ...HEALTH, from: 0n, to: 1n },
    ]);
  });

  test('records that have expired are counted, also when none is left of them', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 5n);
    expect(pending.take([record(DEMAND, 9n)], 0, () => 8n)).toEqual([
      { ...DEMAND, kind: 'gap', expected: 5n, got: 9n, missed: 3n },
    ]);
    expect(pending.passOver(DEMAND, 30n, () => 30n)).toEqual([
      { ...DEMAND, kind: 'gap', expected: 10n, got: 30n, missed: 20n },
    ]);
    expect(pending.passOver(HEALTH, 30n, () => 30n)).toEqual([]);
  });

  test('a partition that was never read may begin where its oldest record is', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    expect(pending.take([record(DEMAND, 70n)], 0)).toEqual([]);
    expect(pending.batch().ranges).toEqual([{ ...DEMAND, from: 0n, to: 71n }]);
  });
});

describe('a rebalance', () => {
  test('drops what is buffered of a partition that goes, and nothing else', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.assign(HEALTH, 0n);
    pending.take([record(DEMAND, 0n), record(HEALTH, 0n)], 0);
    pending.revoke(DEMAND);
    expect(pending.batch().ranges).toEqual([{ ...HEALTH, from: 0n, to: 1n }]);
    pending.take([record(DEMAND, 1n)], 0);
    expect(pending.records).toBe(1);
  });

  test('an assignment begins at the offset that it names, whatever was buffered', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.take([record(DEMAND, 0n), record(DEMAND, 1n)], 0);
    pending.assign(DEMAND, 1n);
    expect(pending.records).toBe(0);
    pending.take([record(DEMAND, 1n)], 0);
    expect(pending.batch().ranges).toEqual([{ ...DEMAND, from: 1n, to: 2n }]);
  });

  test('a commit that succeeded unheard leaves only what lies behind it', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.take([record(DEMAND, 0n), record(DEMAND, 1n), record(DEMAND, 2n)], 0);
    pending.advanceTo(DEMAND, 2n);
    expect(pending.batch().held.map(({ offset }) => offset)).toEqual([2n]);
    expect(pending.batch().ranges).toEqual([{ ...DEMAND, from: 2n, to: 3n }]);
    pending.advanceTo(DEMAND, 4n);
    expect(pending.records).toBe(0);
    expect(pending.bytes).toBe(0);
    // The consumer is at 3 still: what it reads next was written as well.
    expect(pending.take([record(DEMAND, 3n), record(DEMAND, 4n)], 0)).toEqual([]);
    expect(pending.batch().held.map(({ offset }) => offset)).toEqual([4n]);
  });

  test('of a commit that succeeded unheard drops nothing that was read since of a topic that was made again', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 4n);
    pending.take([record(DEMAND, 4n), record(DEMAND, 5n)], 0);
    expect(pending.batch().ranges).toEqual([{ ...DEMAND, from: 4n, to: 6n }]);
    pending.take([record(DEMAND, 0n), record(DEMAND, 1n)], 0);
    pending.advanceTo(DEMAND, 6n);
    pending.take([record(DEMAND, 2n)], 0);
    const { held, ranges } = pending.batch();
    expect(held.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    expect(ranges).toEqual([{ ...DEMAND, from: 6n, to: 3n }]);
  });
});

describe('the lag', () => {
  const lag = (pending: PendingBatch, ends: readonly (bigint | null)[], nowMs: number) =>
    pending.lagMs(({ topic }) => ends[topic === DEMAND.topic ? 0 : 1] ?? null, nowMs);

  test('is 0 when everything is written, the age of the oldest buffered else', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 4n);
    pending.assign(HEALTH, 0n);
    expect(lag(pending, [4n, 0n], 5000)).toBe(0);
    pending.take([record(DEMAND, 4n, 3000)], 5000);
    const { ranges } = pending.batch();
    pending.take([record(HEALTH, 0n, 4000)], 5000);
    expect(lag(pending, [5n, 1n], 5000)).toBe(2000);
    pending.written(ranges);
    expect(lag(pending, [5n, 1n], 5000)).toBe(1000);
  });

  test('is unknown while an end is unknown, or when there are records that nobody has looked at', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 4n);
    pending.assign(HEALTH, 0n);
    expect(lag(pending, [null, 0n], 5000)).toBeNull();
    expect(lag(pending, [9n, 0n], 5000)).toBeNull();
  });

  test('counts from when there was last nothing unread, so that it is never told too low', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 4n);
    expect(lag(pending, [4n], 5000)).toBe(0);
    expect(lag(pending, [6n], 7000)).toBe(2000);
  });

  test('of what is unread is bounded by the last record that was read, however long the backlog lasts', () => {
    const pending = new PendingBatch(LIMITS);
    pending.assign(DEMAND, 0n);
    pending.take([record(DEMAND, 0n, 1000), record(DEMAND, 1n, 8000)], 9000);
    expect(lag(pending, [50n], 9000)).toBe(8000);
    pending.written(pending.batch().ranges);
    expect(lag(pending, [50n], 9000)).toBe(1000);
  });
});

test('whatever happens, each offset is written once and in order, and the counts come out even', () => {
  const event = fc.oneof(
    fc.constant({ kind: 'poll' as const, reads: false }),
    // With or without reading ahead meanwhile.
    fc.record({ kind: fc.constant('write' as const), reads: fc.boolean() }),
    fc.record({ kind: fc.constant('unheard' as const), reads: fc.boolean() }),
    fc.constant({ kind: 'rebalance' as const, reads: false }),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const pending = new PendingBatch({ ...LIMITS, recordsMax: 1000 });
      // The table of offsets, and what the broker would pending out next.
      const table: bigint[] = [];
      let stored = 0n;
      let position = 0n;
      const poll = (): void => {
        pending.take([record(DEMAND, position), record(DEMAND, position + 1n)], 0);
        position += 2n;
      };
      const write = (reads: boolean): bigint => {
        const { held, ranges } = pending.batch();
        if (reads) poll();
        expect(ranges[0]?.from ?? stored).toBe(stored);
        table.push(...held.map(({ offset }) => offset));
        return ranges[0]?.to ?? stored;
      };
      pending.assign(DEMAND, stored);
      for (const { kind, reads } of events) {
        if (kind === 'poll') {
          poll();
        } else if (kind === 'write') {
          const { ranges } = pending.batch();
          stored = write(reads);
          pending.written(ranges);
        } else if (kind === 'unheard') {
          stored = write(reads);
          pending.advanceTo(DEMAND, stored);
        } else {
          pending.assign(DEMAND, stored);
          position = stored;
        }
      }
      expect(table).toEqual(table.map((_, index) => BigInt(index)));
      pending.revokeAll();
      expect([pending.records, pending.bytes]).toEqual([0, 0]);
    }),
  );
});

test('a first record that is not the oldest of a log that begins at 0 is noted, an expired one is not', () => {
  const pending = new PendingBatch(LIMITS);
  pending.assign(DEMAND, 0n);
  expect(pending.take([record(DEMAND, 1n)], 0, () => 0n)).toEqual([
    { ...DEMAND, kind: 'void', expected: 0n, got: 1n, missed: 0n },
  ]);
  pending.assign(DEMAND, 0n);
  expect(pending.take([record(DEMAND, 1n)], 0, () => 1n)).toEqual([]);
});
