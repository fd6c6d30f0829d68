// What the settings of the consumer promise together.

import { expect, test } from 'bun:test';
import { CONSUMER_DEFAULTS } from '../../../contracts/runtime/kafka/settings.ts';
import { TOPICS } from '../../../contracts/topics/registry.ts';
import { CONSUMER_SETTINGS } from './consumer-settings.ts';

test('an answer of a broker has room for a share of every partition, so that none waits for the backlog of another', () => {
  const partitions = TOPICS.reduce((sum, topic) => sum + topic.partitions, 0);
  const share = Number(CONSUMER_SETTINGS['max.partition.fetch.bytes']);
  expect(share * partitions).toBeLessThanOrEqual(Number(CONSUMER_SETTINGS['fetch.max.bytes']));
  // Nor may the broker wait for more than what one partition alone can have.
  expect(Number(CONSUMER_SETTINGS['fetch.min.bytes'])).toBeLessThanOrEqual(share);
});

test('a full queue lasts until its partitions are asked for again, however fast it is emptied', () => {
  const settings = { ...CONSUMER_DEFAULTS, ...CONSUMER_SETTINGS };
  const queueBytes = Number(settings['queued.max.messages.kbytes']) * 1024;
  const bytesAMs = 100_000;
  expect(Number(settings['fetch.queue.backoff.ms']) * bytesAMs).toBeLessThan(queueBytes);
});
