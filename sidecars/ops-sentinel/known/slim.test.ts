import { expect, test } from 'bun:test';
import { ACCOUNT, bytesOf, recordText } from '../world.fixture.ts';
import { READ_TOPICS, readRecord } from './record.ts';
import { slim } from './slim.ts';

const NOW = { nowMs: 1_767_225_600_000, nowUs: 0 };

test.each(READ_TOPICS.map((topic) => [topic] as const))('a golden record of %s is kept as it is', (topic) => {
  const text = recordText(topic, NOW.nowMs);
  const read = readRecord(topic, bytesOf(text), { accountId: ACCOUNT, now: NOW });
  expect(read.ok && read.heard.payload).toEqual(JSON.parse(text).payload);
});

test('of a record of a megabyte a few kilobytes are kept', () => {
  const heavy = { venue_reply: 'x'.repeat(500_000), note: 'y'.repeat(100_000) };
  const read = readRecord('exec.trade_result', bytesOf(recordText('exec.trade_result', NOW.nowMs, heavy)), {
    ...{ accountId: ACCOUNT, now: NOW },
  });
  expect(read.ok && JSON.stringify(read.heard.payload).length).toBeLessThan(10_000);
  const reasons = Array.from({ length: 10_000 }, (_, index) => `ingest.reason_${index}`);
  const health = readRecord('ops.service_health', bytesOf(recordText('ops.service_health', NOW.nowMs, { reasons })), {
    ...{ accountId: ACCOUNT, now: NOW },
  });
  expect(health.ok && health.heard.payload.reasons.length).toBe(64);
});

test('what is nested, as a field that takes anything may be, is cut at its depth', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`);
  expect(JSON.stringify(slim(deep))).toBe('{"a":{"a":{"a":{"a":null}}}}');
  expect(slim({ a: [1, null, 'b', true] })).toEqual({ a: [1, null, 'b', true] });
});
