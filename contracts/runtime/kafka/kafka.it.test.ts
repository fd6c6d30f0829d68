// Producer, consumer, reader and admin against a real broker. Each test has topics and groups of its own.

import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { describeWith, kafkaForTest } from '../../../ops/testing/services.ts';
import { waitFor, within } from '../../../ops/testing/wait.ts';
import { machineClock } from '../clock.ts';
import { keptLog } from '../log/kept-log.fixture.ts';
import { createTopics, describeCluster, groupMembers } from './admin/cluster.ts';
import { describeTopics } from './admin/topic-settings.ts';
import { KafkaClient } from './client.ts';
import type { Consumer, ConsumerOptions } from './consumer/consumer.ts';
import { openConsumer } from './consumer/consumer.ts';
import type { TopicPartition } from './consumer/polling.ts';
import { openReader } from './consumer/reader.ts';
import type { ConsumedRecord } from './consumer/record.ts';
import type { NativeError, NativeProducer } from './native.ts';
import { describeError, kafkaAddon } from './native.ts';
import type { Producer, ProducerOptions } from './producer.ts';
import { openProducer, refusesRecord } from './producer.ts';
import { openRecordSender } from './record-sender.ts';
import { unpackReports } from './reports.ts';

const LIMIT_MS = 15_000;
const brokers = kafkaForTest()?.brokers ?? '';
const encoder = new TextEncoder();

type Outcomes = { delivered: number[]; refused: [number, number][]; troubles: string[] };

async function topicOf(partitions: number, settings: Record<string, string> = {}): Promise<string> {
  const name = `test-${randomUUID()}`;
  const made = await createTopics({ brokers, timeoutMs: LIMIT_MS }, [{ name, partitions, replicas: 1, settings }]);
  expect(made).toEqual([{ name, outcome: 'created' }]);
  return name;
}

async function producerOf(
  extra: ProducerOptions['extra'] = {},
  onRefused: ProducerOptions['onRefused'] = () => undefined,
): Promise<{ producer: Producer; outcomes: Outcomes }> {
  const outcomes: Outcomes = { delivered: [], refused: [], troubles: [] };
  const producer = openProducer({
    brokers,
    clientId: 'test',
    extra,
    onDelivered: (tag) => outcomes.delivered.push(tag),
    onRefused(tag, refusal, report) {
      outcomes.refused.push([tag, refusal.code]);
      onRefused(tag, refusal, report);
    },
    onTrouble: (code, message) => outcomes.troubles.push(`${code}: ${message}`),
  });
  await producer.connect(LIMIT_MS);
  return { producer, outcomes };
}

function consumerOf(topic: string, options: Partial<ConsumerOptions> = {}): Consumer {
  return openConsumer({
    brokers,
    clientId: 'test',
    groupId: `test-${randomUUID()}`,
    topics: [topic],
    onAssigned: (partitions) => partitions.map(() => 'committed'),
    onRevoked: () => undefined,
    onTrouble: () => undefined,
    ...options,
  });
}

async function read(from: { poll: Consumer['poll'] }, count: number): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  await waitFor(
    async () => {
      records.push(...(await from.poll(1000)));
      return records.length >= count;
    },
    { what: `${count} records`, limitMs: LIMIT_MS },
  );
  return records;
}

type Transactions = {
  initTransactions(timeoutMs: number, done: (error: NativeError) => void): void;
  beginTransaction(done: (error: NativeError) => void): void;
  commitTransaction(timeoutMs: number, done: (error: NativeError) => void): void;
};

/** A producer of somebody else, who uses transactions. */
async function transactionOf() {
  const settings = { 'metadata.broker.list': brokers, 'transactional.id': `test-${randomUUID()}`, 'linger.ms': '0' };
  const native = new (kafkaAddon().Producer)(settings, undefined) as NativeProducer & Transactions;
  let delivered = 0;
  const onReports = (packed: Buffer): void => {
    delivered += unpackReports(packed).length;
  };
  const callbacks = { global: {}, topic: {}, event: { delivery_cb: onReports } };
  const client = new KafkaClient(native, callbacks, { onTrouble: () => undefined });
  await client.waitUntilUp(LIMIT_MS, brokers);
  native.setPollInBackground(true);
  const done = (act: (done: (error: NativeError) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      act((error) => {
        if (error === null || error === undefined) resolve();
        else reject(new Error(describeError(error).message));
      });
    });
  await done((then) => native.initTransactions(LIMIT_MS, then));
  await done((then) => native.beginTransaction(then));
  return {
    async produce(topic: string, values: readonly string[]): Promise<void> {
      for (const value of values) native.produce(topic, 0, encoder.encode(value), null, null, undefined, []);
      await waitFor(() => delivered === values.length, { what: 'the delivery reports', limitMs: LIMIT_MS });
    },
    commit: () => done((then) => native.commitTransaction(LIMIT_MS, then)),
    close: () => client.close(),
  };
}

