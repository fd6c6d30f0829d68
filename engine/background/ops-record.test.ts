// Records of sidecars as they come out of Kafka: taken, another account's, or refused with a reason.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseIsoTime } from '../../contracts/time.ts';
import { FUZZ, mutatedBytes, mutatedText } from '../../ops/testing/mutated.ts';
import { OPS_TOPICS, REFUSALS, readOpsRecord } from './ops-record.ts';
import { ACCOUNT, recordBytes } from './ops-records.fixture.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

test.each(OPS_TOPICS)('the golden record of %s is taken with its time', (topic) => {
  const read = readOpsRecord(topic, recordBytes(topic), ACCOUNT);
  expect(read.ok).toBe(true);
  if (read.ok) expect(read.atMs).toBe(parseIsoTime(read.payload.at) ?? Number.NaN);
});

test.each<[what: string, bytes: Uint8Array | null, refusal: string | null]>([
  ['of another account', recordBytes('ops.liquidity_action', {}, { account_id: 'other.near' }), null],
  ['of no account', recordBytes('ops.liquidity_action', {}, { account_id: '' }), null],
  [
    'whose payload is of another account',
    recordBytes('ops.liquidity_action', { account_id: 'other.near' }),
    'account_differs',
  ],
  ['without a value', null, 'empty'],
  ['without text', new Uint8Array(), 'not_json'],
  ['that is not JSON', encoder.encode('{"a":'), 'not_json'],
  ['that is no text', new Uint8Array([0xff, 0xfe]), 'not_json'],
  ['that is too large', recordBytes('ops.liquidity_action', { detail: 'x'.repeat(70_000) }), 'too_large'],
  ['nested too deep', encoder.encode('['.repeat(100) + ']'.repeat(100)), 'too_large'],
  ['that lacks a field', recordBytes('ops.liquidity_action', { status: undefined }), 'schema'],
  ['of another version', recordBytes('ops.liquidity_action', {}, { schema_version: 2 }), 'schema'],
  ['of another topic', recordBytes('ops.alert'), 'schema'],
  ['with an amount that is a number', recordBytes('ops.liquidity_action', { amount: 25_000 }), 'schema'],
  ['with a negative amount', recordBytes('ops.liquidity_action', { amount: '-1' }), 'schema'],
  ['of the 31st of February', recordBytes('ops.liquidity_action', { at: '2026-02-31T00:00:00.000Z' }), 'time'],
  ['of the year 1970', recordBytes('ops.liquidity_action', { at: '1970-01-01T00:00:00.000Z' }), 'time'],
  ['of the year 9999', recordBytes('ops.liquidity_action', { at: '9999-12-31T23:59:59.999Z' }), 'time'],
])('one %s is passed over', (_what, bytes, refusal) => {
  expect(readOpsRecord('ops.liquidity_action', bytes, ACCOUNT)).toEqual({ ok: false, refusal } as never);
});

test('one with fields and codes of a newer version is taken', () => {
  const bytes = recordBytes('ops.liquidity_action', { status: 'sweeping', new_field: 1 }, { another: true });
  expect(readOpsRecord('ops.liquidity_action', bytes, ACCOUNT).ok).toBe(true);
});

test('any bytes give a payload of this account or a named reason', () => {
  const texts = OPS_TOPICS.map((topic) => decoder.decode(recordBytes(topic)));
  const anyBytes = fc.oneof(
    { arbitrary: mutatedText(texts).map((text) => encoder.encode(text)), weight: 3 },
    mutatedBytes(texts.map((text) => encoder.encode(text))),
  );
  fc.assert(
    fc.property(anyBytes, fc.constantFrom(...OPS_TOPICS), (bytes, topic) => {
      const read = readOpsRecord(topic, bytes, ACCOUNT);
      if (read.ok) expect([read.payload.account_id, Number.isSafeInteger(read.atMs)]).toEqual([ACCOUNT, true]);
      else expect([null, ...REFUSALS]).toContain(read.refusal);
    }),
    { numRuns: FUZZ.numRuns / 2 },
  );
});
