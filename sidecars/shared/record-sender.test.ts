// The sender while no broker answers: what waits, what is dropped, what the end tells. Delivery is held by the tests of the
// processes that send, on a real broker.

import { expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/fixtures.ts';
import { machineTimers } from '../../contracts/runtime/timers.ts';
import { openRecordSender } from './record-sender.ts';

const open = () =>
  openRecordSender({
    // Port 9 of this machine: nothing listens there.
    brokers: '127.0.0.1:9',
    clientId: 'test',
    extra: {},
    topicPrefix: '',
    timers: machineTimers,
    log: keptLog().log,
  });

test('waits, says so, and tells at the end that Kafka did not have it', async () => {
  const sender = open();
  const sent = sender.send('dlq.unrip', 'key', '{}');
  expect(sender.isUp()).toBe(false);
  expect(sender.waiting()).toBe(1);
  expect(await sender.flush(20)).toBe(false);
  const told = sent.then(
    () => 'delivered',
    (error: Error) => error.message,
  );
  await sender.close();
  expect(await told).toContain('closed before Kafka had the record');
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
