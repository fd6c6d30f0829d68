// The sender while no broker answers, while one topic takes nothing, and while clients fail. Delivery on a real broker is held by
// the tests of the processes that send.

import { expect, test } from 'bun:test';
import { machineClock } from '../clock.ts';
import { keptLog } from '../log/kept-log.fixture.ts';
import { ManualClock } from '../manual-clock.fixture.ts';
import type { KafkaState } from './client.ts';
import type { Produced, ProducerOptions } from './producer.ts';
import { openRecordSender } from './record-sender.ts';

const open = () =>
  openRecordSender({
    // Port 9 of this machine: nothing listens there.
    brokers: '127.0.0.1:9',
    clientId: 'test',
    extra: {},
    topicPrefix: '',
    timers: machineClock,
    log: keptLog().log,
  });

test('waits, says so, and tells at the end that Kafka did not have it', async () => {
  const sender = open();
  const sent = sender.send('dlq.unrip', 'key', '{}');
  expect(sender.isUp()).toBe(false);
  expect(sender.waiting()).toBe(1);
  expect(await sender.flush(20)).toBe(false);
  const outcome = sent.then(
    () => 'delivered',
    (error: Error) => error.message,
  );
  await sender.close();
  expect(await outcome).toContain('closed before Kafka had the record');
  await expect(sender.send('dlq.unrip', 'key', '{}')).rejects.toThrow('closed');
  expect(sender.post('dlq.unrip', 'key', '{}')).toBe(false);
});

test('drops what comes when ten thousand wait, and counts it', async () => {
  const sender = open();
  let taken = 0;
  while (sender.post('ops.service_health', 'key', '{}')) taken++;
  expect(taken).toBe(10_000);
  expect(sender.dropped()).toBe(1);
  await sender.close();
});

/** Clients that a test answers for. */
function rig() {
  const timers = new ManualClock();
  const kept = keptLog();
  const clients: {
    options: ProducerOptions;
    state: KafkaState;
    given: [topic: string, tag: number][];
    queued: number;
  }[] = [];
  const answers = new Map<string, Produced>();
  const tries: string[] = [];
  const sender = openRecordSender({
    brokers: '127.0.0.1:9',
    clientId: 'test',
    extra: {},
    topicPrefix: '',
    timers,
    log: kept.log,
    open(options) {
      const client = { options, state: 'up' as KafkaState, given: [] as [string, number][], queued: 0 };
      clients.push(client);
      return {
        connect: () => Promise.resolve(),
        state: () => client.state,
        produce(topic, _partition, _key, _value, tag) {
          tries.push(topic);
          const answer = client.state === 'failed' ? 'unavailable' : (answers.get(topic) ?? 'queued');
          if (answer === 'queued') client.given.push([topic, tag]);
          return answer;
        },
        queued: () => client.queued,
        flush: () => Promise.resolve(true),
        close: () => Promise.resolve(),
      };
    },
  });
  const newest = () => {
    const client = clients.at(-1);
    if (client === undefined) throw new Error('no client was opened');
    return client;
  };
  return { timers, kept, clients, answers, tries, sender, newest };
}

const AT = { partition: 0, offset: 5 } as const;
const UNKNOWN_TOPIC = 3;

test('a topic that takes nothing holds up no other, and goes on in its order once it does', () => {
  const { timers, kept, answers, sender, newest } = rig();
  answers.set('dlq.unrip', { refused: 'unknown topic', code: UNKNOWN_TOPIC });
  for (const topic of ['dlq.unrip', 'ops.service_health', 'dlq.unrip', 'ops.service_health'] as const) {
    sender.post(topic, 'key', '{}');
  }
  expect(newest().given).toEqual([
    ['ops.service_health', 2],
    ['ops.service_health', 4],
  ]);
  timers.advance(60_000);
  expect(kept.events().filter((event) => event === 'topic_blocked')).toHaveLength(1);
  answers.delete('dlq.unrip');
  timers.advance(10_000);
  expect(newest().given.slice(2)).toEqual([
    ['dlq.unrip', 1],
    ['dlq.unrip', 3],
  ]);
});

test('records that a topic gave back go out before those that came later', () => {
  const { timers, sender, newest } = rig();
  sender.post('dlq.unrip', 'key', '{}');
  sender.post('dlq.unrip', 'key', '{}');
  const { options, given } = newest();
  options.onRefused(
    2,
    { code: UNKNOWN_TOPIC, detail: 'unknown topic', isTogether: false },
    { topic: 'dlq.unrip', ...AT, offset: -1 },
  );
  options.onRefused(
    1,
    { code: UNKNOWN_TOPIC, detail: 'unknown topic', isTogether: false },
    { topic: 'dlq.unrip', ...AT, offset: -1 },
  );
  sender.post('dlq.unrip', 'key', '{}');
  timers.advance(999);
  expect(given).toHaveLength(2);
  timers.advance(1);
  expect(given.slice(2).map(([, tag]) => tag)).toEqual([1, 2, 3]);
});

