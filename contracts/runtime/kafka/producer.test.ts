// The producer and the real native module against librdkafka's own broker in memory.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { openReader } from './consumer/reader.ts';
import type { ConsumedRecord } from './consumer/record.ts';
import { describeError, kafkaAddon, type NativeError, type NativeMetadata, type NativeProducer } from './native.ts';
import { openProducer } from './producer.ts';

const LIMIT_MS = 15_000;
const TOPIC = 'raw.near_intents.quote';

let broker: NativeProducer;
let brokers = '';

const asked = <T>(ask: (done: (error: NativeError, result: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    ask((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(new Error(describeError(error).message));
    });
  });

beforeAll(async () => {
  broker = new (kafkaAddon().Producer)({ 'test.mock.num.brokers': '1', 'client.id': 'test-broker' }, undefined);
  await asked<unknown>((done) => broker.connect(done));
  const metadata = await asked<NativeMetadata>((done) =>
    broker.getMetadata({ timeout: LIMIT_MS, allTopics: true }, done),
  );
  brokers = `127.0.0.1:${metadata.brokers[0]?.port}`;
});

afterAll(() => asked<unknown>((done) => broker.disconnect(done)));

test('records arrive byte for byte and in order, and each is reported by its tag', async () => {
  const delivered: number[] = [];
  const producer = openProducer({
    brokers,
    clientId: 'test',
    extra: { 'linger.ms': 1 },
    onDelivered: (tag) => void delivered.push(tag),
    onRefused: (tag, { code }) => void delivered.push(-tag - code),
    onTrouble: () => undefined,
  });
  await producer.connect(LIMIT_MS);
  const values = Array.from({ length: 1000 }, (_, tag) =>
    tag % 50 === 7 ? `€${'x'.repeat(20_000 + tag)}` : tag % 50 === 8 ? null : `value ${tag} ü`,
  );
  values.forEach((value, tag) => {
    expect(producer.produce(TOPIC, 0, tag % 3 === 0 ? null : `key ${tag} ü`, value, tag)).toBe('queued');
  });
  expect(producer.queued()).toBe(values.length);
  expect(await producer.flush(LIMIT_MS)).toBe(true);
  expect(delivered).toEqual(values.map((_, tag) => tag));

  const reader = openReader({
    brokers,
    clientId: 'test',
    topics: [TOPIC],
    startAt: () => 'earliest',
    onTrouble: () => undefined,
  });
  await reader.connect(LIMIT_MS);
  const read: ConsumedRecord[] = [];
  while (read.length < values.length) {
    read.push(...(await reader.poll(500)).filter(({ partition }) => partition === 0));
  }
  expect(read.map(({ key, value }) => [key, value && Buffer.from(value).toString()])).toEqual(
    values.map((value, tag) => [tag % 3 === 0 ? null : `key ${tag} ü`, value]),
  );
  await reader.close();
  await producer.close();
  expect(producer.produce(TOPIC, 0, null, 'late', 1)).toBe('unavailable');
});

test('a record for a partition that there is not is reported as refused, and those behind it go on', async () => {
  const outcomes: string[] = [];
  const producer = openProducer({
    brokers,
    clientId: 'test',
    extra: { 'linger.ms': 1 },
    onDelivered: (tag) => void outcomes.push(`${tag} delivered`),
    onRefused: (tag, _refusal, { topic, partition, offset }) =>
      void outcomes.push(`${tag} refused ${topic} ${partition} ${offset < 0}`),
    onTrouble: () => undefined,
  });
  await producer.connect(LIMIT_MS);
  // Until the client has heard of the topic it takes records for any partition.
  producer.produce(TOPIC, 2, 'k', 'first', 1);
  expect(await producer.flush(LIMIT_MS)).toBe(true);
  producer.produce(TOPIC, 77, 'k', 'nowhere', 2);
  producer.produce(TOPIC, 2, 'k', 'second', 3);
  expect(await producer.flush(LIMIT_MS)).toBe(true);
  expect(outcomes).toEqual(['1 delivered', `2 refused ${TOPIC} 77 true`, '3 delivered']);
  await producer.close();
});

test('a full queue takes no more, and what it took is reported when it goes on', async () => {
  const delivered: number[] = [];
  const producer = openProducer({
    brokers,
    clientId: 'test',
    extra: { 'queue.buffering.max.messages': 10, 'linger.ms': 1 },
    onDelivered: (tag) => void delivered.push(tag),
    onRefused: () => undefined,
    onTrouble: () => undefined,
  });
  await producer.connect(LIMIT_MS);
  const sent: number[] = [];
  for (let tag = 0; sent.length < 200; tag++) {
    const produced = producer.produce(TOPIC, 1, null, 'x'.repeat(5_000), tag);
    if (produced === 'queued') sent.push(tag);
    else expect(produced).toBe('full');
    if (produced === 'full') await producer.flush(50);
  }
  expect(await producer.flush(LIMIT_MS)).toBe(true);
  expect(delivered).toEqual(sent);
  await producer.close();
});
