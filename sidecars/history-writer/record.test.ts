// What counts as a record, and what is said of that which does not.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { bytesOf, recordText } from './fixtures.ts';
import { readRecord } from './record.ts';

describe('a record', () => {
  test.each(TOPICS.map(({ name }) => name))('%s: the golden one is taken, its text untouched', (topic) => {
    const text = recordText(topic);
    const read = readRecord(topic, bytesOf(text));
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
      'a field that is not declared',
      bytesOf(recordText('norm.swap_demand', { payload: { more: 1 } })),
      'schema',
      /more/,
    ],
    [
      'a day that does not exist',
      bytesOf(recordText('norm.swap_demand', { ingested_at: '2026-02-30T00:00:00.000Z' })),
      'schema',
      /ingested_at/,
    ],
    [
      'a year of a wrong clock',
      bytesOf(recordText('norm.swap_demand', { ingested_at: '1970-01-01T00:00:00.000Z' })),
      'schema',
      /ingested_at/,
    ],
  ];
  test.each(rows)('%s is refused and said', (_what, value, reason, detail) => {
    const read = readRecord('norm.swap_demand', value);
    expect(read).toMatchObject({ ok: false, reason });
    expect(read.ok ? '' : read.detail).toMatch(detail);
  });

  test('never throws, whatever the bytes', () => {
    const anything = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => bytesOf(text)),
    );
    fc.assert(fc.property(anything, (value) => expect(readRecord('dlq.unrip', value).ok).toBe(false)));
  });
});
