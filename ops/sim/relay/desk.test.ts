// Auctions and settlements on a clock that the test moves: when they close, who wins, and what a settlement leaves.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { QuoteRequest, QuoteStatus } from '../../../contracts/wire/relay.ts';
import type { SimChain } from '../chain/chain.ts';
import { type ManualClock, manualClock } from '../chain/clock.ts';
import { BTC, EURE, NOW_MS, NOW_NS, SECOND_NS, SOLVER, signIntents } from '../verifier/fixtures.ts';
import { accountOf } from '../verifier/state.ts';
import { type Desk, makeDesk } from './desk.ts';
import { type AnswerOptions, answerTo, EXACT_IN, EXACT_OUT, fundedChain } from './fixtures.ts';
import { Records } from './records.ts';
import { makeTaker, type Taker } from './taker.ts';

let clock: ManualClock;
let chain: SimChain;
let records: Records;
let desk: Desk;
let taker: Taker;
let statuses: QuoteStatus[];

beforeEach(() => {
  clock = manualClock(NOW_MS);
  chain = fundedChain(clock);
  records = new Records();
  statuses = [];
  taker = makeTaker(chain, clock.nowMs, new Uint8Array(32).fill(5));
  desk = makeDesk({
    chain,
    clock,
    taker,
    records,
    judge: 'all',
    tellStatus: (_shape, status) => statuses.push(status),
  });
});

const held = (accountId: string, tokenId: string) => accountOf(chain.state(), accountId).balances.get(tokenId) ?? 0n;

function answer(request: QuoteRequest, options: AnswerOptions = {}) {
  const parameter = answerTo(request, clock.nowMs(), options);
  return desk.answer(parameter, JSON.stringify(parameter));
}

describe('an auction', () => {
  test('without answers stays open until its longest wait', () => {
    const auction = desk.ask(EXACT_IN, 'event', undefined);
    clock.advance(2_999);
    expect(auction.state).toBe('open');
    clock.advance(1);
    expect(auction.state).toBe('closed');
  });

  test('with an answer closes a grace after its least wait', () => {
    const auction = desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    clock.advance(2_199);
    expect(auction.state).toBe('open');
    clock.advance(1);
    expect(auction.state).toBe('closed');
  });

  test('for some solvers closes at its least wait: a later answer is refused', () => {
    desk = makeDesk({ chain, clock, taker, records, judge: 'all', tellStatus: () => undefined, hasGrace: () => false });
    const auction = desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    clock.advance((EXACT_IN.min_wait_ms ?? 0) - 1);
    expect(auction.state).toBe('open');
    clock.advance(1);
    expect(auction.state).toBe('closed');
    expect(answer(EXACT_IN)).toMatchObject({ ok: false, reason: 'quote_gone' });
  });

  test('behind its grace ends with the first good answer', () => {
    const auction = desk.ask(EXACT_IN, 'event', undefined);
    clock.advance(2_500);
    answer(EXACT_IN, { saltHex: 'deadbeef' });
    expect(auction.state).toBe('open');
    answer(EXACT_IN);
    expect(auction.state).toBe('closed');
  });

  test('of a router leg has 51 ms', () => {
    const leg = { ...EXACT_IN, min_wait_ms: 1, protocol_fee_included: true };
    const auction = desk.ask(leg, 'event', undefined);
    answer(leg);
    clock.advance(51);
    expect(auction.state).toBe('closed');
  });

  test.each([{ wait_ms: 0 }, { wait_ms: 0, protocol_fee_included: true }, { max_wait_ms: 1 }])(
    'that asks for no time has the minimum: %j',
    (window) => {
      const { min_wait_ms: _, max_wait_ms: __, ...request } = EXACT_IN;
      const auction = desk.ask({ ...request, ...window }, 'event', undefined);
      clock.advance('protocol_fee_included' in window ? 49 : 299);
      expect(auction.state).toBe('open');
      clock.advance(1);
      expect(auction.state).toBe('closed');
    },
  );

  test('of a consumer has a floor', () => {
    const quick = { ...EXACT_IN, min_wait_ms: 1 };
    const auction = desk.ask(quick, 'event', undefined);
    answer(quick);
    clock.advance(599);
    expect(auction.state).toBe('open');
    clock.advance(1);
    expect(auction.state).toBe('closed');
  });
});

