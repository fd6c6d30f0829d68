// Rows in the binary format of COPY say what their texts say, and nothing is encoded that PostgreSQL would refuse.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Envelope } from '../../../contracts/envelope.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import { bytesOf, type Change, recordText } from '../fixtures.ts';
import { copyRowOf } from './copy-row.ts';
import { columnsOf, problemOf, type Row, rowOf } from './rows.ts';
import { copyParts } from './table-work.ts';
import { TABLES } from './tables.ts';

const NULL_LENGTH = -1;

/** As the receive functions of PostgreSQL read it. */
function readCopyRow(row: Uint8Array, types: readonly string[]): (string | null)[] {
  const bytes = Buffer.from(row);
  expect(bytes.readInt16BE(0)).toBe(types.length);
  let at = 2;
  const cells = types.map((type) => {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length === NULL_LENGTH) return null;
    const value = bytes.subarray(at, at + length);
    at += length;
    return textOf(type, value);
  });
  expect(at).toBe(bytes.length);
  return cells;
}

const EPOCH_US = BigInt(Date.UTC(2000, 0, 1)) * 1000n;

function textOf(type: string, value: Buffer): string {
  switch (type) {
    case 'text':
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    case 'jsonb':
      expect(value[0]).toBe(1);
      return value.subarray(1).toString();
    case 'boolean':
      expect(value.length).toBe(1);
      return value[0] === 1 ? 'true' : 'false';
    case 'bigint':
      expect(value.length).toBe(8);
      return value.readBigInt64BE().toString();
    case 'integer':
      expect(value.length).toBe(4);
      return value.readInt32BE().toString();
    case 'timestamptz':
      return new Date(Number((value.readBigInt64BE() + EPOCH_US) / 1000n)).toISOString();
    case 'date':
      return new Date(Date.UTC(2000, 0, 1 + value.readInt32BE())).toISOString().slice(0, 10);
    default:
      return numericOf(value);
  }
}

