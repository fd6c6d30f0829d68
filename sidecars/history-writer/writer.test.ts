// The loop between a Kafka and a PostgreSQL that do what the test says.

import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import type { ConsumerOptions } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { nextTurn } from '../../contracts/runtime/wait.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { bytesOf, GOLDEN_AT_MS, recordText } from './fixtures.ts';
import type { OffsetRange } from './pending-batch.ts';
import type { Store, WriteResult } from './postgres/store.ts';
import { Writer } from './writer.ts';
import { createWriterStats } from './writer-stats.ts';

const DEMAND = 'norm.swap_demand';
const PRICE = 'ref.market_price';
const PLACES = [DEMAND, PRICE].map((topic) => ({ topic, partition: 0 }));

const recordOf = (topic: TopicName, offset: number): ConsumedRecord => ({
  topic,
  partition: 0,
  offset: BigInt(offset),
  key: 'key',
  value: bytesOf(recordText(topic)),
  timestampMs: GOLDEN_AT_MS,
});

/** Far more than any test takes. */
const TURNS_MAX = 300;

const READY: Partial<Store> = {
  standstill: async () => null,
  ensureDays: async () => undefined,
  takeOver: async (places) => places.map(() => ({ next: 0n, left: null, writtenAtMs: null })),
  ping: async () => undefined,
};

/** A writer that has its partitions and polls these records, on a clock that `turnUntil` moves. */
async function startWriter(store: Partial<Store>, polled: ConsumedRecord[], recordsMax: number) {
  const timers = new ManualClock(GOLDEN_AT_MS);
  const clients: ConsumerOptions[] = [];
  const gauges = { lagMs: () => null, lagRecords: () => 0, buffered: () => 0, writing: () => true };
  const stats = createWriterStats(new Registry(), gauges);
  const writer = new Writer({
    brokers: 'broker:9092',
    kafkaSettings: {},
    group: 'group',
    clientId: 'client',
    topicPrefix: '',
    limits: { recordsMax, bytesMax: 10_000_000, waitMs: 30_000 },
    store: { ...READY, ...store } as Store,
    deadLetters: { send: async () => undefined, missed: () => undefined },
    stats,
    log: keptLog().log,
    timers,
    fraction: () => 0.5,
    kafka: {
      open(options) {
        clients.push(options);
        return {
          connect: async () => undefined,
          state: () => 'up',
          // As the native client: no answer comes at once.
          async poll(max) {
            await nextTurn();
            return polled.splice(0, max);
          },
          commit: async () => undefined,
          passed: () => [],
          logStart: () => 0n,
          lag: () => PLACES.map((place) => ({ ...place, endOffset: 1n, lag: 0n })),
          close: async () => undefined,
        };
      },
      topicIds: async () => new Map(),
    },
  });
  await clients[0]?.onAssigned(PLACES);
  const running = writer.run();
  const turnUntil = async (isDone: () => boolean): Promise<void> => {
    for (let turn = 0; turn < TURNS_MAX && !isDone(); turn++) {
      timers.advance(1000);
      await nextTurn();
    }
    expect(isDone()).toBe(true);
  };
  const end = async (): Promise<void> => {
    writer.stop();
    let isOver = false;
    void running.then(() => {
      isOver = true;
    });
    await turnUntil(() => isOver);
  };
  const written = (): Record<string, bigint> =>
    Object.fromEntries(writer.status().partitions.map(({ topic, written }) => [topic, written]));
  return { stats, writer, turnUntil, end, written };
}

test('a batch that failed again and again, and not by the fault of a record, is written once the cause is gone', async () => {
  const tries: string[] = [];
  const store: Partial<Store> = {
    async write(held) {
      tries.push('write');
      if (!tries.includes('isolate')) throw Object.assign(new Error('broken'), { code: 'XX000' });
      return { kind: 'written', rows: held.length, repeated: 0 };
    },
    async isolate() {
      tries.push('isolate');
      throw new Error('no single record is at fault');
    },
  };
  const { stats, turnUntil, end } = await startWriter(store, [recordOf(DEMAND, 0)], 10);
  await turnUntil(() => stats.totals().rows > 0);
  expect(tries).toEqual(['write', 'write', 'write', 'write', 'write', 'isolate', 'write']);
  await end();
});

