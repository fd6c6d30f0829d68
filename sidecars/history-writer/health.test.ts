// What a history-writer says of itself while it has no partitions: nothing is read then, so nothing is well.

import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import type { Consumer, ConsumerOptions } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { isWriting, kafkaHealth } from './health.ts';
import { GroupWatch } from './kafka/group-watch.ts';
import type { Store } from './postgres/store.ts';
import { Writer } from './writer.ts';
import { createWriterStats } from './writer-stats.ts';

const PLACES = [{ topic: 'norm.swap_demand', partition: 0 }];

const AT_END = { endOffset: 7n, lag: 0n };
const GAUGES = { lagMs: () => null, lagRecords: () => 0, buffered: () => 0, writing: () => true };
const CLIENT: Consumer = {
  connect: async () => undefined,
  state: () => 'up',
  poll: async () => [],
  commit: async () => undefined,
  passed: () => [],
  logStart: () => null,
  lag: () => [],
  close: async () => undefined,
};

/** A writer on a Kafka client whose group assigns what the test says. */
function start() {
  const { log } = keptLog();
  const timers = new ManualClock();
  const clients: ConsumerOptions[] = [];
  const store: Partial<Store> = {
    standstill: async () => null,
    ensureDays: async () => undefined,
    takeOver: async (places) => places.map(() => ({ next: 7n, left: null, writtenAtMs: null })),
  };
  const writer = new Writer({
    brokers: 'broker:9092',
    kafkaSettings: {},
    group: 'group',
    clientId: 'client',
    topicPrefix: '',
    limits: { recordsMax: 10, bytesMax: 1000, waitMs: 100 },
    store: store as Store,
    deadLetters: { send: async () => undefined, missed: () => undefined },
    stats: createWriterStats(new Registry(), GAUGES),
    log,
    timers,
    fraction: () => 0.5,
    kafka: {
      open: (options) => {
        clients.push(options);
        return { ...CLIENT, lag: () => PLACES.map((place) => ({ ...place, ...AT_END })) };
      },
      topicIds: async () => new Map(),
    },
  });
  const group = new GroupWatch({ instanceId: 'me', members: async () => [], owners: async () => [], timers, log });
  return {
    client: clients[0] as ConsumerOptions,
    said: () => ({
      reasons: kafkaHealth(writer, group, true).reasons,
      writing: isWriting(writer, group),
      lagMs: writer.lagMs(),
    }),
  };
}

test('without partitions it is neither healthy nor writing, nor up to date, whether it had some before or not', async () => {
  const { client, said } = start();
  const without = { reasons: ['not_assigned'], writing: false, lagMs: null };
  expect(said()).toEqual(without);
  await client.onAssigned(PLACES);
  expect(said()).toEqual({ reasons: [], writing: true, lagMs: 0 });
  await client.onRevoked(PLACES);
  expect(said()).toEqual(without);
  await client.onAssigned([]);
  expect(said()).toEqual(without);
});