describe('a taken quote', () => {
  test.each<[string, QuoteRequest]>([
    ['exact in', EXACT_IN],
    ['exact out', EXACT_OUT],
  ])('settles: balances move, the nonce is used, the status is reported (%s)', (_name, request) => {
    const before = { btc: held(SOLVER.accountId, BTC), eure: held(SOLVER.accountId, EURE) };
    desk.ask(request, 'event', 5_000);
    answer(request);
    clock.advance(4_999);
    expect(records.settlements()).toEqual([]);
    clock.advance(1);
    const [settled] = records.settlements();
    expect(settled).toMatchObject({ quoteId: request.quote_id, ok: true, reason: null });
    const received = BigInt(request.exact_amount_in ?? '95250000000000000000');
    const paid = BigInt(request.exact_amount_out ?? '94750000000000000000');
    const moved = { btc: held(SOLVER.accountId, BTC) - before.btc, eure: held(SOLVER.accountId, EURE) - before.eure };
    expect(moved).toEqual(request === EXACT_IN ? { btc: received, eure: -paid } : { btc: -paid, eure: received });
    expect(accountOf(chain.state(), SOLVER.accountId).usedNonces.has(records.answers()[0]?.nonceHex ?? '')).toBe(true);
    clock.advance(1_000);
    expect(statuses).toEqual([
      {
        quote_hash: records.answers()[0]?.quoteHash ?? '',
        intent_hash: settled?.intentHash ?? '',
        tx_hash: settled?.txHash ?? '',
      },
    ]);
    const events = chain.transaction(settled?.txHash ?? '')?.logs.join('') ?? '';
    expect(events).toContain(records.answers()[0]?.quoteHash ?? 'nothing');
  });

  test('is reported when its transaction can be found, and its balance read, in a block', () => {
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    desk.takeNow(EXACT_IN.quote_id);
    const hash = records.settlements()[0]?.txHash ?? '';
    expect(statuses).toEqual([]);
    clock.advance(chain.untilNextBlockMs() - 1);
    expect(statuses).toEqual([]);
    clock.advance(1);
    expect(statuses).toMatchObject([{ tx_hash: hash }]);
    const { height, state } = chain.blockAt('optimistic');
    expect(height).toBe(chain.transaction(hash)?.height ?? 0);
    expect(accountOf(state, SOLVER.accountId).balances.get(EURE)).toBe(held(SOLVER.accountId, EURE));
  });

  test('is reported at once when blocks are made by hand', () => {
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    desk.takeNow(EXACT_IN.quote_id);
    chain.mine(1);
    expect(statuses).toHaveLength(1);
    clock.advance(5_000);
    expect(statuses).toHaveLength(1);
  });

  test('gives the user what the fee leaves', () => {
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    desk.takeNow(EXACT_IN.quote_id);
    expect(held(taker.accountId, EURE)).toBe(94_749_905_250_000_000_000n);
    expect(held(taker.accountId, BTC)).toBe(0n);
  });

  test('waits for the end of its auction', () => {
    desk.ask(EXACT_IN, 'event', 100);
    answer(EXACT_IN);
    clock.advance(2_199);
    expect(records.settlements()).toEqual([]);
    clock.advance(1);
    expect(records.settlements()).toHaveLength(1);
  });

  test('settles once', () => {
    desk.ask(EXACT_IN, 'event', 100);
    answer(EXACT_IN);
    desk.takeNow(EXACT_IN.quote_id);
    desk.takeNow(EXACT_IN.quote_id);
    clock.advance(10_000);
    expect(records.settlements()).toHaveLength(1);
  });

  test('that nobody answered is reported as such', () => {
    desk.ask(EXACT_IN, 'event', 100);
    clock.advance(3_000);
    expect(records.settlements()).toMatchObject([{ ok: false, reason: 'no answer', txHash: null }]);
  });

  test('whose balance is gone fails with the reason, and no status goes out', () => {
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    chain.withdraw(SOLVER.accountId, EURE, 50n * 10n ** 18n);
    expect(desk.takeNow(EXACT_IN.quote_id)).toMatchObject({ ok: false, reason: 'insufficient balance or overflow' });
    expect(statuses).toEqual([]);
  });

  test('whose nonce another quote used fails', () => {
    const nonce = new Uint8Array(32).fill(4);
    const small = { ...EXACT_IN, exact_amount_in: '10' };
    for (const quoteId of ['a', 'b']) {
      const request = { ...small, quote_id: quoteId };
      desk.ask(request, 'event', undefined);
      expect(answer(request, { nonce, amountOut: '9' }).ok).toBe(true);
    }
    expect(desk.takeNow('a')?.ok).toBe(true);
    expect(desk.takeNow('b')).toMatchObject({ ok: false, reason: 'nonce was already used' });
  });
});

