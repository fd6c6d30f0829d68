import { expect, test } from 'bun:test';
import type { ProducerOptions } from '../../contracts/runtime/kafka-producer.ts';
import { ManualClock } from '../lib/manual-clock.fixture.ts';
import { createKafkaLink, KafkaSettingsRefused } from './kafka-link.ts';
import type { ProducerPort } from './publisher.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

function rig() {
  const clock = new ManualClock();
  const opened: { options: ProducerOptions; closed: boolean; tags: number[] }[] = [];
  const attached: ProducerPort[] = [];
  const delivered: number[] = [];
  const published: string[] = [];
  const link = createKafkaLink({
    brokers: '127.0.0.1:1',
    extra: {},
    clock,
    log: silent,
    publisher: {
      attach: (producer) => void attached.push(producer),
      delivered: (tag) => void delivered.push(tag),
      refused: () => {},
    },
    onPublished: (topic) => void published.push(topic),
    open(options) {
      const client = { options, closed: false, tags: [] as number[] };
      opened.push(client);
      return {
        connect: () => Promise.resolve(),
        state: () => 'up',
        produce(_topic, _partition, _key, _value, tag) {
          client.tags.push(tag);
          return 'queued';
        },
        queued: () => 0,
        flush: () => Promise.resolve(true),
        close() {
          client.closed = true;
          return Promise.resolve();
        },
      };
    },
  });
  return { clock, opened, attached, delivered, published, link };
}

test('a client that failed for good is replaced, and the publisher gets the new one to send everything again', () => {
  const { clock, opened, attached, delivered, published, link } = rig();
  link.start();
  attached[0]?.produce('ref.market_price', 0, 'k', new Uint8Array(1), 7);
  opened[0]?.options.onTrouble('fatal', 'fenced');
  expect(opened.length).toBe(1);
  clock.advance(1000);
  expect([opened.length, opened[0]?.closed, attached.length, link.replaced()]).toEqual([2, true, 2, 1]);
  attached[1]?.produce('ref.market_price', 0, 'k', new Uint8Array(1), 7);
  expect([opened[0]?.tags, opened[1]?.tags]).toEqual([[7], [7]]);
  // A report of the former client is not one of the record that the new one has.
  opened[0]?.options.onDelivered(7);
  expect(delivered).toEqual([]);
  opened[1]?.options.onDelivered(7);
  expect([delivered, published]).toEqual([[7], ['ref.market_price']]);
});

test('after the close nothing is opened any more', async () => {
  const { clock, opened, link } = rig();
  link.start();
  opened[0]?.options.onTrouble('order_broken', 'a report fits no record');
  await link.close();
  clock.advance(10_000);
  expect(opened.length).toBe(1);
});

test('settings that the client does not take are named as such', () => {
  const make = () =>
    createKafkaLink({
      brokers: '127.0.0.1:1',
      extra: { 'linger.ms': -5 },
      clock: new ManualClock(),
      log: silent,
      publisher: { attach: () => {}, delivered: () => {}, refused: () => {} },
      onPublished: () => {},
    });
  expect(make).toThrow(KafkaSettingsRefused);
});
