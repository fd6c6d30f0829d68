// Rows: typed columns beside the untouched envelope, and what PostgreSQL could not hold.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Envelope } from '../../contracts/envelope.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { type Change, recordText } from './fixtures.ts';
import { arrayLiteral, columnArrays, columnsOf, insertStatement, rowOf } from './rows.ts';
import { TABLES } from './tables.ts';

function cellsOf(topic: TopicName, change: Change = {}): Record<string, string | null> {
  const text = recordText(topic, change);
  const table = TABLES[topic];
  const row = rowOf(table, JSON.parse(text) as Envelope, text, '2026-01-15', { partition: 3, offset: 9n });
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
    const row = rowOf(table, JSON.parse(text) as Envelope, text, '2026-01-15', { partition: 0, offset: 0n });
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