/** As many of each of two topics as make two lanes of them. */
const EACH = 300;
const largeBatch = (): ConsumedRecord[] =>
  [DEMAND, PRICE].flatMap((topic) => Array.from({ length: EACH }, (_, at) => recordOf(topic as TopicName, at)));

const topicsOf = (ranges: readonly OffsetRange[]): string => [...new Set(ranges.map(({ topic }) => topic))].join();

test('what one lane of a batch has written is reported while the other waits, and is not written again when that fails', async () => {
  const tries: string[] = [];
  const price = Promise.withResolvers<WriteResult>();
  const store: Partial<Store> = {
    async write(held, ranges) {
      const topics = topicsOf(ranges);
      tries.push(`${topics} ${held.length}`);
      if (topics === PRICE && tries.filter((one) => one.startsWith(PRICE)).length === 1) return await price.promise;
      return { kind: 'written', rows: held.length, repeated: 0 };
    },
  };
  const { stats, writer, turnUntil, end, written } = await startWriter(store, largeBatch(), 2 * EACH);
  await turnUntil(() => stats.totals().rows === EACH);
  expect(tries.toSorted()).toEqual([`${DEMAND} ${EACH}`, `${PRICE} ${EACH}`]);
  expect(written()).toEqual({ [DEMAND]: BigInt(EACH), [PRICE]: 0n });
  expect(writer.status().buffered).toBe(EACH);
  expect(stats.topics[DEMAND].lastWriteAtMs).not.toBeNull();
  expect(stats.topics[PRICE].lastWriteAtMs).toBeNull();

  price.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
  await turnUntil(() => stats.totals().rows === 2 * EACH);
  expect(stats.totals().errors).toBe(1);
  expect(tries.slice(2)).toEqual([`${PRICE} ${EACH}`]);
  expect(written()).toEqual({ [DEMAND]: BigInt(EACH), [PRICE]: BigInt(EACH) });
  expect(writer.status()).toMatchObject({ buffered: 0, failures: 0, database: 'connected' });
  await end();
});

test('a lane whose partition another member has taken is dropped, and the other one counts', async () => {
  const store: Partial<Store> = {
    async write(held, ranges) {
      if (topicsOf(ranges) !== PRICE) return { kind: 'written', rows: held.length, repeated: 0 };
      return {
        kind: 'moved',
        moved: ranges.map(({ topic, partition }) => ({ topic, partition, written: 9n, ours: false })),
      };
    },
  };
  const { stats, writer, turnUntil, end } = await startWriter(store, largeBatch(), 2 * EACH);
  await turnUntil(() => stats.totals().rows === EACH && writer.status().buffered === 0);
  expect(stats.topics[PRICE].records).toBe(0);
  await turnUntil(() => !writer.status().rejoining);
  await end();
});

test('a record that a lane cannot store costs that lane a second try, and no other', async () => {
  const tries: string[] = [];
  const store: Partial<Store> = {
    async write(held, ranges) {
      tries.push(topicsOf(ranges));
      const [culprit] = held.filter(({ topic, offset, dead }) => topic === PRICE && offset === 7n && dead === null);
      if (culprit === undefined) return { kind: 'written', rows: held.length, repeated: 0 };
      return { kind: 'refused', refused: [{ held: culprit, reason: 'not_storable', detail: 'refused' }] };
    },
  };
  const { stats, turnUntil, end, written } = await startWriter(store, largeBatch(), 2 * EACH);
  await turnUntil(() => stats.totals().rows === 2 * EACH);
  expect(tries.toSorted()).toEqual([DEMAND, PRICE, PRICE]);
  expect(written()).toEqual({ [DEMAND]: BigInt(EACH), [PRICE]: BigInt(EACH) });
  await end();
});
