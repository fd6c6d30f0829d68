import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { QuoteRequest } from '../../contracts/wire/relay.ts';
import type { Answer } from '../sim/relay/records.ts';
import { openPromises } from '../soak/kill/exposure.ts';
import { edgePctE4, faultOfAnswer, type JudgeBy, type JudgedAnswer, type JudgeLimits } from './judge.ts';
import { STRICT } from './trading.ts';

const EUR = 10n ** 18n;
const AT_MS = 100_000;
const NOW_MS = 1_800_000_000_000;
const REQUEST: QuoteRequest = {
  quote_id: 'q',
  defuse_asset_identifier_in: BTC.id,
  defuse_asset_identifier_out: EURE.id,
  exact_amount_in: '10000',
  min_deadline_ms: 60_000,
};

/** 10,000 satoshi at 40,000 EUR are 4 EUR; 3.92 of them leave 2 %. */
const answer = (over: Partial<Answer> = {}): Answer => ({
  quoteId: 'q',
  receivedAtMs: NOW_MS,
  text: '',
  verdict: over.reason === undefined || over.reason === null ? 'accepted' : 'refused',
  reason: null,
  detail: null,
  quoteHash: 'h',
  amountInUnits: 10_000n,
  amountOutUnits: (392n * EUR) / 100n,
  nonceHex: 'aa',
  deadlineNs: BigInt(NOW_MS + 70_000) * 1_000_000n,
  ...over,
});
const judged = (over: Partial<Answer> = {}): JudgedAnswer => ({
  answer: answer(over),
  request: REQUEST,
  atMs: AT_MS,
  venueNowMs: NOW_MS,
});
const by = (limits: Partial<JudgeLimits> = {}, over: Partial<JudgeBy> = {}): JudgeBy => ({
  market: [{ fromMs: 0, bidE1: 400_000n, askE1: 400_002n }],
  limits: { ...STRICT, ...limits },
  balances: { [BTC.id]: 1_000_000n, [EURE.id]: 100n * EUR },
  promises: openPromises(),
  ...over,
});

test('an answer with the edge, in time and within the balance is right', () => {
  expect(faultOfAnswer(judged(), by())).toBeNull();
});

test('an answer at a price that is no longer true is wrong, one within the window is right', () => {
  const fallenAt = (fromMs: number) => [
    { fromMs: 0, bidE1: 400_000n, askE1: 400_002n },
    { fromMs, bidE1: 360_000n, askE1: 360_002n },
  ];
  expect(faultOfAnswer(judged(), by({ priceWindowMs: 1000 }, { market: fallenAt(AT_MS - 1001) }))).toContain(
    'edge of -8.',
  );
  expect(faultOfAnswer(judged(), by({ priceWindowMs: 1000 }, { market: fallenAt(AT_MS - 999) }))).toBeNull();
});

test.each([
  [true, 10_000n, (392n * EUR) / 100n, 20_000],
  [true, 10_000n, 4n * EUR, 0],
  [true, 10_000n, 4n * EUR + 1n, -1],
  [false, 4n * EUR, 9_800n, 19_951],
  [false, 4n * EUR, 10_000n, -50],
])('edge, BTC in %p: %p for %p is %p', (isBtcIn, amountInUnits, amountOutUnits, pctE4) => {
  expect(edgePctE4(isBtcIn, { amountInUnits, amountOutUnits }, { bidE1: 400_000n, askE1: 400_020n })).toBe(pctE4);
});

test('refusals are faults unless they are tolerated; an answer that is late is none', () => {
  expect(faultOfAnswer(judged({ reason: 'wrong_salt' }), by())).toContain('wrong_salt');
  expect(faultOfAnswer(judged({ reason: 'wrong_salt' }), by({ toleratedRefusals: ['wrong_salt'] }))).toBeNull();
  expect(faultOfAnswer(judged({ reason: 'quote_gone' }), by())).toBeNull();
  expect(faultOfAnswer(judged({ reason: 'malformed_answer', nonceHex: null }), by())).toContain('malformed_answer');
});

test('a deadline further away than was asked for, with margin, is wrong', () => {
  const deadlineNs = BigInt(NOW_MS + 60_000 + 17_001) * 1_000_000n;
  expect(faultOfAnswer(judged({ deadlineNs }), by())).toContain('signed for 77001 ms');
  expect(faultOfAnswer(judged({ deadlineNs }), by({ deadlineOffMs: 1 }))).toBeNull();
});

test('only an answer that adds to what is promised beyond the balance is wrong', () => {
  const promises = openPromises();
  const poor = { promises, balances: { [EURE.id]: 5n * EUR } };
  expect(faultOfAnswer(judged(), by({}, poor))).toBeNull();
  // Under the same nonce at most one can settle.
  expect(faultOfAnswer(judged(), by({}, poor))).toBeNull();
  expect(faultOfAnswer(judged({ nonceHex: 'bb' }), by({}, poor))).toContain('promises 7840000000000000000 of 5');
  expect(faultOfAnswer(judged({ nonceHex: 'cc' }), by({ toleratesExposure: true }, poor))).toBeNull();
  // Adds nothing to what is promised already.
  expect(faultOfAnswer(judged({ nonceHex: 'cc' }), by({}, poor))).toBeNull();
});
