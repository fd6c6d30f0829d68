// One broken answer for each rule: every refusal has its own reason, and the answer that breaks none is taken.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { type ManualClock, manualClock } from '../chain/clock.ts';
import { BTC, EURE, NOW_MS, NOW_NS, SECOND_NS, SOLVER, tokenDiff, USER } from '../verifier/fixtures.ts';
import { keyPairOfSeed } from '../verifier/signature.ts';
import { type Desk, makeDesk } from './desk.ts';
import { type AnswerOptions, answerTo, EXACT_IN, EXACT_OUT, fundedChain } from './fixtures.ts';
import { Records } from './records.ts';
import { REFUSALS, type RefusalReason } from './refusals.ts';
import { makeTaker } from './taker.ts';

let clock: ManualClock;
let chain: SimChain;
let records: Records;
let desk: Desk;

beforeEach(() => {
  clock = manualClock(NOW_MS);
  chain = fundedChain(clock);
  records = new Records();
  const taker = makeTaker(chain, clock.nowMs, new Uint8Array(32).fill(5));
  desk = makeDesk({ chain, clock, taker, records, judge: 'all', tellStatus: () => {} });
});

const reply = (parameter: unknown) => desk.answer(parameter, JSON.stringify(parameter));

function reasonOf(parameter: unknown): RefusalReason | 'accepted' {
  const outcome = reply(parameter);
  return outcome.ok ? 'accepted' : outcome.reason;
}

type Answer = ReturnType<typeof answerTo>;
type Mutation = (answer: Answer) => unknown;

const usedNonce = new Uint8Array(32).fill(8);

const SIGNED_OTHERWISE: readonly (readonly [RefusalReason, string, AnswerOptions])[] = [
  ['wrong_recipient', 'another contract', { recipient: 'other.near' }],
  ['wrong_recipient', 'no account id', { recipient: 'Intents.near' }],
  ['past_deadline', 'one nanosecond past', { deadlineNs: NOW_NS - 1n }],
  ['deadline_beyond_nonce', 'one nanosecond beyond', { nonceDeadlineNs: NOW_NS + 70n * SECOND_NS - 1n }],
  ['wrong_salt', 'a salt that never was', { saltHex: 'deadbeef' }],
  ['reused_nonce', 'a nonce that was used', { nonce: usedNonce }],
  ['unregistered_key', 'a key of nobody', { keyPair: keyPairOfSeed(new Uint8Array(32).fill(77)) }],
  ['amount_above_balance', 'one unit more than there is', { amountOut: String(100n * 10n ** 18n + 1n) }],
  ['altered_amount', 'the fixed side is one off', { amountIn: '100001' }],
  ['output_mismatch', 'another amount is signed than said', { said: '94750000000000000001' }],
  ['deadline_too_short', 'one millisecond short', { deadlineNs: NOW_NS + 59_999_000_000n }],
  ['wrong_tokens', 'a third token', { intents: [tokenDiff({ [BTC]: '100000', [EURE]: '-1', 'nep141:x.near': '1' })] }],
  ['wrong_tokens', 'the other way around', { intents: [tokenDiff({ [BTC]: '-100000', [EURE]: '1' })] }],
  ['not_one_diff', 'no intent', { intents: [] }],
  ['not_one_diff', 'two', { intents: [tokenDiff({ [BTC]: '100000' }), tokenDiff({ [EURE]: '-1' })] }],
  ['bad_message', 'an intent that does not exist', { intents: [{ intent: 'nope' }] }],
];

const CHANGED_AFTER_SIGNING: readonly (readonly [RefusalReason, string, Mutation])[] = [
  [
    'altered_amount',
    'the fixed side',
    (answer) => JSON.parse(JSON.stringify(answer).replace('\\"100000\\"', '\\"200000\\"')),
  ],
  [
    'output_mismatch',
    'the open side of the message',
    (answer) => JSON.parse(JSON.stringify(answer).replace('\\"-94750', '\\"-94751')),
  ],
  ['bad_signature', 'the deadline', (answer) => JSON.parse(JSON.stringify(answer).replace('00:01:10Z', '00:01:11Z'))],
  [
    'bad_signature',
    'the key',
    (answer) => ({ ...answer, signed_data: { ...answer.signed_data, public_key: USER.publicKey } }),
  ],
  ['bad_payload', 'the standard', (answer) => ({ ...answer, signed_data: { ...answer.signed_data, standard: 'x' } })],
  ['malformed_answer', 'no output', ({ quote_output: _, ...answer }) => answer],
  ['malformed_answer', 'nothing at all', () => undefined],
  ['quote_gone', 'a quote that nobody asked', (answer) => ({ ...answer, quote_id: 'unknown' })],
];

