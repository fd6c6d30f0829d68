import { describe, expect, test } from 'bun:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { PAIRS_MAX } from '../pair-filter.ts';
import { createBodyCheck } from '../runtime/control/body.ts';
import { ArmBody, LimitsBody, PairFilterBody, RefreshInventoryBody, ThresholdBody } from './engine.ts';

const ASSET = 'nep141:btc.omft.near';
const PAIR = { asset_in: ASSET, asset_out: ASSET };
const filter = (pair: object, length = 1) => ({ enabled: true, pairs: Array.from({ length }, () => pair) });

const CASES = [
  {
    name: 'arm',
    schema: ArmBody,
    taken: [
      { for_minutes: 1 },
      { for_minutes: 10_080, fresh_account: false },
      { forever: true },
      { for_minutes: 60, max_eur: '50', max_trades: 10 },
      { forever: true, max_eur: '0.5' },
      { forever: true, max_eur: '0.000000000000000001' },
      { forever: true, max_eur: '10' },
      { forever: true, max_trades: 1 },
    ],
    refused: [
      {},
      { forever: false },
      { for_minutes: 5, forever: true },
      { for_minutes: 0 },
      { for_minutes: 10_081 },
      { for_minutes: 1.5 },
      { max_eur: '5' },
      { max_trades: 1 },
      { forever: true, max_eur: '-1' },
      { forever: true, max_eur: '0' },
      { forever: true, max_eur: '00.00' },
      { forever: true, max_eur: 5 },
      { forever: true, max_trades: 0 },
      { forever: true, max_trades: 1.5 },
      { fresh_account: true },
      [],
      null,
      'x',
    ],
  },
  {
    name: 'threshold',
    schema: ThresholdBody,
    taken: ['0', '2.0', '99', '99.0', '098.9999', '0.00010', '0'.repeat(30)].map((min_edge_pct) => ({ min_edge_pct })),
    refused: [
      '',
      '0'.repeat(31),
      '0'.repeat(39),
      '99.0001',
      '100',
      '-1',
      '1e1',
      '1.',
      '.1',
      '1.00001',
      ' 1',
      '\u0661',
    ].map((min_edge_pct) => ({ min_edge_pct })),
  },
  {
    name: 'limits',
    schema: LimitsBody,
    taken: ['0', '5', '1000000000', '999999999.999999999999999999'].map((max_notional_eur) => ({ max_notional_eur })),
    refused: ['1000000000.1', '1000000001', '0'.repeat(39), '0.0000000000000000001', 5].map((max_notional_eur) => ({
      max_notional_eur,
    })),
  },
  {
    name: 'pair filter',
    schema: PairFilterBody,
    taken: [filter(PAIR), filter(PAIR, 0), filter(PAIR, PAIRS_MAX)],
    refused: [
      filter(PAIR, PAIRS_MAX + 1),
      filter({ asset_in: ASSET }),
      filter({ ...PAIR, asset_in: '' }),
      filter({ ...PAIR, asset_in: 'x'.repeat(257) }),
      filter({ ...PAIR, asset_in: '\u{1f600}'.repeat(200) }),
      filter({ ...PAIR, asset_in: 'a b' }),
    ],
  },
  {
    name: 'refresh',
    schema: RefreshInventoryBody,
    taken: [{}, { accept_new_chain: true }],
    refused: [{ accept_new_chain: 1 }, { more: 1 }],
  },
] as const;

test.each([
  [
    { max_notional_eur: 10 },
    '/max_notional_eur: has to be text, in quotes; required: EUR, 0 to 1000000000, at most 18 decimals',
  ],
  [
    { max_notional_eur: '-1' },
    '/max_notional_eur: is not of the required form; required: EUR, 0 to 1000000000, at most 18 decimals',
  ],
])('%j is refused in words, without a pattern', (body, detail) => {
  const answer = createBodyCheck(LimitsBody)(body);
  expect(answer.ok ? null : answer.problem.detail).toBe(detail);
});

// A client knows the published schema alone: what fits it must be taken, and what does not must not.
describe.each(CASES)('the body of $name', ({ schema, taken, refused }) => {
  const published = new Ajv2020({ strict: true, strictRequired: false }).compile(JSON.parse(JSON.stringify(schema)));
  const check = createBodyCheck(schema);

  test.each(taken.map((body) => [body]))('%j fits the published schema and is taken', (body) => {
    expect([published(body), check(body).ok]).toEqual([true, true]);
  });

  test.each(refused.map((body) => [body]))('%j fits neither and is refused with a reason', (body) => {
    const answer = check(body);
    expect([published(body), answer.ok]).toEqual([false, false]);
    if (!answer.ok) expect(answer.problem.detail.length).toBeGreaterThan(5);
  });
});
