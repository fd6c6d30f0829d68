import { expect, test } from 'bun:test';
import type { KafkaState } from '../../../contracts/runtime/kafka/client.ts';
import type { ProducerOptions } from '../../../contracts/runtime/kafka/producer.ts';
import { type KafkaSettings, KafkaSettingsRefused } from '../../../contracts/runtime/kafka/settings.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import type { ProducerPort } from '../hand-over.ts';
import { createKafkaLink } from './kafka-link.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const AT = { topic: 'ref.market_price', partition: 0, offset: 0 } as const;

type Opened = { readonly options: ProducerOptions; state: KafkaState; closed: boolean; tags: number[]; queued: number };

function rig(openFails: () => boolean = () => false, extra: KafkaSettings = {}) {
  const clock = new ManualClock();
  const opened: Opened[] = [];
  const attached: ProducerPort[] = [];
  const delivered: number[] = [];
  const published: string[] = [];
  const refused: number[] = [];
  const logged: string[] = [];
  const log = (event: string) => void logged.push(event);
  const link = createKafkaLink({
    brokers: '127.0.0.1:1',
    extra,
    clock,
    log: { info: log, warn: log, error: log },
    publisher: {
      attach: (producer) => void attached.push(producer),
      delivered: (tag) => void delivered.push(tag),
      refused: (tag) => void refused.push(tag),
    },
    onPublished: (topic) => void published.push(topic),
    open(options) {
      if (openFails()) throw new Error('no memory');
      const client: Opened = { options, state: 'connecting', closed: false, tags: [], queued: 0 };
      opened.push(client);
      return {
        connect: () => Promise.resolve(),
        state: () => client.state,
        produce(_topic, _partition, _key, _value, tag) {
          client.tags.push(tag);
          return 'queued';
        },
        queued: () => client.queued,
        flush: () => Promise.resolve(true),
        close() {
          client.closed = true;
          return Promise.resolve();
        },
      };
    },
  });
  const newest = (): Opened => opened.at(-1) as Opened;
  return { clock, opened, newest, attached, delivered, published, refused, logged, link };
}

test('a client that failed for good is replaced, and the publisher gets the new one to send everything again', () => {
  const { clock, opened, attached, delivered, published, logged, link } = rig();
  link.start();
  attached[0]?.produce('ref.market_price', 0, 'k', 'v', 7);
  opened[0]?.options.onTrouble('fatal', 'fenced');
  expect(opened.length).toBe(1);
  expect(link.state()).toMatchObject({ status: 'lost', replaced: 0, lastReplacedFor: 'fenced' });
  clock.advance(1000);
  expect([opened.length, opened[0]?.closed, attached.length, link.state().replaced]).toEqual([2, true, 2, 1]);
  attached[1]?.produce('ref.market_price', 0, 'k', 'v', 7);
  expect([opened[0]?.tags, opened[1]?.tags]).toEqual([[7], [7]]);
  // A report of the former client is not one of the record that the new one has.
  opened[0]?.options.onDelivered(7, AT);
  expect(delivered).toEqual([]);
  opened[1]?.options.onDelivered(7, AT);
  expect([delivered, published]).toEqual([[7], ['ref.market_price']]);
  expect(logged.filter((event) => event === 'kafka_client_lost')).toHaveLength(1);
});

test('a client that keeps failing is replaced ever more seldom, and at once again after one that worked', () => {
  const { clock, opened, newest, link } = rig();
  link.start();
  const pauses: number[] = [];
  const failAndCount = () => {
    const before = opened.length;
    // Both ways in which a client may say it, and repeats: one replacement.
    newest().options.onTrouble('fatal', 'fenced');
    newest().options.onTrouble('order_broken', 'a report fits no record');
    let waitedMs = 0;
    for (; opened.length === before; waitedMs += 500) clock.advance(500);
    expect(opened.length).toBe(before + 1);
    pauses.push(waitedMs);
  };
  for (let count = 0; count < 7; count++) failAndCount();
  newest().options.onDelivered(1, AT);
  failAndCount();
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 1_000]);
});

test('what is refused with its batch is no record at fault: the next client makes smaller batches, down to one record', () => {
  const { clock, opened, newest, attached, refused, logged, link } = rig(() => false, { 'batch.size': 100_000 });
  link.start();
  const refuse = (tag: number, isTogether: boolean): void =>
    newest().options.onRefused(tag, { code: 10, detail: 'too large', isTogether }, AT);
  const settings = [];
  for (let count = 0; count < 2; count++) {
    // All of a batch, and another one that the same client had under way.
    for (let tag = 0; tag < 5; tag++) refuse(tag, true);
    clock.advance(60_000);
    settings.push([newest().options.extra?.['batch.size'], newest().options.extra?.['batch.num.messages']]);
  }
  expect(settings).toEqual([
    [25_000, undefined],
    [25_000, 1],
  ]);
  expect([opened.length, attached.length, refused]).toEqual([3, 3, []]);
  expect(logged.filter((event) => event === 'kafka_batches_too_large')).toHaveLength(2);
  refuse(7, false);
  expect(refused).toEqual([7]);
});

test('when no client can be made, that is tried again', () => {
  let fails = false;
  const { clock, opened, link } = rig(() => fails);
  link.start();
  opened[0]?.options.onTrouble('fatal', 'fenced');
  fails = true;
  clock.advance(1_500);
  expect([opened.length, link.state().status]).toEqual([1, 'lost']);
  expect(link.state().lastReplacedFor).toBe('no client could be made: no memory');
  fails = false;
  clock.advance(2_000);
  expect(opened.length).toBe(2);
});