describe('refused', () => {
  beforeEach(() => {
    desk.ask(EXACT_IN, 'event', undefined);
    chain.execute([], 'relay.near');
  });

  test.each(SIGNED_OTHERWISE)('%s: signed with %s', (reason, _name, options) => {
    if (reason === 'reused_nonce') {
      const first = answerTo(EXACT_IN, NOW_MS, { nonce: usedNonce });
      expect(reasonOf(first)).toBe('accepted');
      desk.takeNow(EXACT_IN.quote_id);
      chain.mine(1);
      const again = { ...EXACT_IN, quote_id: 'again', exact_amount_in: '10' };
      desk.ask(again, 'event', undefined);
      expect(reasonOf(answerTo(again, NOW_MS, { ...options, amountOut: '9' }))).toBe(reason);
      return;
    }
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS, options))).toBe(reason);
  });

  test.each(CHANGED_AFTER_SIGNING)('%s: %s changed after signing', (reason, _name, mutate) => {
    expect(reasonOf(mutate(answerTo(EXACT_IN, NOW_MS)))).toBe(reason);
  });

  test('duplicate_answer: the same account again', () => {
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS))).toBe('accepted');
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS))).toBe('duplicate_answer');
  });

  test('account_locked', () => {
    chain.lockAccount(SOLVER.accountId);
    chain.mine(1);
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS))).toBe('account_locked');
  });

  test('contract_refused: a rule that has no reason of its own', () => {
    const intents = [
      { ...tokenDiff({ [BTC]: '100000', [EURE]: '-94750000000000000000' }), referral: 'Not.An.Account' },
    ];
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS, { intents }))).toBe('bad_message');
    chain.credit(SOLVER.accountId, BTC, 2n ** 128n - 1n - 100_000_000n);
    chain.mine(1);
    // The solver's balance would overflow: the contract says so in the words of a balance that is too small.
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS))).toBe('amount_above_balance');
  });

  test('quote_gone: an auction that is over', () => {
    clock.advance(3_000);
    expect(reasonOf(answerTo(EXACT_IN, clock.nowMs()))).toBe('quote_gone');
  });

  test('an invalidated salt stops what was good a moment before', () => {
    chain.invalidateSalt('252812b3');
    chain.mine(1);
    expect(reasonOf(answerTo(EXACT_IN, NOW_MS))).toBe('wrong_salt');
  });

  test('only what is in a block: a nonce that a transaction under way has used is good, and fails when it settles', () => {
    const asked = (quoteId: string) => ({ ...EXACT_IN, quote_id: quoteId });
    const answerUnderUsed = (quoteId: string) => {
      desk.ask(asked(quoteId), 'event', undefined);
      return reasonOf(answerTo(asked(quoteId), NOW_MS, { nonce: usedNonce, amountOut: '9' }));
    };
    expect(answerUnderUsed('first')).toBe('accepted');
    expect(desk.takeNow('first')).toMatchObject({ ok: true });
    expect(answerUnderUsed('second')).toBe('accepted');
    expect(desk.takeNow('second')).toMatchObject({ ok: false, reason: 'nonce was already used' });
    chain.mine(1);
    expect(answerUnderUsed('third')).toBe('reused_nonce');
  });
});

test.each<[string, QuoteRequest]>([
  ['exact in', EXACT_IN],
  ['exact out', EXACT_OUT],
])('a good answer is accepted and told: %s', (_name, request) => {
  chain.credit(SOLVER.accountId, BTC, 1n);
  desk.ask(request, 'event', undefined);
  expect(reasonOf(answerTo(request, NOW_MS))).toBe('accepted');
  expect(records.answers()).toMatchObject([{ quoteId: request.quote_id, verdict: 'accepted', reason: null }]);
  expect(records.answers()[0]?.deadlineNs).toBe(NOW_NS + 70n * SECOND_NS);
});

test('an older salt that is still valid is good', () => {
  chain.rotateSalt();
  desk.ask(EXACT_IN, 'event', undefined);
  expect(reasonOf(answerTo(EXACT_IN, NOW_MS))).toBe('accepted');
});

test('what was refused is remembered with its reason', () => {
  desk.ask(EXACT_IN, 'event', undefined);
  reply(answerTo(EXACT_IN, NOW_MS, { saltHex: 'deadbeef' }));
  expect(records.answers()).toMatchObject([{ verdict: 'refused', reason: 'wrong_salt', detail: 'invalid salt' }]);
  expect(records.counts()).toMatchObject({ answers: 1, refused: 1, refusals: { wrong_salt: 1 } });
});

test('no two reasons share code or text', () => {
  const all = Object.values(REFUSALS);
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  expect(new Set(all.map(({ message }) => message)).size).toBe(all.length);
});

test('without judging, anything that reads is accepted and said to be unjudged', () => {
  const taker = makeTaker(chain, clock.nowMs, new Uint8Array(32).fill(5));
  desk = makeDesk({ chain, clock, taker, records, judge: 'none', tellStatus: () => {} });
  desk.ask(EXACT_IN, 'event', undefined);
  expect(reasonOf(answerTo(EXACT_IN, NOW_MS, { saltHex: 'deadbeef' }))).toBe('accepted');
  expect(records.answers()[0]?.verdict).toBe('unjudged');
  expect(desk.takeNow(EXACT_IN.quote_id)).toMatchObject({ ok: false, reason: 'invalid salt' });
});
