// Rows: typed columns next to the untouched envelope, and what PostgreSQL could not hold.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Envelope } from '../../../contracts/envelope.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { type Change, recordText } from '../fixtures.ts';
import { arrayLiteral, columnArrays, columnsOf, insertStatement, problemOf, rowOf } from './rows.ts';
import { TABLES } from './tables.ts';

function cellsOf(topic: TopicName, change: Change = {}): Record<string, string | null> {
  const text = recordText(topic, change);
  const table = TABLES[topic];
  const row = rowOf(
    table,
    { envelope: JSON.parse(text) as Envelope, text, day: '2026-01-15' },
    { partition: 3, offset: 9n },
  );
  return Object.fromEntries(columnsOf(table).map(([name], index) => [name, row[index] ?? null]));
}

describe('a row', () => {
  test('carries envelope, place and typed columns of a decision, amounts digit by digit', () => {
    const cells = cellsOf('decision.trade_decision');
    expect(cells).toMatchObject({
      day: '2026-01-15',
      event_id: '019bc186-defa-70f7-a219-ef031086f922',
      account_id: 'solver.near',
      ingested_at: '2026-01-15T12:00:00.250Z',
      amount_out: '3184392400000000000',
      gross_edge_pct: '2.0000',
      strategy_armed: 'true',
      price_id: 'price-019bc186-de64-727d-a17a-fe19cdb52120',
      spendable_out: '92500000000000000000',
      kafka_partition: '3',
      kafka_offset: '9',
    });
    expect(cells['envelope']).toBe(recordText('decision.trade_decision'));
    expect(JSON.parse(cells['limits'] ?? '')).toHaveProperty('max_notional_eur', '5.000000000000000000');
  });

  test('leaves NULL what is not known, also below what is missing as a whole', () => {
    const cells = cellsOf('decision.trade_decision', { payload: { price_snapshot: null, amount_in: null } });
    expect(cells).toMatchObject({ price_snapshot: null, price_id: null, bid_rate: null, amount_in: null });
  });

  test('replaces NUL and half surrogate pairs in columns, and leaves the envelope alone', () => {
    const payload = { partner_id: 'a\0b', pair: '\ud800!' };
    const cells = cellsOf('norm.swap_demand', { payload });
    expect(cells).toMatchObject({ partner_id: 'a\ufffdb', pair: '\ufffd!' });
    expect(cells['envelope']).toContain('"a\\u0000b"');
    expect(cells['envelope']).toContain('"\\ud800!"');
  });

  test('does the same inside of jsonb, in keys as well, and keeps escapes that only look alike', () => {
    const to = { 'k\0': ['\udc00'], same: 'a backslash and u0000: \\u0000' };
    const cells = cellsOf('ops.control_action', { payload: { to } });
    expect(JSON.parse(cells['to_value'] ?? '')).toEqual({ 'k\ufffd': ['\ufffd'], same: to.same });
  });

  test('does not take an inherited name for a field', () => {
    const table = { name: 't', columns: [{ name: 'c', type: 'text', path: ['constructor', 'name'] }] } as const;
    const text = recordText('norm.swap_demand');
    const row = rowOf(
      table,
      { envelope: JSON.parse(text) as Envelope, text, day: '2026-01-15' },
      { partition: 0, offset: 0n },
    );
    expect(row[5]).toBeNull();
  });
});

/** PostgreSQL's reading of an array of text, for literals of one dimension. */
function readLiteral(literal: string): (string | null)[] {
  const cells: (string | null)[] = [];
  const pattern = /NULL|"((?:[^"\\]|\\.)*)"/gsy;
  let at = 1;
  while (at < literal.length - 1) {
    pattern.lastIndex = at;
    const match = pattern.exec(literal);
    if (match === null) throw new Error(`not an array at ${at}: ${literal}`);
    cells.push(match[1] === undefined ? null : match[1].replace(/\\(.)/gs, '$1'));
    at = pattern.lastIndex + 1;
  }
  return cells;
}

describe('an array literal', () => {
  test('is read as what it was made of, whatever the text', () => {
    const cell = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('NULL', '', '{}', '"', '\\', ',')));
    fc.assert(fc.property(fc.array(cell), (cells) => expect(readLiteral(arrayLiteral(cells))).toEqual(cells)));
  });

  test('one for each column, rows below each other', () => {
    expect(
      columnArrays(2, [
        ['a', null],
        ['b', 'c'],
      ]),
    ).toEqual(['{"a","b"}', '{NULL,"c"}']);
  });
});

test('the statement names every column once and passes over what is there', () => {
  const statement = insertStatement(TABLES['ops.service_health']);
  for (const [name] of columnsOf(TABLES['ops.service_health'])) expect(statement).toContain(name);
  expect(statement).toEndWith('on conflict do nothing');
});

describe('what PostgreSQL would refuse is known without asking it', () => {
  const problem = (change: Change, topic: TopicName = 'norm.swap_demand'): string | null => {
    const text = recordText(topic, change);
    const envelope = JSON.parse(text) as Envelope;
    return problemOf(
      TABLES[topic],
      envelope,
      rowOf(TABLES[topic], { envelope, text, day: '2026-01-15' }, { partition: 0, offset: 0n }),
    );
  };

  test.each(Object.keys(TABLES) as TopicName[])('%s: nothing of the golden record', (topic) => {
    expect(problem({}, topic)).toBeNull();
  });

  test.each<[what: string, change: Change, is: RegExp]>([
    ['a number of another notation', { payload: { ttl_ms: 1e300 } }, /ttl_ms/],
    ['a number above bigint', { payload: { ttl_ms: 2 ** 63 } }, /ttl_ms/],
    ['a number below bigint', { payload: { ttl_ms: -(2 ** 63) - 4096 } }, /ttl_ms/],
    ['too many digits', { payload: { amount_in: '9'.repeat(131_073) } }, /amount_in/],
    ['a month 13', { payload: { received_at: '2026-13-01T00:00:00.000Z' } }, /received_at/],
    ['a year 0', { payload: { received_at: '0000-01-01T00:00:00.000Z' } }, /received_at/],
    ['a day that is not observed', { observed_at: '2026-02-30T00:00:00.000Z' }, /observed_at/],
    ['NUL in the id', { event_id: 'a\0b' }, /event_id/],
    ['half a surrogate pair in the id', { event_id: 'a\ud800' }, /event_id/],
  ])('%s', (_what, change, is) => {
    expect(problem(change)).toMatch(is);
  });

  test.each<[what: string, change: Change]>([
    ['a number near the minimum bigint', { payload: { ttl_ms: -(2 ** 63) + 1024 } }],
    ['minus zero', { payload: { ttl_ms: -0 } }],
    ['the year 1', { payload: { received_at: '0001-01-01T00:00:00.000Z' } }],
    ['the year 9999', { payload: { received_at: '9999-12-31T23:59:59.999Z' } }],
    ['NUL in a text', { payload: { partner_id: 'a\0b' } }],
    ['the replacement character in the id', { event_id: 'a\ufffd' }],
  ])('%s is taken', (_what, change) => {
    expect(problem(change)).toBeNull();
  });

  test('two ids that a text column cannot tell apart are refused, not made one', () => {
    for (const event_id of ['a\ud800', 'a\udfff', 'a\0']) {
      expect(problem({ event_id })).toBe('/event_id: holds what no text column can');
    }
    expect(problem({ event_id: 'a\ufffd' })).toBeNull();
  });
});
