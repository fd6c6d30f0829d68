// The text of a story: readable values, nothing that a terminal would obey.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC, EURE } from '../../contracts/assets.ts';
import { ACCEPTED, makeRecords, resultOf, SUBMITTED } from './fixtures.ts';
import { COLOURED, PLAIN, renderStory } from './render.ts';
import { type Records, tellStory } from './story.ts';
import { amount, change, decimal, eur, printable, since, span } from './words.ts';

const textOf = (over: Partial<Records> = {}) => renderStory(tellStory(makeRecords(over)), PLAIN);

describe('a settled quote', () => {
  const text = textOf();

  test.each([
    'BTC->EURe, settled',
    '0.00004 BTC (4000 units)',
    'bid 81,234.5, ask 81,234.6 EURe per BTC',
    'from kraken, 150 ms old (at most 3.00 s)',
    '92.5 EURe credited, 92.5 EURe spendable',
    'accepted, 61 us after the arrival',
    '79,609.81 EURe per BTC, reference 81,234.5',
    '2 % gross (at least 2 %',
    '3.24 EUR (at most 5.00 EUR)',
    'cmd-0194698a-1f2b-7c3d-8e4f-5a6b7c8d9e0f',
    'quote hash    94DNKnTtRvc1HBAVMrqfEdd7vBodjwk4VTgXnJ8nNgG4',
    'lane 0',
    '+1 min 10 s',
    '1. +412 us    submitted: the signed answer was written to the relay connection',
    'accepted: the relay accepted the answer for the auction, reply after 12 ms',
    'venue: {"jsonrpc":"2.0","id":7,"result":"OK"}',
    '3. +9.40 s    settled: reported by quote_status',
    '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj',
    '+0.00004 BTC, -3.1843924 EURe',
    'executor arm by operator',
  ])('says %s', (said) => expect(text).toContain(said));

  test('is complete, and says nothing of missing parts', () => expect(text).not.toContain('missing'));

  test('is plain unless it is coloured', () => {
    expect(text).not.toContain('\u001b');
    expect(renderStory(tellStory(makeRecords()), COLOURED)).toContain('\u001b[1m');
  });
});

test('the price is that of the decision; the recorded sample nearby is called that', () => {
  const { decision, marketSample } = makeRecords();
  if (decision === null || marketSample === null) throw new Error('the golden quote lacks a record');
  const used = { ...decision.payload.price_snapshot, bid_rate: '81319.00', ask_rate: '81319.10' };
  const text = textOf({
    decision: { ...decision, payload: { ...decision.payload, price_snapshot: used as never } },
    marketSample,
  });
  expect(text).toContain('bid 81,319, ask 81,319.1 EURe per BTC');
  expect(text).toMatch(/market sample +recorded nearby: Kraken 81,234\.5/);
  expect(text).not.toContain('snapshot used');
});

test('values that a newer version wrote are shown as they are', () => {
  const { decision } = makeRecords();
  if (decision === null) throw new Error('the golden quote lacks a decision');
  const later = { decision_reason: 'reason_of_later', detail: '', direction: 'constructor' } as never;
  const text = textOf({
    decision: { ...decision, payload: { ...decision.payload, ...(later as object) } },
    results: [resultOf({ status: 'state_of_later', result_code: 'toString' } as never)],
  });
  expect(text).toContain('reason_of_later');
  expect(text).toContain('state_of_later: toString');
  expect(text).toContain('the outcome is not on record yet');
});

test('a story that is not complete says what is missing and what may come', () => {
  const text = textOf({ results: [SUBMITTED, ACCEPTED] });
  expect(text).toContain('What is missing');
  expect(text).toContain('from accepted it can become settled, expired, voided, uncertain, pulled');
});

test.each([
  [{}, ['quote-a'], 'the change is in the record of quote-a'],
  [{ [BTC.id]: '4000' }, ['quote-b', 'quote-c'], '+0.00004 BTC, shared with quote-b, quote-c'],
  [{}, [], 'no change'],
  [{}, undefined, 'no change'],
])('a change %p that is shared with %p: %s', (balance_change, shared_with, said) => {
  const block = { tx_hash: null, intent_hash: null, block_height: 7, block_time: '2026-01-15T12:00:08.350Z' };
  const settlement = {
    ...block,
    candidates: [],
    balance_change,
    ...(shared_with === undefined ? {} : { shared_with }),
  };
  const open = { transition_seq: 3, status: 'uncertain', result_code: 'unattributed', settlement } as const;
  expect(textOf({ results: [SUBMITTED, ACCEPTED, resultOf(open as never)] })).toContain(said);
});