test('that Kafka is away is known at once, said once with its brokers, and so is its return', () => {
  const { clock, newest, logged, link } = rig();
  link.start();
  expect(link.state().status).toBe('starting');
  newest().state = 'up';
  clock.advance(500);
  expect(link.state().status).toBe('up');
  newest().state = 'down';
  newest().options.onTrouble('brokers_down', 'all brokers are down');
  expect(link.state().status).toBe('down');
  for (let count = 0; count < 5; count++) newest().options.onTrouble('brokers_down', 'all brokers are down');
  clock.advance(3_000);
  expect(link.state()).toMatchObject({ status: 'down', forMs: 3_000 });
  newest().state = 'up';
  clock.advance(500);
  expect(link.state().status).toBe('up');
  expect(logged).toEqual(['kafka_down', 'kafka_up']);
});

test('while no broker answers the client is given a few thousand records, and all of them when one does', () => {
  const { newest, attached, link } = rig();
  link.start();
  const offer = (): unknown => attached[0]?.produce('ref.market_price', 0, 'k', 'v', 1);
  const offers: [state: KafkaState, queued: number, unknown][] = [];
  for (const state of ['connecting', 'down', 'up'] as const) {
    for (const queued of [0, 1_999, 2_000, 50_000]) {
      Object.assign(newest(), { state, queued });
      offers.push([state, queued, offer()]);
    }
  }
  const isTaken = ([state, queued]: (typeof offers)[number]): boolean => state === 'up' || queued < 2_000;
  expect(offers.map(([, , produced]) => produced)).toEqual(
    offers.map((each) => (isTaken(each) ? 'queued' : 'unavailable')),
  );
  expect(newest().tags).toHaveLength(8);
});

test('a start without brokers is no fault for some seconds, and one after that', () => {
  const { clock, logged, link } = rig();
  link.start();
  clock.advance(5_000);
  expect(link.state().status).toBe('starting');
  clock.advance(500);
  expect(link.state().status).toBe('down');
  expect(logged).toEqual(['kafka_down']);
});

test('a replaced client is not called up before it is', () => {
  const { clock, newest, link } = rig();
  link.start();
  newest().state = 'up';
  clock.advance(500);
  link.replace('its queue is full');
  clock.advance(1_500);
  expect(link.state()).toMatchObject({ status: 'lost', replaced: 1, lastReplacedFor: 'its queue is full' });
  newest().state = 'up';
  clock.advance(500);
  expect(link.state().status).toBe('up');
});

test('after the close nothing is opened any more', async () => {
  const { clock, opened, link } = rig();
  link.start();
  opened[0]?.options.onTrouble('order_broken', 'a report fits no record');
  await link.close();
  clock.advance(10_000);
  expect(opened.length).toBe(1);
});

test('the client gathers records for as long as it is configured to, a quarter of a second if it is not', () => {
  expect(rig().opened[0]?.options.extra).toEqual({ 'linger.ms': 250 });
  const extra = { 'linger.ms': 5, 'compression.type': 'zstd' };
  expect(rig(() => false, extra).opened[0]?.options.extra).toEqual(extra);
});

test('settings that the client does not take are named as such, without their value', () => {
  const make = (extra: Record<string, string | number>) => () =>
    createKafkaLink({
      brokers: '127.0.0.1:1',
      extra,
      clock: new ManualClock(),
      log: silent,
      publisher: { attach: () => {}, delivered: () => {}, refused: () => {} },
      onPublished: () => {},
    });
  expect(make({ 'linger.ms': -5 })).toThrow(KafkaSettingsRefused);
  for (const name of ['security.protocol', 'ssl.endpoint.identification.algorithm']) {
    const misplaced = make({ [name]: 'hunter2" for "hunter2' });
    expect(misplaced).toThrow(KafkaSettingsRefused);
    expect(misplaced).toThrow(name);
    expect(misplaced).not.toThrow('hunter2');
  }
});

test('a client that holds messages and delivers none is replaced, though it calls itself up, and ever more seldom', () => {
  const { clock, opened, newest, link } = rig();
  link.start();
  const seconds: number[] = [];
  const runFor = (forS: number) => {
    seconds.length = 0;
    for (let second = 1; second <= forS; second++) {
      Object.assign(newest(), { state: 'up', queued: 5 });
      const before = opened.length;
      clock.advance(1000);
      if (opened.length > before) seconds.push(second);
    }
  };
  runFor(500);
  // A minute, two, four; and the pause before another client, which also grows.
  expect(seconds).toEqual([61, 182, 424]);
  expect(link.state().lastReplacedFor).toStartWith('it delivered nothing for 240 s');
  newest().options.onDelivered(1, AT);
  runFor(70);
  // A minute after the next time that it is checked, half a second after the delivery.
  expect(seconds).toEqual([62]);
});

test.each([
  ['holds nothing', 0, false],
  ['delivers something within each minute', 5, true],
])('a client that %s is kept', (_name, queued, delivers) => {
  const { clock, opened, newest, link } = rig();
  link.start();
  for (let half = 0; half < 20; half++) {
    Object.assign(newest(), { state: 'up', queued });
    clock.advance(30_000);
    if (delivers) newest().options.onDelivered(half, AT);
  }
  expect(opened.length).toBe(1);
});