describe('publishing', () => {
  test('an empty intent burns a nonce; a second time it was processed already', () => {
    const nonce = new Uint8Array(32).fill(6);
    const pull = signIntents(SOLVER, [], { nonce });
    const done = desk.publish([], [pull]);
    expect(done.status).toBe('OK');
    expect(accountOf(chain.state(), SOLVER.accountId).usedNonces.has('06'.repeat(32))).toBe(true);
    expect(desk.publish([], [pull])).toMatchObject({ status: 'FAILED', reason: 'already processed' });
    expect(desk.published(done.intent_hash ?? '')?.transaction.error).toBeUndefined();
  });

  test('pulled quotes do not settle any more', () => {
    const nonce = new Uint8Array(32).fill(6);
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN, { nonce });
    desk.publish([], [signIntents(SOLVER, [], { nonce })]);
    expect(desk.takeNow(EXACT_IN.quote_id)).toMatchObject({ ok: false, reason: 'nonce was already used' });
  });

  test('a user settles a quote by its hash', () => {
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    const quoteHash = records.answers()[0]?.quoteHash ?? '';
    const user = taker.counterpart(EXACT_IN, { inUnits: 100_000n, outUnits: 94_750_000_000_000_000_000n });
    chain.mine(1);
    expect(desk.publish([quoteHash], [user.envelope])).toEqual({ status: 'OK', intent_hash: user.intentHash });
    clock.advance(1_000);
    expect(statuses).toMatchObject([{ quote_hash: quoteHash, intent_hash: user.intentHash }]);
    expect(records.counts()).toMatchObject({ settled: 1, failedSettlements: 0 });
    expect(records.settlements()).toMatchObject([
      { quoteId: EXACT_IN.quote_id, ok: true, intentHash: user.intentHash },
    ]);
  });

  test('an unknown quote hash is expired, a refusal of the contract is reported', () => {
    expect(desk.publish(['unknown'], [signIntents(SOLVER, [])])).toMatchObject({ status: 'FAILED', reason: 'expired' });
    const late = signIntents(SOLVER, [], { deadlineNs: 0n });
    expect(desk.publish([], [late])).toMatchObject({ status: 'FAILED', reason: 'deadline has expired' });
  });

  test('only a batch that fails on the newest block is refused: what fails on something newer is sent, and fails', () => {
    const nonce = new Uint8Array(32).fill(6);
    const late = signIntents(SOLVER, [], { nonce, deadlineNs: NOW_NS + 50n * SECOND_NS });
    expect(desk.publish([], [signIntents(SOLVER, [], { nonce })])).toMatchObject({ status: 'OK' });
    const sent = desk.publish([], [late]);
    expect(sent).toEqual({ status: 'OK', intent_hash: expect.any(String) });
    expect(desk.published(sent.intent_hash ?? '')?.transaction.error).toBe('nonce was already used');
    chain.mine(1);
    const later = signIntents(SOLVER, [], { nonce, deadlineNs: NOW_NS + 40n * SECOND_NS });
    const refused = desk.publish([], [later]);
    expect(refused).toMatchObject({ status: 'FAILED', reason: 'nonce was already used' });
    expect(desk.published(refused.intent_hash ?? '')).toBeUndefined();
  });

  test('a quote that is published without a user to match it is not settled, and no transaction is sent', () => {
    desk.ask(EXACT_IN, 'event', undefined);
    answer(EXACT_IN);
    const quoteHash = records.answers()[0]?.quoteHash ?? '';
    const { status, reason } = desk.publish([quoteHash], [signIntents(SOLVER, [])]);
    expect(status).toBe('FAILED');
    expect(reason).toStartWith('invariant violated: ');
    expect(records.settlements()).toMatchObject([{ quoteHash, ok: false, reason, txHash: null }]);
  });
});

test('the better of two answers wins, for either kind of request', () => {
  const best = (request: QuoteRequest, options: readonly AnswerOptions[]) => {
    const auction = desk.ask(request, 'event', undefined);
    // One account answers once: the second answer is put next to the first as another solver's would be.
    for (const each of options) {
      const parameter = answerTo(request, clock.nowMs(), each);
      desk.answer(parameter, '');
      const [first] = auction.answers;
      if (first !== undefined) auction.answers[0] = { ...first, signerId: 'somebody.else' };
    }
    return desk.auctions.best(auction)?.amounts;
  };
  expect(best(EXACT_IN, [{ amountOut: '5' }, { amountOut: '7' }])?.outUnits).toBe(7n);
  expect(best(EXACT_OUT, [{ amountIn: '7' }, { amountIn: '5' }])?.inUnits).toBe(5n);
});