async function fill(topic: string, values: readonly (Uint8Array | null)[], partition = 0): Promise<void> {
  const { producer, outcomes } = await producerOf();
  values.forEach((value, tag) => {
    expect(producer.produce(topic, partition, `k${tag}`, value, tag)).toBe('queued');
  });
  expect(await producer.flush(LIMIT_MS)).toBe(true);
  expect(outcomes.delivered).toHaveLength(values.length);
  await producer.close();
}

describeWith(['kafka'], 'Kafka producer', () => {
  test('reports every record by its tag, partition by partition in order', async () => {
    const topic = await topicOf(3);
    const { producer, outcomes } = await producerOf();
    for (let tag = 0; tag < 3000; tag += 1) {
      expect(producer.produce(topic, tag % 3, `key ${tag % 7}`, encoder.encode(`value ${tag}`), tag)).toBe('queued');
    }
    expect(producer.queued()).toBe(3000);
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    for (const partition of [0, 1, 2]) {
      const tags = outcomes.delivered.filter((tag) => tag % 3 === partition);
      expect(tags).toEqual(Array.from({ length: 1000 }, (_, index) => index * 3 + partition));
    }
    expect(outcomes.refused).toEqual([]);
    // A broker that has just started may make the client ask twice, which it says as a warning.
    expect(outcomes.troubles.filter((trouble) => !trouble.startsWith('warning'))).toEqual([]);
    await producer.close();
    expect(producer.state()).toBe('closed');
    expect(producer.produce(topic, 0, null, null, 1)).toBe('unavailable');
  });

  test('keeps the order of reports when the broker refuses some records of a partition', async () => {
    const topic = await topicOf(1, { 'max.message.bytes': '2000' });
    // One record a batch, so that a refusal is for the oversized record alone.
    const { producer, outcomes } = await producerOf({ 'batch.num.messages': 1, 'compression.type': 'none' });
    const large = (tag: number): boolean => tag % 5 === 3;
    for (let tag = 0; tag < 50; tag += 1) {
      const value = large(tag) ? new Uint8Array(5000 + tag) : encoder.encode(`small ${tag}`);
      expect(producer.produce(topic, 0, `k${tag}`, value, tag)).toBe('queued');
    }
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    const tags = Array.from({ length: 50 }, (_, tag) => tag);
    expect(outcomes.refused).toEqual(tags.filter(large).map((tag) => [tag, 10]));
    expect(outcomes.delivered).toEqual(tags.filter((tag) => !large(tag)));
    expect(refusesRecord(10)).toBe(true);
    expect(producer.state()).toBe('up');
    await producer.close();
  });

  test('tells a record that is too large from records that are refused with their batch', async () => {
    const topic = await topicOf(1, { 'max.message.bytes': '20000' });
    const refusalsOf = async (settings: ProducerOptions['extra'], sizes: readonly number[]) => {
      const found: (readonly [number, boolean])[] = [];
      const { producer, outcomes } = await producerOf({ 'compression.type': 'none', ...settings }, (tag, refusal) =>
        found.push([tag, refusal.isTogether]),
      );
      sizes.forEach((size, tag) => {
        expect(producer.produce(topic, 0, `k${tag}`, new Uint8Array(size), tag)).toBe('queued');
      });
      expect(await producer.flush(LIMIT_MS)).toBe(true);
      await producer.close();
      return { found, delivered: outcomes.delivered.length };
    };
    const many = Array.from({ length: 40 }, () => 1000);
    const whole = await refusalsOf({}, many);
    expect(whole.found.length + whole.delivered).toBe(40);
    expect(whole.found.length).toBeGreaterThan(1);
    expect(whole.found.every(([, isTogether]) => isTogether)).toBe(true);
    const smaller = { 'batch.size': 16_384 };
    expect(await refusalsOf(smaller, many)).toEqual({ found: [], delivered: 40 });
    expect(await refusalsOf(smaller, [1000, 30_000, 1000])).toEqual({ found: [[1, false]], delivered: 2 });
  });

  test('a sender gets every record through that fits alone, and reports the one that does not', async () => {
    const topicPrefix = `test-${randomUUID()}-`;
    const settings = { 'max.message.bytes': '20000' };
    const name = `${topicPrefix}ops.service_health`;
    await createTopics({ brokers, timeoutMs: LIMIT_MS }, [{ name, partitions: 1, replicas: 1, settings }]);
    const extra = { 'compression.type': 'none' };
    const sender = openRecordSender({
      brokers,
      clientId: 'test',
      extra,
      topicPrefix,
      timers: machineClock,
      log: keptLog().log,
    });
    const sizes = Array.from({ length: 41 }, (_, at) => (at === 20 ? 70_000 : 1000));
    const sent = await within(
      Promise.allSettled(sizes.map((size) => sender.send('ops.service_health', 'k', 'x'.repeat(size)))),
      { what: 'the records', limitMs: 4 * LIMIT_MS },
    );
    expect(sent.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []))).toEqual([20]);
    await sender.close();
  });

  test('reports a record whose time the broker does not take, which is the clock that is at fault', async () => {
    const topic = await topicOf(1, { 'message.timestamp.before.max.ms': '1' });
    const { producer, outcomes } = await producerOf({ 'linger.ms': 100 });
    for (let tag = 0; tag < 3; tag += 1) producer.produce(topic, 0, `k${tag}`, encoder.encode('late'), tag);
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    expect(outcomes.refused.map(([tag]) => tag)).toEqual([0, 1, 2]);
    expect(outcomes.refused.filter(([, code]) => refusesRecord(code))).toEqual([]);
    expect(producer.state()).toBe('up');
    await producer.close();
  });

  test('refuses at once what is larger than the client may send, and reports what has nowhere to go', async () => {
    const topic = await topicOf(1);
    const { producer, outcomes } = await producerOf({ 'topic.metadata.propagation.max.ms': 500 });
    expect(producer.produce(topic, 0, 'k', new Uint8Array(2_000_000), 1)).toMatchObject({ code: 10 });
    // Whether this is known at once or reported later depends on what the client has heard of the topic so far.
    const nowhere = producer.produce(topic, 5, 'k', encoder.encode('no such partition'), 2);
    if (typeof nowhere === 'object') outcomes.refused.push([2, nowhere.code]);
    expect(producer.produce(`none-${randomUUID()}`, 0, 'k', encoder.encode('no such topic'), 3)).toBe('queued');
    expect(producer.produce(topic, 0, 'k', encoder.encode('fine'), 4)).toBe('queued');
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    expect(outcomes.delivered).toEqual([4]);
    expect(outcomes.refused.map(([tag]) => tag).sort()).toEqual([2, 3]);
    expect(outcomes.refused.every(([, code]) => !refusesRecord(code))).toBe(true);
    await producer.close();
  });

  test('says when its queue is full, and loses nothing of what it took', async () => {
    const topic = await topicOf(1);
    const { producer, outcomes } = await producerOf({ 'queue.buffering.max.messages': 100, 'linger.ms': 500 });
    const answers: unknown[] = [];
    for (let tag = 0; tag < 150; tag += 1) {
      answers.push(producer.produce(topic, 0, null, new Uint8Array(10), tag));
      // What was produced in a turn reaches the queue behind it: the first record that has no room there is known then.
      await Promise.resolve();
    }
    expect(answers.slice(0, 101).every((answer) => answer === 'queued')).toBe(true);
    expect(answers.slice(101).every((answer) => answer === 'full')).toBe(true);
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    expect(outcomes.delivered).toHaveLength(101);
    await producer.close();
  });

  test('a callback that throws is reported and does not stop the next report', async () => {
    const topic = await topicOf(1);
    const seen: number[] = [];
    const troubles: string[] = [];
    const producer = openProducer({
      brokers,
      clientId: 'test',
      onDelivered: (tag) => {
        seen.push(tag);
        if (tag === 0) throw new Error('broken callback');
      },
      onRefused: () => undefined,
      onTrouble: (code, message) => troubles.push(`${code} ${message}`),
    });
    await producer.connect(LIMIT_MS);
    expect(producer.produce(topic, 0, null, null, 0)).toBe('queued');
    expect(producer.produce(topic, 0, null, null, 1)).toBe('queued');
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    expect(seen).toEqual([0, 1]);
    // A broker that has just started may make the client ask twice, which it says as a warning.
    const reported = troubles.filter((trouble) => !trouble.startsWith('warning'));
    expect(reported).toEqual(['callback_failed onDelivered: broken callback']);
    await producer.close();
  });
});