test('records that are refused with their batch go out again in smaller ones; one that is too large alone is refused', async () => {
  const { timers, kept, clients, sender, newest } = rig();
  const outcomes: unknown[] = [];
  for (let tag = 1; tag <= 3; tag++) {
    sender.send('dlq.unrip', 'key', '{}').then(
      () => outcomes.push(tag),
      (error: Error) => outcomes.push(`${tag} ${error.name}`),
    );
  }
  const refuse = (tag: number, isTogether: boolean): void =>
    newest().options.onRefused(tag, { code: 10, detail: 'too large', isTogether }, { topic: 'dlq.unrip', ...AT });
  for (const size of [250_000, 62_500]) {
    for (let tag = 1; tag <= 3; tag++) refuse(tag, true);
    timers.advance(30_000);
    expect(newest().options.extra).toMatchObject({ 'batch.size': size });
    expect(newest().given.map(([, tag]) => tag)).toEqual([1, 2, 3]);
  }
  expect(clients).toHaveLength(3);
  newest().options.onDelivered(1, { topic: 'dlq.unrip', ...AT });
  refuse(2, false);
  newest().options.onDelivered(3, { topic: 'dlq.unrip', ...AT });
  await Promise.resolve();
  await Promise.resolve();
  expect(outcomes).toEqual([1, '2 RecordRefused', 3]);
  expect(kept.events().filter((event) => event === 'kafka_batches_too_large')).toHaveLength(2);
});

test('the pauses of a topic grow to ten seconds, and a delivery makes them short again', async () => {
  const { timers, answers, sender, newest, tries } = rig();
  answers.set('dlq.unrip', { refused: 'unknown topic', code: UNKNOWN_TOPIC });
  const sent = sender.send('dlq.unrip', 'key', '{}');
  const counts = [1000, 2000, 4000, 8000, 10_000].map((ms) => {
    timers.advance(ms - 1);
    const before = tries.length;
    timers.advance(1);
    return [before, tries.length];
  });
  expect(counts).toEqual([
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
    [5, 6],
  ]);
  answers.delete('dlq.unrip');
  timers.advance(10_000);
  newest().options.onDelivered(1, { topic: 'dlq.unrip', ...AT });
  expect(await sent).toEqual({ topic: 'dlq.unrip', ...AT });
  answers.set('dlq.unrip', { refused: 'unknown topic', code: UNKNOWN_TOPIC });
  sender.post('dlq.unrip', 'key', '{}');
  timers.advance(1000);
  expect(tries).toHaveLength(9);
});

test('clients that go on failing are replaced after growing pauses, and the next one gets everything again', () => {
  const { timers, clients, sender, newest } = rig();
  sender.post('dlq.unrip', 'key', '{}');
  sender.post('ops.service_health', 'key', '{}');
  const fail = (): void => {
    newest().state = 'failed';
    newest().options.onTrouble('fatal', 'fenced');
  };
  const opened: number[] = [];
  for (const ms of [1000, 2000, 4000, 8000, 16_000, 30_000]) {
    fail();
    timers.advance(ms - 1);
    opened.push(clients.length);
    timers.advance(1);
    opened.push(clients.length);
  }
  expect(opened).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7]);
  expect(newest().given).toEqual([
    ['dlq.unrip', 1],
    ['ops.service_health', 2],
  ]);
  // What a former client reports is not about the present one.
  clients[0]?.options.onDelivered(1, { topic: 'dlq.unrip', ...AT });
  expect(sender.waiting()).toBe(2);
  newest().options.onDelivered(1, { topic: 'dlq.unrip', ...AT });
  expect(sender.waiting()).toBe(1);
  fail();
  timers.advance(1000);
  expect(clients).toHaveLength(8);
});

test('a client that holds records and delivers none is replaced, and the next one gets them again', () => {
  const { sender, clients, newest, timers } = rig();
  sender.post('ops.service_health', 'key', '{}');
  newest().queued = 1;
  timers.advance(59_000);
  expect(clients.length).toBe(1);
  timers.advance(10_000);
  expect(clients.length).toBe(2);
  expect(newest().given).toEqual([['ops.service_health', 1]]);
  timers.advance(200_000);
  expect(clients.length).toBe(2);
});
