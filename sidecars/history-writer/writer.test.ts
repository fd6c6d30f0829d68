// The loop between a Kafka and a PostgreSQL that do what the test says.

import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import type { ConsumerOptions } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { nextTurn } from '../../contracts/runtime/wait.ts';
import { bytesOf, GOLDEN_AT_MS, recordText } from './fixtures.ts';
import type { Store } from './postgres/store.ts';
import { Writer } from './writer.ts';
import { createWriterStats } from './writer-stats.ts';

const PLACE = { topic: 'norm.swap_demand', partition: 0 };
const RECORD: ConsumedRecord = {
  ...PLACE,
  offset: 0n,
  key: 'key',
  value: bytesOf(recordText('norm.swap_demand')),
  timestampMs: GOLDEN_AT_MS,
};

/** Far more than any test takes. */
const TURNS_MAX = 300;

test('a batch that failed again and again, and not by the fault of a record, is written once the cause is gone', async () => {
  const timers = new ManualClock(GOLDEN_AT_MS);
  const tries: string[] = [];
  const store: Partial<Store> = {
    standstill: async () => null,
    ensureDays: async () => undefined,
    takeOver: async (places) => places.map(() => ({ next: 0n, left: null, writtenAtMs: null })),
    ping: async () => undefined,
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
  const clients: ConsumerOptions[] = [];
  const polled = [RECORD];
  const gauges = { lagMs: () => null, lagRecords: () => 0, buffered: () => 0, writing: () => true };
  const stats = createWriterStats(new Registry(), gauges);
  const writer = new Writer({
    brokers: 'broker:9092',
    kafkaSettings: {},
    group: 'group',
    clientId: 'client',
    topicPrefix: '',
    limits: { recordsMax: 10, bytesMax: 100_000, waitMs: 100 },
    store: store as Store,
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
          async poll() {
            await nextTurn();
            return polled.splice(0);
          },
          commit: async () => undefined,
          passed: () => [],
          logStart: () => 0n,
          lag: () => [{ ...PLACE, endOffset: 1n, lag: 0n }],
          close: async () => undefined,
        };
      },
      topicIds: async () => new Map(),
    },
  });
  await clients[0]?.onAssigned([PLACE]);
  const running = writer.run();
  const turnUntil = async (isDone: () => boolean): Promise<void> => {
    for (let turn = 0; turn < TURNS_MAX && !isDone(); turn++) {
      timers.advance(1000);
      await nextTurn();
    }
  };
  await turnUntil(() => stats.totals().rows > 0);
  expect(tries).toEqual(['write', 'write', 'write', 'write', 'write', 'isolate', 'write']);
  writer.stop();
  let isOver = false;
  void running.then(() => {
    isOver = true;
  });
  await turnUntil(() => isOver);
  expect(isOver).toBe(true);
});