test('siblings are counted in full and listed in part', () => {
  const siblings = Array.from({ length: 12 }, (_, index) =>
    resultOf({ quote_id: `sibling-${index}`, status: 'voided', result_code: 'sibling_settled' }),
  );
  const text = textOf({ siblings, siblingCounts: { voided: 500, expired: 2 } });
  expect(text).toContain('502: 500 voided, 2 expired; at most one under a nonce can settle');
  expect(text).toContain('sibling-9 voided (sibling_settled), would have paid 3.1843924 EURe');
  expect(text).not.toContain('sibling-10');
  expect(text).toContain('and 492 more');
});

test('what came too often is counted in full and listed in part', () => {
  const [raw] = makeRecords().raw;
  if (raw === undefined) throw new Error('the golden quote lacks a request');
  const again = Array.from({ length: 999 }, () => raw);
  const text = textOf({ raw: [raw, ...again], rawCount: 50_001, resultCount: 1_003 });
  expect(text.match(/came again/g)).toHaveLength(10);
  expect(text).toContain('and 49990 more times');
  expect(text).toContain('and 1000 more records: more than a quote has; see trade_execution_results');
});

test('of many control actions around it the last are shown, and how many came before', () => {
  expect(textOf({})).not.toContain('earlier ones');
  expect(textOf({ controlActionCount: 8 })).toContain('7 earlier ones: see control_actions');
});

test('a quote that was decided twice says so', () => {
  expect(textOf({})).not.toContain('more than once');
  const text = textOf({ decisionCount: 2, commandCount: 3 });
  expect(text).toMatch(/decisions +2 are on record, and a quote has one: .*in trade_decisions/);
  expect(text).toMatch(/commands +3 are on record, and a quote has one: .*in execute_trade_commands/);
});

test('every part may be absent', () => {
  const nothing = { raw: [], demand: null, decision: null, command: null, marketSample: null, inventory: null };
  const text = textOf({ ...nothing, results: [], controlActions: [] });
  expect(text).toContain('no decision on record');
  expect(text).toContain('the frame of the venue is not on record');
});

test('what the venue sends cannot steer a terminal', () => {
  const hostile = 'a\u001b[2Jb\u202ec\u009bd\ne';
  const text = textOf({
    results: [SUBMITTED, { ...ACCEPTED, payload: { ...ACCEPTED.payload, venue_reply: hostile } }],
  });
  expect(text).toContain('a\\u001b[2Jb\\u202ec\\u009bd\\u000ae');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      expect(printable(any)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});

describe('values', () => {
  test.each([
    [0.061, '61 us'],
    [12, '12 ms'],
    [12.34, '12.3 ms'],
    [9400, '9.40 s'],
    [60_000, '1 min'],
    [70_000, '1 min 10 s'],
    [-600_000, '-10 min'],
    [0, '0 us'],
  ])('%p ms is %s', (ms, text) => expect(span(ms)).toBe(text));

  test('amounts are exact, in whole tokens next to units', () => {
    expect(amount('123456789012345678', EURE.id)).toBe('0.123456789012345678 EURe (123456789012345678 units)');
    expect(amount('100000000', BTC.id)).toBe('1 BTC (100000000 units)');
    expect(amount('5', 'nep141:other.near')).toBe('5 units of nep141:other.near');
    expect(amount(null, BTC.id)).toBe('open amount of BTC');
    expect(change('-4000', BTC.id)).toBe('-0.00004 BTC');
    expect(change('4000', BTC.id)).toBe('+0.00004 BTC');
  });

  test('rates are grouped and cut of zeros, values in EUR are cut to cents', () => {
    expect(decimal('81234.50000000')).toBe('81,234.5');
    expect(decimal('1000000.00000000')).toBe('1,000,000');
    expect(decimal('-0.5000')).toBe('-0.5');
    expect(decimal('100')).toBe('100');
    expect(decimal(null)).toBe('unknown');
    expect(eur('3.249999999999999999')).toBe('3.24 EUR');
    expect(eur('0.001200000000000000')).toBe('0.0012 EUR');
  });

  test('times are relative to the arrival where it is known', () => {
    expect(since('2026-01-15T12:00:01.000Z', '2026-01-15T12:00:00.000Z')).toBe('+1.00 s');
    expect(since('2026-01-15T11:59:59.000Z', '2026-01-15T12:00:00.000Z')).toBe('-1.00 s');
    expect(since('2026-01-15T12:00:01.000Z', null)).toBe('2026-01-15T12:00:01.000Z');
  });
});