describeWith(['kafka'], 'Kafka consumer', () => {
  test('reads what was written: null and empty values, empty and missing keys', async () => {
    const topic = await topicOf(1);
    const { producer } = await producerOf();
    const sentAtMs = Date.now();
    const rows: [string | null, Uint8Array | null][] = [
      ['k', encoder.encode('text ✓')],
      ['k', null],
      ['k', new Uint8Array(0)],
      ['', encoder.encode('empty key')],
      [null, encoder.encode('no key')],
      ['key\u0000with nul', new Uint8Array([0, 255])],
    ];
    rows.forEach(([key, value], tag) => {
      expect(producer.produce(topic, 0, key, value, tag)).toBe('queued');
    });
    expect(await producer.flush(LIMIT_MS)).toBe(true);
    await producer.close();

    const consumer = consumerOf(topic);
    const records = await read(consumer, rows.length);
    expect<unknown>(records.map(({ key, value }) => [key, value && Uint8Array.from(value)])).toEqual(rows);
    expect(records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    expect(Math.abs((records[0]?.timestampMs ?? 0) - sentAtMs)).toBeLessThan(60_000);
    await consumer.close();
    expect(consumer.state()).toBe('closed');
    await expect(consumer.commit([{ topic, partition: 0, offset: 1n }])).rejects.toThrow('closed');
  });

  test('goes on after the commit of the member before it', async () => {
    const topic = await topicOf(1);
    await fill(
      topic,
      Array.from({ length: 10 }, (_, index) => encoder.encode(`${index}`)),
    );
    const groupId = `test-${randomUUID()}`;
    const first = consumerOf(topic, { groupId });
    await read(first, 10);
    await first.commit([{ topic, partition: 0, offset: 7n }]);
    expect(first.lag()).toEqual([{ topic, partition: 0, endOffset: 10n, lag: 0n }]);
    await first.close();

    const second = consumerOf(topic, { groupId });
    expect((await read(second, 3)).map(({ offset }) => offset)).toEqual([7n, 8n, 9n]);
    await second.close();
  });

  test('a transaction that nobody ends holds up nothing, and its mark is no record to wait for', async () => {
    const topic = await topicOf(1);
    const writer = await transactionOf();
    await writer.produce(topic, ['0', '1']);
    await fill(topic, [encoder.encode('2')]);
    const consumer = consumerOf(topic);
    expect((await read(consumer, 3)).map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    await writer.commit();
    const passed = await waitFor(
      async () => {
        expect(await consumer.poll(10)).toEqual([]);
        return consumer.passed().find(({ offset }) => offset === 4n) ?? null;
      },
      { what: 'the end behind the mark', limitMs: LIMIT_MS },
    );
    expect(passed).toEqual({ topic, partition: 0, offset: 4n });
    expect(consumer.passed()).toEqual([]);
    expect(consumer.lag()).toEqual([{ topic, partition: 0, endOffset: 4n, lag: 0n }]);
    expect(consumer.logStart({ topic, partition: 0 })).toBe(0n);
    await writer.close();
    await consumer.close();
  });

  test('a commit that waits keeps the records that come meanwhile for the next poll', async () => {
    const topic = await topicOf(1);
    await fill(
      topic,
      Array.from({ length: 500 }, (_, index) => encoder.encode(`${index}`)),
    );
    const consumer = consumerOf(topic);
    const offsets: bigint[] = [];
    await waitFor(
      async () => {
        const records = await consumer.poll(50);
        offsets.push(...records.map(({ offset }) => offset));
        const last = records.at(-1);
        if (last !== undefined) await consumer.commit([{ topic, partition: 0, offset: last.offset + 1n }]);
        return offsets.length >= 500;
      },
      { what: '500 records', limitMs: LIMIT_MS },
    );
    expect(offsets).toEqual(Array.from({ length: 500 }, (_, index) => BigInt(index)));
    await consumer.close();
  });

  test('starts at offsets kept elsewhere, which may take a while and fail at first', async () => {
    const topic = await topicOf(2);
    await fill(
      topic,
      Array.from({ length: 5 }, () => encoder.encode('p0')),
      0,
    );
    await fill(
      topic,
      Array.from({ length: 5 }, () => encoder.encode('p1')),
      1,
    );
    const troubles: string[] = [];
    let attempts = 0;
    const consumer = consumerOf(topic, {
      onAssigned: async (partitions) => {
        attempts += 1;
        await Promise.resolve();
        if (attempts === 1) throw new Error('the database is away');
        return partitions.map(({ partition }) => (partition === 0 ? 3n : 4n));
      },
      onTrouble: (code, message) => troubles.push(`${code}: ${message}`),
    });
    const records = await read(consumer, 3);
    expect(records.map(({ partition, offset }) => `${partition}/${offset}`).sort()).toEqual(['0/3', '0/4', '1/4']);
    expect(troubles).toEqual(['assign_failed: the database is away']);
    await consumer.close();
  });

  test('tells that records between the wanted offset and the first one are gone', async () => {
    const topic = await topicOf(1);
    await fill(topic, [encoder.encode('a'), encoder.encode('b')]);
    const troubles: string[] = [];
    const consumer = consumerOf(topic, {
      onAssigned: () => [1000n],
      onTrouble: (code) => troubles.push(code),
    });
    expect((await read(consumer, 2)).map(({ offset }) => offset)).toEqual([0n, 1n]);
    expect(troubles).toContain('offset_gap');
    await consumer.close();
  });

  test('joins its group soon after a topic was made that the broker did not know when it subscribed', async () => {
    const name = `test-${randomUUID()}`;
    const asked = Promise.withResolvers<readonly TopicPartition[]>();
    const unknown = Promise.withResolvers<void>();
    const consumer = consumerOf(name, {
      onAssigned: (partitions) => {
        asked.resolve(partitions);
        return partitions.map(() => 'committed');
      },
      // The broker has answered, and does not know the topic.
      onTrouble: () => unknown.resolve(),
    });
    let open = true;
    const polls = (async () => {
      while (open) await consumer.poll(10);
    })();
    await within(unknown.promise, { what: 'the complaint', limitMs: LIMIT_MS });
    await createTopics({ brokers, timeoutMs: LIMIT_MS }, [{ name, partitions: 1, replicas: 1, settings: {} }]);
    expect(await within(asked.promise, { what: 'the partitions', limitMs: 4 * LIMIT_MS })).toEqual([
      { topic: name, partition: 0 },
    ]);
    open = false;
    await polls;
    await consumer.close();
  });

  test('hands partitions to a second member, and gets them back when it leaves', async () => {
    const topic = await topicOf(2);
    const groupId = `test-${randomUUID()}`;
    const owned =
      (list: TopicPartition[]): ConsumerOptions['onAssigned'] =>
      (partitions) => {
        list.splice(0, list.length, ...partitions);
        return partitions.map(() => 'committed');
      };
    const firstOwns: TopicPartition[] = [];
    const secondOwns: TopicPartition[] = [];
    const revoked: TopicPartition[][] = [];
    const extra = { 'heartbeat.interval.ms': 200, 'session.timeout.ms': 6000 };
    const first = consumerOf(topic, {
      groupId,
      extra,
      onAssigned: owned(firstOwns),
      onRevoked: (partitions) => {
        revoked.push([...partitions]);
      },
    });
    await waitFor(async () => (await first.poll(10)) && firstOwns.length === 2, { what: 'both', limitMs: LIMIT_MS });
    const second = consumerOf(topic, { groupId, extra, onAssigned: owned(secondOwns) });
    const split = async (): Promise<boolean> => {
      await Promise.all([first.poll(10), second.poll(10)]);
      return firstOwns.length === 1 && secondOwns.length === 1;
    };
    await waitFor(split, { what: 'one partition each', limitMs: LIMIT_MS });
    expect(revoked[0]).toHaveLength(2);
    await second.close();
    await waitFor(async () => (await first.poll(10)) && firstOwns.length === 2, { what: 'both', limitMs: LIMIT_MS });
    await first.close();
  });

  test('closes while a poll is under way and while starting offsets are still looked up', async () => {
    const topic = await topicOf(1);
    const asked = Promise.withResolvers<void>();
    const troubles: string[] = [];
    const consumer = consumerOf(topic, {
      onAssigned: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
      onTrouble: (code, message) => troubles.push(`${code}: ${message}`),
    });
    const limited = (step: Promise<unknown>, what: string) =>
      within(step, { what, limitMs: 3 * LIMIT_MS }).catch((error: unknown) => {
        throw new Error(`the client is ${consumer.state()} after ${JSON.stringify(troubles)}`, { cause: error });
      });
    let open = true;
    const polls = (async () => {
      while (open) await consumer.poll(10);
    })();
    await limited(asked.promise, 'the partitions');
    open = false;
    await limited(consumer.close(), 'the end of the consumer');
    await limited(polls, 'the end of the polls');
    expect(await consumer.poll(10)).toEqual([]);
  });
});

describeWith(['kafka'], 'Kafka reader', () => {
  test('reads every partition from its given offset, without a group', async () => {
    const topic = await topicOf(3);
    await fill(topic, [encoder.encode('a'), encoder.encode('b')], 0);
    await fill(topic, [encoder.encode('c'), encoder.encode('d')], 2);
    const reader = openReader({
      brokers,
      clientId: 'test',
      topics: [topic],
      startAt: ({ partition }) => (partition === 0 ? 1n : 'earliest'),
      onTrouble: () => undefined,
    });
    await reader.connect(LIMIT_MS);
    const records = await read(reader, 3);
    expect(records.map(({ value }) => Buffer.from(value ?? []).toString()).sort()).toEqual(['b', 'c', 'd']);
    await reader.close();
  });

  test('waits for a topic that does not exist yet', async () => {
    const topic = `test-${randomUUID()}`;
    const troubles: string[] = [];
    const reader = openReader({
      brokers,
      clientId: 'test',
      topics: [topic],
      startAt: () => 'earliest',
      onTrouble: (code, message) => troubles.push(`${code}: ${message}`),
    });
    await waitFor(() => troubles.includes(`assign_failed: topic ${topic} does not exist: ./unrip topics creates it`), {
      what: 'the complaint',
    });
    await createTopics({ brokers, timeoutMs: LIMIT_MS }, [{ name: topic, partitions: 1, replicas: 1, settings: {} }]);
    await fill(topic, [encoder.encode('late')]);
    expect(await read(reader, 1)).toHaveLength(1);
    await reader.close();
  });
});

describeWith(['kafka'], 'Kafka admin', () => {
  test('makes topics, leaves existing ones alone, and says why one was refused', async () => {
    const name = `test-${randomUUID()}`;
    const options = { brokers, timeoutMs: LIMIT_MS };
    const topic = { name, partitions: 2, replicas: 1, settings: { 'retention.ms': '60000' } };
    expect(await createTopics(options, [topic, topic])).toEqual([
      { name, outcome: 'created' },
      { name, outcome: 'exists' },
    ]);
    const bad = { name: `test-${randomUUID()}`, partitions: 1, replicas: 1, settings: { 'no.such.setting': '1' } };
    expect(await createTopics(options, [bad])).toMatchObject([{ outcome: 'refused', code: 40 }]);
    const cluster = await describeCluster(options);
    expect(cluster.brokers.length).toBeGreaterThan(0);
    expect(cluster.topics).toContainEqual({ name, partitions: 2, replicas: 1 });
  });

  test('an error in place of the members of a group is thrown, and the process goes on', async () => {
    await expect(groupMembers({ brokers, timeoutMs: LIMIT_MS }, '')).rejects.toThrow('Kafka does not describe group');
    expect(await groupMembers({ brokers, timeoutMs: LIMIT_MS }, `none-${randomUUID()}`)).toEqual([]);
  });

  test('tells which settings a topic has, and which of them are its own', async () => {
    const topic = await topicOf(1, { 'retention.ms': '61000', 'cleanup.policy': 'compact' });
    const none = `test-${randomUUID()}`;
    const [first, second] = describeTopics({ brokers, timeoutMs: LIMIT_MS }, [none, topic]);
    expect(first).toMatchObject({ topic: none, ok: false, code: 3 });
    if (second?.ok !== true) throw new Error(`${topic} was not described: ${JSON.stringify(second)}`);
    expect(second.settings).toContainEqual({ name: 'retention.ms', value: '61000', own: true });
    expect(second.settings).toContainEqual({ name: 'cleanup.policy', value: 'compact', own: true });
    expect(second.settings).toContainEqual({ name: 'compression.type', value: 'producer', own: false });
  });
});
