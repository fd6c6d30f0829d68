// What counts as a record, and what is said of that which does not.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { bytesOf, GOLDEN_AT_MS, recordText } from './fixtures.ts';
import { columnsOf, rowOf } from './postgres/rows.ts';
import { TABLES } from './postgres/tables.ts';
import { readRecord, waitingSinceMs } from './record.ts';

describe('a record', () => {
  test.each(TOPICS.map(({ name }) => name))('%s: the golden one is taken, its text untouched', (topic) => {
    const text = recordText(topic);
    const read = readRecord(topic, bytesOf(text), GOLDEN_AT_MS);
    expect(read).toMatchObject({ ok: true, text, day: '2026-01-15' });
  });

  const demand = recordText('norm.swap_demand');
  const rows: [what: string, value: Uint8Array | null, reason: string, detail: RegExp][] = [
    ['no value', null, 'not_json', /no value/],
    ['an empty value', bytesOf(''), 'not_json', /empty/],
    ['no JSON', bytesOf('{"event_id":'), 'not_json', /not JSON/],
    ['a byte order mark', bytesOf(`\ufeff${demand}`), 'not_json', /not JSON/],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'not_json', /not UTF-8/],
    ['a raw NUL', bytesOf(demand.replace('example-partner', 'a\0b')), 'not_json', /not JSON/],
    ['a list', bytesOf('[]'), 'schema', /./],
    [
      'a later schema version',
      bytesOf(recordText('norm.swap_demand', { schema_version: 2 })),
      'schema',
      /schema_version/,
    ],
    ['another topic', bytesOf(recordText('ops.service_health')), 'schema', /event_type/],
    [
      'a field that is wrong',
      bytesOf(recordText('norm.swap_demand', { payload: { amount_in: '-1' } })),
      'schema',
      /amount_in/,
    ],
    [
      'a day that does not exist',
      bytesOf(recordText('norm.swap_demand', { ingested_at: '2026-02-30T00:00:00.000Z' })),
      'schema',
      /ingested_at/,
    ],
  ];
  test.each(rows)('%s is refused and said', (_what, value, reason, detail) => {
    const read = readRecord('norm.swap_demand', value, GOLDEN_AT_MS);
    expect(read).toMatchObject({ ok: false, reason });
    expect(read.ok ? '' : read.detail).toMatch(detail);
  });

  const digits = (count: number): string => '9'.repeat(count);
  const decision = (payload: Record<string, unknown>) =>
    readRecord('decision.trade_decision', bytesOf(recordText('decision.trade_decision', { payload })), GOLDEN_AT_MS);
  const limits = JSON.parse(recordText('decision.trade_decision')).payload.limits;

  test.each([
    ['notional_eur', { notional_eur: digits(81) }],
    ['implied_rate', { implied_rate: `0.${digits(41)}` }],
    ['min_edge_pct', { limits: { ...limits, min_edge_pct: digits(131_073) } }],
    ['price_max_age_ms', { limits: { ...limits, price_max_age_ms: 1e300 } }],
  ])('a number that arithmetic in the database could not bear is refused', (name, payload) => {
    const read = decision(payload);
    expect(read).toMatchObject({ ok: false, reason: 'schema' });
    expect(read.ok ? '' : read.detail).toContain(name);
  });

  test('numbers far beyond those of any trade are taken', () => {
    const most = `${digits(80)}.${digits(40)}`;
    const read = decision({ notional_eur: most, limits: { ...limits, price_max_age_ms: Number.MAX_SAFE_INTEGER } });
    expect(read.ok).toBe(true);
  });

  test('what no column needs is kept as text only', () => {
    const text = recordText('norm.swap_demand', { raw: Array.from({ length: 1000 }, () => []) });
    const read = readRecord('norm.swap_demand', bytesOf(text), GOLDEN_AT_MS);
    expect(read).toMatchObject({ ok: true, text, envelope: { raw: null } });
  });

  test('a problem is short, however long the name of its field', () => {
    const payload = { amount_in: -1, ...JSON.parse('{"__proto__":1}') };
    const parts = { ['p'.repeat(500_000)]: 'no part', ['q'.repeat(100)]: 1 };
    for (const [topic, change] of [
      ['norm.swap_demand', payload],
      ['ops.service_health', { parts }],
    ] as const) {
      const read = readRecord(topic, bytesOf(recordText(topic, { payload: change })), GOLDEN_AT_MS);
      expect(read).toMatchObject({ ok: false, reason: 'schema' });
      expect(read.ok ? 0 : read.detail.length).toBeLessThanOrEqual(1000);
    }
  });

  test('a record of a newer producer is read, and its row keeps the text', () => {
    const later = { decision_reason: 'reason_of_later', limits: { added_later: '1' }, added_later: { a: 1 } };
    const { limits } = JSON.parse(recordText('decision.trade_decision')).payload;
    const payload = { ...later, limits: { ...limits, ...later.limits } };
    const text = recordText('decision.trade_decision', { payload });
    const read = readRecord('decision.trade_decision', bytesOf(text), GOLDEN_AT_MS);
    if (!read.ok) throw new Error(read.detail);
    const table = TABLES['decision.trade_decision'];
    const row = rowOf(table, read, { partition: 0, offset: 0n });
    const cells = Object.fromEntries(columnsOf(table).map(([name], index) => [name, row[index]]));
    expect(cells).toMatchObject({ decision_reason: 'reason_of_later', envelope: text });
    expect(JSON.parse(cells['limits'] ?? '')).toMatchObject({ added_later: '1' });
  });

  const at = (ingested_at: string) =>
    readRecord('norm.swap_demand', bytesOf(recordText('norm.swap_demand', { ingested_at })), GOLDEN_AT_MS);

  test.each([
    ['now', '2026-01-15T12:00:00.000Z', '2026-01-15'],
    ['400 days ago to the millisecond', '2024-12-11T12:00:00.000Z', '2024-12-11'],
    ['tomorrow to the millisecond', '2026-01-16T12:00:00.000Z', '2026-01-16'],
    ['the last millisecond of a day', '2026-01-14T23:59:59.999Z', '2026-01-14'],
  ])('of %s belongs to its day', (_what, ingestedAt, day) => {
    expect(at(ingestedAt)).toMatchObject({ ok: true, day });
  });

  test.each([
    ['a millisecond more than 400 days ago', '2024-12-11T11:59:59.999Z'],
    ['a millisecond after tomorrow', '2026-01-16T12:00:00.001Z'],
    ['a year of a wrong clock', '1970-01-01T00:00:00.000Z'],
    ['the last year that a date can spell', '9999-12-31T23:59:59.999Z'],
  ])('of %s makes no partition of its own', (_what, ingestedAt) => {
    expect(at(ingestedAt)).toMatchObject({ ok: false, reason: 'time_implausible' });
  });

  test.each([40_000, 500_000])('nested %p deep is refused before anything walks it', (depth) => {
    const raw = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const text = recordText('norm.swap_demand').replace('"raw":null', `"raw":${raw}`);
    expect(text).toContain('[[[[');
    expect(readRecord('norm.swap_demand', bytesOf(text), GOLDEN_AT_MS)).toMatchObject({
      ok: false,
      reason: 'too_large',
    });
  });

  test('never throws, whatever the bytes', () => {
    const anything = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => bytesOf(text)),
    );
    fc.assert(fc.property(anything, (value) => expect(readRecord('dlq.unrip', value, GOLDEN_AT_MS).ok).toBe(false)));
  });
});

test.each([
  ['a minute ago', GOLDEN_AT_MS - 60_000, GOLDEN_AT_MS - 60_000],
  ['ahead of our clock', GOLDEN_AT_MS + 60_000, GOLDEN_AT_MS],
  ['none', -1, GOLDEN_AT_MS],
  ['the beginning of time', 0, GOLDEN_AT_MS],
  ['far back', -9e15, GOLDEN_AT_MS],
  ['far ahead', 9e15, GOLDEN_AT_MS],
  ['no number', Number.NaN, GOLDEN_AT_MS],
])('a record whose time in Kafka is %s has waited since then, or since it was read', (_what, timestampMs, sinceMs) => {
  expect(waitingSinceMs(timestampMs, GOLDEN_AT_MS)).toBe(sinceMs);
});