function numericOf(value: Buffer): string {
  const [count, weight, sign, scale] = [0, 2, 4, 6].map((at) => value.readInt16BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  expect(value.length).toBe(8 + 2 * count);
  const chunks = Array.from({ length: count }, (_, index) => value.readInt16BE(8 + 2 * index));
  expect(chunks.every((chunk) => chunk >= 0 && chunk <= 9999)).toBe(true);
  const digits = chunks.map((chunk) => String(chunk).padStart(4, '0')).join('');
  const whole = digits.slice(0, 4 * (weight + 1));
  const fraction = digits.slice(4 * (weight + 1), 4 * (weight + 1) + scale);
  // No digit is behind the scale, where PostgreSQL cuts.
  expect(digits.slice(4 * (weight + 1) + scale)).toMatch(/^0*$/);
  return plain(`${sign === 0 ? '' : '-'}${whole}${scale === 0 ? '' : `.${fraction}`}`);
}

/** Without zeros in front. */
const plain = (decimal: string): string => decimal.replace(/^(-?)0+(?=[0-9])/, '$1');

const POSITION = { partition: 3, offset: 9n };

function bothOf(topic: TopicName, text: string): { copied: Uint8Array | null; row: Row; problem: string | null } {
  const table = TABLES[topic];
  const envelope = JSON.parse(text) as Envelope;
  const source = { envelope, text, value: bytesOf(text), day: envelope.ingested_at.slice(0, 10) };
  const row = rowOf(table, source, POSITION);
  return { copied: copyRowOf(table, source, POSITION), row, problem: problemOf(table, envelope, row) };
}

/** Whatever the record: what is encoded says the same as the texts, and none of it is known to be wrong. */
function expectSame(topic: TopicName, text: string): boolean {
  const { copied, row, problem } = bothOf(topic, text);
  if (copied === null) return false;
  expect(problem).toBeNull();
  const types = columnsOf(TABLES[topic]).map(([, type]) => type);
  const expected = row.map((cell, index) => (cell !== null && types[index] === 'numeric' ? plain(cell) : cell));
  expect(readCopyRow(copied, types)).toEqual(expected);
  return true;
}

describe('a row for COPY', () => {
  test.each(TOPICS.map(({ name }) => name))('%s: says what the texts of the golden record say', (topic) => {
    expect(expectSame(topic, recordText(topic))).toBe(true);
  });

  /** Every payload field of every topic, each with a value of whatever kind. */
  const anyChange = fc.constantFrom(...TOPICS.map(({ name }) => name)).chain((topic) => {
    const fields = Object.keys(JSON.parse(recordText(topic)).payload);
    const digits = fc.stringMatching(/^-?[0-9]{0,30}(\.[0-9]{0,30})?$/);
    const time = fc
      .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => date.toISOString());
    const value = fc.oneof(
      fc.jsonValue(),
      digits,
      time,
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ minLength: 1000, maxLength: 1300 }),
      fc.double(),
      fc.constantFrom(
        null,
        true,
        false,
        '',
        '-',
        '.',
        '1.',
        '.5',
        '-0',
        '007',
        '1e5',
        2 ** 53,
        -(2 ** 53),
        -1,
        -0,
        2 ** 31,
      ),
    );
    const change = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 8 });
    return change.map((payload) => ({ topic, payload }));
  });

  test('says the same whatever the fields hold, or is left to the texts', () => {
    let encoded = 0;
    fc.assert(
      fc.property(anyChange, ({ topic, payload }) => {
        if (expectSame(topic, recordText(topic, { payload }))) encoded++;
      }),
      { numRuns: 1500 },
    );
    expect(encoded).toBeGreaterThan(10);
  });

  test.each<[what: string, topic: TopicName, change: Change]>([
    ['NUL in a text', 'norm.swap_demand', { payload: { partner_id: 'a\0b' } }],
    ['half a surrogate pair', 'norm.swap_demand', { payload: { pair: '\ud800!' } }],
    ['a text beyond its index', 'norm.swap_demand', { payload: { quote_id: 'q'.repeat(1201) } }],
    ['an account beyond its index', 'norm.swap_demand', { account_id: 'é'.repeat(601) }],
    ['an id that no text column holds', 'norm.swap_demand', { event_id: 'a\ud800' }],
    ['a time that is none', 'norm.swap_demand', { payload: { received_at: '2026-02-30T00:00:00.000Z' } }],
    ['a year 0', 'norm.swap_demand', { payload: { received_at: '0000-01-01T00:00:00.000Z' } }],
    ['a number of another notation', 'norm.swap_demand', { payload: { amount_in: '1e5' } }],
    ['a fraction where none belongs', 'norm.swap_demand', { payload: { ttl_ms: 1.5 } }],
    ['an object that gives no text', 'norm.swap_demand', { payload: { pair: { toString: '' } } }],
  ])('is left to the texts: %s', (_what, topic, change) => {
    expect(bothOf(topic, recordText(topic, change)).copied).toBeNull();
  });

  test('of any size stays as it is when others are made after it', () => {
    const topic = 'norm.swap_demand';
    const texts = Array.from({ length: 300 }, (_, index) =>
      recordText(topic, { payload: { partner_id: `${index} ${'ä'.repeat(index % 50 === 7 ? 200_000 : index)}` } }),
    );
    const rows = texts.map((text) => bothOf(topic, text).copied ?? new Uint8Array());
    const types = columnsOf(TABLES[topic]).map(([, type]) => type);
    const at = columnsOf(TABLES[topic]).findIndex(([name]) => name === 'envelope');
    expect(rows.map((row) => readCopyRow(row, types)[at])).toEqual(texts);
  });

  test('that could not be finished leaves nothing in the next one', () => {
    const topic = 'norm.swap_demand';
    expect(bothOf(topic, recordText(topic, { payload: { amount_out: 'none' } })).copied).toBeNull();
    expect(expectSame(topic, recordText(topic))).toBe(true);
  });
});

describe('the parts of a COPY', () => {
  const HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

  test('are all rows in their order between head and end, wherever the rows lie', () => {
    const row = fc.uint8Array({ minLength: 1, maxLength: 3000 });
    const rows = fc.array(fc.tuple(row, fc.boolean()), { maxLength: 200 }).map((all) => {
      // Some behind each other in one memory, some each in its own.
      const shared = Buffer.concat(all.map(([bytes]) => bytes));
      let at = 0;
      return all.map(([bytes, isApart]) => {
        const place = at;
        at += bytes.length;
        return isApart ? bytes : new Uint8Array(shared.buffer, shared.byteOffset + place, bytes.length);
      });
    });
    fc.assert(
      fc.property(rows, (all) => {
        const expected = Buffer.concat([HEAD, ...all, Buffer.from([0xff, 0xff])]);
        expect(Buffer.concat([...copyParts(all)]).equals(expected)).toBe(true);
      }),
    );
  });

  test('have a bounded size', () => {
    const rows = Array.from({ length: 3000 }, () => new Uint8Array(200));
    const sizes = [...copyParts(rows)].map(({ length }) => length);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(140_000);
  });
});
