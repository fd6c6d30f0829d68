// The way of a quote through the loop, from frame to answer and from reply to state, over the real parts.

import { describe, expect, test } from 'bun:test';
import { units } from '../contracts/amounts.ts';
import { BTC, EURE } from '../contracts/assets.ts';
import type { ResultCode } from '../contracts/reasons.ts';
import type { ExecutorStatus } from './executor/gate.ts';
import {
  BTC_IN,
  BTC_OUT,
  EURE_IN,
  EURE_OUT,
  errorReply,
  okReply,
  quoteFrame,
  type RequestFields,
  type Shape,
  statusFrame,
} from './scenario/frames.fixture.ts';
import { ListJournal } from './scenario/list-journal.fixture.ts';
import { ACCOUNT, readyRig, startRig } from './scenario/loop.fixture.ts';

const FOREIGN_PAIR = { kind: 'passed_over', why: 'foreign_pair' } as const;
const A_SLIP = new Error('a slip');
const DISK_FULL = new Error('disk full');

const REQUESTS: readonly (readonly [string, RequestFields, 'amount_in' | 'amount_out'])[] = [
  ['BTC for EURe, BTC fixed', BTC_IN, 'amount_out'],
  ['BTC for EURe, EURe fixed', EURE_OUT, 'amount_in'],
  ['EURe for BTC, EURe fixed', EURE_IN, 'amount_out'],
  ['EURe for BTC, BTC fixed', BTC_OUT, 'amount_in'],
];
const SHAPES: readonly Shape[] = ['event', 'subscribe'];
const CASES = REQUESTS.flatMap(([name, fields, open]) => SHAPES.map((shape) => [name, shape, fields, open] as const));

describe('a request is answered', () => {
  test.each(CASES)('%s, shape %s', async (_name, shape, fields, open) => {
    using rig = await readyRig();
    const answer = rig.answered('quote-1', fields, shape);
    const isBtcIn = open === 'amount_out' ? fields === BTC_IN : fields === EURE_OUT;
    const [assetIn, assetOut] = isBtcIn ? [BTC.id, EURE.id] : [EURE.id, BTC.id];
    const amountIn = BigInt(answer.diff[assetIn] ?? '0');
    const amountOut = -BigInt(answer.diff[assetOut] ?? '0');

    // The side that was fixed is signed as it was asked for; only the other one is named next to the signature.
    const fixed = fields['exact_amount_in'] ?? fields['exact_amount_out'] ?? '10000';
    expect(String(open === 'amount_out' ? amountIn : amountOut)).toBe(String(fixed));
    expect(answer.output).toEqual({ [open]: String(open === 'amount_out' ? amountOut : amountIn) });
    expect(Object.keys(answer.diff).toSorted()).toEqual([BTC.id, EURE.id].toSorted());
    expect(answer.signerId).toBe(ACCOUNT);
    expect(answer.deadlineAtMs).toBe(rig.clock.nowMs() + 60_000 + 10_000);

    // Two percent on the side of the book that a hedge would hit, and not a cent more than is needed: bid 39,995 when BTC
    // comes in, ask 40,005 when it goes out.
    const [btcUnits, eureUnits] = isBtcIn ? [amountIn, amountOut] : [amountOut, amountIn];
    const valuePaid = isBtcIn ? eureUnits : btcUnits * 40_005n * 10n ** 10n;
    const valueReceived = isBtcIn ? btcUnits * 39_995n * 10n ** 10n : eureUnits;
    const edge = 100 * (1 - Number(valuePaid) / Number(valueReceived));
    expect(edge).toBeGreaterThanOrEqual(2);
    expect(edge).toBeLessThan(2.02);

    expect(rig.stepsOf('quote-1')).toEqual(['submitted answer_sent']);
    expect(rig.heardOf('quote-1')[0]?.attempt?.quoteHash as string).toBe(answer.quoteHash);
    expect(rig.book.capital(assetOut)?.reservedForOrdersUnits as bigint).toBe(amountOut);
  });

  test('under nonces that are on disk, each lane one, and the ceilings of an asset share what is spendable', async () => {
    using rig = await readyRig({ lanes: 3 });
    const nonces = new Set(Array.from({ length: 6 }, (_, n) => rig.answered(`quote-${n}`).nonce));
    expect(nonces.size).toBe(3);
    const capital = rig.book.capital(EURE.id);
    expect(capital?.ceilingsUnits).toBeLessThanOrEqual(capital?.spendableUnits ?? 0n);
  });

  test('durations are whole microseconds, also where the clock knows parts of them', async () => {
    using rig = await readyRig();
    rig.set.elapsedOffsetUs = 41.7;
    rig.answered('quote-1');
    expect(rig.heardOf('quote-1')[0]?.decideUs).toBe(42);
    expect(rig.movesOf('quote-1')[0]?.sinceReceivedUs).toBe(42);
  });
});

describe('the journal comes first', () => {
  test('a send finds request, decision and signature journalled', async () => {
    using rig = await readyRig();
    const before = rig.journalled.length;
    rig.answered('quote-1');
    expect(rig.journalled.slice(before).map(({ kind }) => kind)).toEqual(['heard', 'transition']);
    expect(rig.violations).toEqual([]);
  });

  test('nothing is sent when it cannot be written, and the request gets no answer later either', async () => {
    using rig = await readyRig();
    rig.list.fail(DISK_FULL);
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.events).toContainEqual({ kind: 'faulted', error: DISK_FULL, lost: 'turn' });
    expect(rig.sent).toEqual([]);
  });

  test('no lane is used before its nonce and its ceiling are durable', async () => {
    using rig = startRig();
    rig.begin();
    rig.list.holdSyncs();
    await rig.poll();
    expect(rig.journalled.some(({ kind }) => kind === 'nonce_opened')).toBe(true);
    expect(rig.ask('too-early')).toBeNull();
    expect(rig.reasonOf('too-early')).toBe('lane_ceiling');
    rig.list.releaseSyncs();
    await rig.settled();
    rig.answered('in-time');
  });
});

describe('one quote, one decision', () => {
  test('a request that comes again leaves its raw record and nothing else', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    for (const shape of SHAPES) expect(rig.ask('quote-1', {}, shape)).toBeNull();
    expect(rig.journalled.filter(({ kind }) => kind === 'repeat')).toHaveLength(2);
    expect(rig.heardOf('quote-1')).toHaveLength(1);
    expect(rig.eventsOf('repeated').map(({ quoteId }) => quoteId as string)).toEqual(['quote-1', 'quote-1']);
  });

  test('the same after a rejection, also when it would pass by now', async () => {
    using rig = await readyRig();
    rig.set.strategy = { ...rig.set.strategy, armed: false };
    rig.ask('quote-1');
    rig.set.strategy = { ...rig.set.strategy, armed: true };
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.reasonOf('quote-1')).toBe('strategy_disarmed');
    expect(rig.heardOf('quote-1')).toHaveLength(1);
  });

  test('an id that was signed for gets no second decision within a day, after any other frames', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    for (let n = 0; n < 60_000; n++) {
      for (const as of ['rejected', 'malformed'] as const)
        rig.decided.add(`${as}-${n}` as never, as, rig.clock.elapsedUs());
    }
    rig.clock.advance(86_400_000);
    rig.signedIds.expire(rig.clock.elapsedUs());
    await rig.poll();
    expect(rig.book.attemptState('quote-1' as never)).toBeNull();
    expect(rig.ask('quote-1', { exact_amount_in: '5000' })).toBeNull();
    expect(rig.heardOf('quote-1')).toHaveLength(1);
  });

  test('a live quote is known even when its id was forgotten', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    rig.signedIds.expire(rig.clock.elapsedUs() + 86_400_000_001);
    expect(rig.decided.has('quote-1' as never)).toBe(false);
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.heardOf('quote-1')).toHaveLength(1);
  });
});

describe('frames that are no request for us', () => {
  const BAD_REQUESTS: readonly (readonly [string, RequestFields, string])[] = [
    ['both sides fixed', { exact_amount_out: '1' }, 'both sides are fixed'],
    ['no side fixed', { exact_amount_in: undefined }, 'neither side is fixed'],
    ['an amount that is none', { exact_amount_in: '1.5' }, 'exact_amount_in is not'],
    ['a negative amount', { exact_amount_in: '-1' }, 'exact_amount_in is not'],
    ['an amount as a number', { exact_amount_in: 10_000 }, 'exact_amount_in is not'],
    ['an amount beyond any token', { exact_amount_in: '9'.repeat(39) }, 'exact_amount_in is not'],
    ['a deadline that is none', { min_deadline_ms: 'soon' }, 'min_deadline_ms is not'],
  ];
  test.each(BAD_REQUESTS)('%s: a decision says so', async (_name, fields, detail) => {
    using rig = await readyRig();
    expect(rig.ask('quote-1', fields)).toBeNull();
    const [heard] = rig.heardOf('quote-1');
    expect(heard?.decision.reason).toBe('request_malformed');
    expect(heard?.malformed).toStartWith(detail);
  });

  const GARBAGE: readonly (readonly [string, string, 'not_json' | 'request_malformed'])[] = [
    ['no JSON', '{"jsonrpc":', 'not_json'],
    ['nothing', '', 'not_json'],
    ['a quote without an id', quoteFrame('', {}), 'request_malformed'],
    ['an id with blanks', quoteFrame('a b', {}), 'request_malformed'],
    ['an id that is too long', quoteFrame('x'.repeat(129), {}), 'request_malformed'],
    ['no asset', quoteFrame('q', { defuse_asset_identifier_in: 7 }), 'request_malformed'],
  ];
  test.each(GARBAGE)('%s: a dead letter', async (_name, text, reason) => {
    using rig = await readyRig();
    rig.frame(text);
    expect(rig.journalled.at(-1)).toMatchObject({ kind: 'dead_letter', origin: 'relay', reason, value: text });
    expect(rig.events.at(-1)).toMatchObject({ kind: 'bad', reason });
  });

  test('a dead letter is cut, says how long it was, and is whole characters', async () => {
    using rig = await readyRig();
    rig.frame(`x${'\u{1F600}'.repeat(40_000)}`);
    const letter = rig.journalled.at(-1);
    if (letter?.kind !== 'dead_letter' || letter.value === null) throw new Error('no dead letter');
    expect(letter.value.length).toBeLessThanOrEqual(65_536);
    expect(letter.value.isWellFormed()).toBe(true);
    expect(letter.valueBytes).toBe(160_001);
  });

  test('other pairs are counted and leave no record', async () => {
    using rig = await readyRig();
    const before = rig.journalled.length;
    rig.ask('quote-1', { defuse_asset_identifier_out: 'nep141:wrap.near' });
    rig.ask('quote-2', { defuse_asset_identifier_out: BTC.id });
    expect(rig.events).toEqual([FOREIGN_PAIR, FOREIGN_PAIR]);
    expect(rig.journalled).toHaveLength(before);
  });

  test('with the filter off they are decided on, and refused: the strategy trades its own pair', async () => {
    using rig = await readyRig();
    rig.pairFilter.change({ enabled: false, pairs: [] });
    expect(rig.ask('quote-1', { defuse_asset_identifier_out: 'nep141:wrap.near' })).toBeNull();
    expect(rig.reasonOf('quote-1')).toBe('pair_unsupported');
    rig.answered('quote-2');
  });

  test('a request for BTC under another known id is counted, reported once, and never answered, whatever the filter', async () => {
    using rig = await readyRig();
    const nbtc = 'nep141:nbtc.bridge.near';
    rig.ask('quote-1', { defuse_asset_identifier_in: nbtc });
    rig.ask('quote-2', { defuse_asset_identifier_in: nbtc });
    expect(rig.events).toMatchObject([
      { kind: 'other_id', asset: { id: nbtc, bridge: 'omni' } },
      FOREIGN_PAIR,
      FOREIGN_PAIR,
    ]);
    rig.pairFilter.change({ enabled: false, pairs: [] });
    expect(rig.ask('quote-3', { defuse_asset_identifier_in: nbtc })).toBeNull();
    expect(rig.reasonOf('quote-3')).toBe('pair_unsupported');
    expect(rig.otherIds.seen()).toMatchObject([{ requests: 3 }]);
  });

  test('a filter without the pair lets nothing of it through', async () => {
    using rig = await readyRig();
    rig.pairFilter.change({ enabled: true, pairs: [{ assetIn: EURE.id, assetOut: BTC.id }] });
    expect(rig.ask('quote-1')).toBeNull();
    rig.answered('quote-2', EURE_IN);
    expect(rig.events[0]).toEqual(FOREIGN_PAIR);
  });

  test('frames of no meaning and replies to the session do nothing here', async () => {
    using rig = await readyRig();
    const before = rig.journalled.length;
    for (const text of ['{}', '{"method":"event","params":null}', '{"method":"event","params":{"data":{}}}']) {
      rig.frame(text);
    }
    rig.frame(okReply(77));
    const other = { kind: 'passed_over', why: 'other' } as const;
    expect(rig.events).toEqual([other, other, other, { kind: 'reply' }, { kind: 'session_reply', id: 77 }]);
    expect(rig.journalled).toHaveLength(before);
  });

  test('while ingest is paused requests are counted only; replies still count', async () => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1');
    rig.set.ingestPaused = true;
    expect(rig.ask('quote-2')).toBeNull();
    expect(rig.heardOf('quote-2')).toEqual([]);
    rig.frame(okReply(requestId));
    expect(rig.stateOf('quote-1')).toBe('accepted');
    rig.set.ingestPaused = false;
    rig.answered('quote-2');
  });
});

describe('the executor refuses a command', () => {
  const REFUSALS: readonly (readonly [string, Partial<ExecutorStatus>, ResultCode])[] = [
    ['disarmed', { armed: false }, 'executor_disarmed'],
    ['paused', { paused: true }, 'executor_paused'],
    ['draining', { draining: true }, 'executor_draining'],
    ['key unknown to the verifier', { keyRegistered: false }, 'signer_unauthorized'],
    ['account locked', { accountLocked: true }, 'signer_unauthorized'],
    ['no relay', { relayOpen: false }, 'relay_not_connected'],
    [
      'disarmed and without a relay: the arm state comes last',
      { armed: false, relayOpen: false },
      'relay_not_connected',
    ],
  ];
  test.each(REFUSALS)('%s', async (_name, standing, code) => {
    using rig = await readyRig();
    rig.set.executor = { ...rig.set.executor, ...standing };
    expect(rig.ask('quote-1')).toBeNull();
    const [heard] = rig.heardOf('quote-1');
    expect(heard).toMatchObject({ decision: { accepted: true, reason: 'accepted' }, attempt: null, refusal: { code } });
    expect(rig.book.counts().open).toBe(0);
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits as bigint).toBe(0n);
  });

  test('an inventory that shrank between decision and signature: rejected with its numbers, and nothing leaves', async () => {
    using rig = await readyRig();
    const { inventory } = rig.book;
    let readings = 0;
    rig.book.inventory = (direction) => {
      const view = inventory(direction);
      // The first reading is that of the decision.
      return view === null || ++readings === 1 ? view : { ...view, paid: { ...view.paid, spendableUnits: units(1n) } };
    };
    expect(rig.ask('quote-1')).toBeNull();
    rig.book.inventory = inventory;
    const [heard] = rig.heardOf('quote-1');
    expect(heard).toMatchObject({ decision: { accepted: true }, attempt: null, refusal: { code: 'inventory_drift' } });
    expect(heard?.refusal?.note).toEndWith('spendable 1');
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits as bigint).toBe(0n);
  });

  test('deposits under way are in the record of a decision, and change nothing of it', async () => {
    using rig = await readyRig();
    rig.set.pendingInbound = units(10n ** 30n);
    expect(rig.ask('quote-1')).not.toBeNull();
    const [heard] = rig.heardOf('quote-1');
    expect(heard?.inventory?.pendingInboundUnits).toBe(units(10n ** 30n));
    expect(heard?.inventory?.paid.spendableUnits).toBe(rig.book.capital(EURE.id)?.spendableUnits ?? units(0n));
  });

  test('a connection that goes between decision and send: failed, and the reservation is kept', async () => {
    using rig = await readyRig();
    rig.set.socketOpen = false;
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.stepsOf('quote-1')).toEqual(['failed relay_not_connected']);
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits).toBeGreaterThan(0n);
    expect(rig.replies.count()).toBe(0);
  });
});

test('an answer that the books object to does not leave, and its command has a result', async () => {
  using rig = await readyRig();
  const { apply } = rig.book;
  rig.book.apply = (fact) =>
    apply(fact) ?? (fact.kind === 'heard' ? { code: 'record_misfit', detail: 'beyond its ceiling' } : null);
  expect(rig.ask('quote-1')).toBeNull();
  rig.book.apply = apply;
  expect(rig.stepsOf('quote-1')).toEqual(['failed books_breached']);
  expect(rig.eventsOf('breached').map(({ breach }) => breach.detail)).toEqual(['beyond its ceiling']);
  expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits).toBeGreaterThan(0n);
});

describe('what the relay says to an answer', () => {
  const LATE = 'Quote not found or already finished';
  const REPLIES: readonly (readonly [string, (id: number) => string, string])[] = [
    ['OK', okReply, 'accepted relay_accepted'],
    ['late by its code', (id) => errorReply(id, { code: -32098, message: 'no' }), 'late relay_outbid'],
    ['late by its text', (id) => errorReply(id, { code: -32000, message: LATE }), 'late relay_outbid'],
    ['late as a bare text', (id) => errorReply(id, LATE), 'late relay_outbid'],
    ['refused', (id) => errorReply(id, { code: -32602, message: 'bad signature' }), 'rejected relay_rejected'],
    ['refused without a reason', (id) => errorReply(id, {}), 'rejected relay_rejected'],
  ];
  test.each(REPLIES)('%s', async (_name, reply, step) => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1');
    rig.clock.advance(40);
    const text = reply(requestId);
    rig.frame(text);
    expect(rig.stepsOf('quote-1')).toEqual(['submitted answer_sent', step]);
    expect(rig.movesOf('quote-1')[1]).toMatchObject({ seq: 2, replyAfterMs: 40, venueReply: text, recovered: false });
    // Refused or late, a payload that was signed may be settled by whoever holds it.
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits).toBeGreaterThan(0n);
    rig.frame(text);
    expect(rig.movesOf('quote-1')).toHaveLength(2);
  });

  test.each([
    ['as the collect window ends', {}, 1900, 'relay_outbid'],
    ['a millisecond after it', {}, 1901, 'relay_too_late'],
    ['as the window of a router leg ends', { min_wait_ms: 1 }, 1, 'relay_outbid'],
    ['after the window of a router leg', { min_wait_ms: 1 }, 40, 'relay_too_late'],
    ['within the longest window, where no shorter one is named', { min_wait_ms: undefined }, 3000, 'relay_outbid'],
    [
      'after the default window, where none is named',
      { min_wait_ms: undefined, max_wait_ms: undefined },
      3001,
      'relay_too_late',
    ],
  ])('late, %s', async (_name, fields, afterMs, code) => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1', fields);
    rig.clock.advance(afterMs);
    rig.frame(errorReply(requestId, LATE));
    expect(rig.stepsOf('quote-1')).toEqual(['submitted answer_sent', `late ${code}`]);
  });

  test('nothing for five seconds: uncertain, and a reply that comes after all still counts', async () => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1');
    rig.clock.advance(4999);
    rig.loop.onTick();
    expect(rig.stateOf('quote-1')).toBe('submitted');
    rig.clock.advance(1);
    rig.loop.onTick();
    expect(rig.stepsOf('quote-1')).toEqual(['submitted answer_sent', 'uncertain reply_timeout']);
    rig.frame(okReply(requestId));
    expect(rig.stepsOf('quote-1')).toEqual([
      'submitted answer_sent',
      'uncertain reply_timeout',
      'accepted relay_accepted',
    ]);
  });

  test('a late reply is known for two minutes, and not after the connection ended', async () => {
    using rig = await readyRig();
    const old = rig.answered('quote-1');
    rig.clock.advance(120_000);
    rig.loop.onTick();
    rig.loop.onTick();
    rig.frame(okReply(old.requestId));
    expect(rig.events.at(-1)).toEqual({ kind: 'session_reply', id: old.requestId });
    await rig.poll();
    const lost = rig.answered('quote-2');
    rig.clock.advance(5000);
    rig.loop.onTick();
    rig.loop.onConnectionLost();
    rig.frame(okReply(lost.requestId));
    expect(rig.stateOf('quote-2')).toBe('uncertain');
  });

  test('the connection ends: everything without a reply is uncertain, the rest is as it was', async () => {
    using rig = await readyRig();
    const first = rig.answered('quote-1');
    rig.answered('quote-2');
    rig.answered('quote-3');
    rig.frame(okReply(first.requestId));
    rig.loop.onConnectionLost();
    expect(['quote-1', 'quote-2', 'quote-3'].map((id) => rig.stateOf(id))).toEqual([
      'accepted',
      'uncertain',
      'uncertain',
    ]);
    expect(rig.stepsOf('quote-3').at(-1)).toBe('uncertain connection_lost');
  });

  test('at a stop what is open is uncertain', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    rig.loop.abandonReplies('stopped');
    expect(rig.stepsOf('quote-1').at(-1)).toBe('uncertain stopped');
    expect(rig.replies.count()).toBe(0);
  });
});

describe('a fault within a turn', () => {
  test('before anything is written loses the frame alone, which is kept as a dead letter', async () => {
    using rig = await readyRig();
    rig.set.fault = A_SLIP;
    const before = rig.journalled.length;
    expect(rig.ask('quote-1')).toBeNull();
    rig.set.fault = null;
    expect(rig.events).toMatchObject([
      { kind: 'bad', reason: 'turn_failed' },
      { kind: 'faulted', error: A_SLIP, lost: 'frame' },
    ]);
    const [letter, ...others] = rig.journalled.slice(before);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ kind: 'dead_letter', reason: 'turn_failed', value: quoteFrame('quote-1') });
    rig.answered('quote-2');
    rig.answered('quote-1');
  });

  test('after something was written is one of a turn', async () => {
    using rig = await readyRig();
    rig.list.failAfter(1, DISK_FULL);
    expect(() => rig.ask('quote-1')).not.toThrow();
    expect(rig.eventsOf('faulted')).toEqual([{ kind: 'faulted', error: DISK_FULL, lost: 'turn' }]);
  });

  test('does not reach the socket from ticks and losses of the connection either', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    rig.answered('quote-2');
    rig.list.fail(DISK_FULL);
    rig.clock.advance(5000);
    expect(() => rig.loop.onTick()).not.toThrow();
    expect(() => rig.loop.onConnectionLost()).not.toThrow();
    expect(() => rig.loop.abandonReplies('stopped')).not.toThrow();
    const lostTurn = { kind: 'faulted', error: DISK_FULL, lost: 'turn' } as const;
    expect(rig.eventsOf('faulted')).toEqual([lostTurn, lostTurn]);
  });

  test('in a reply leaves its answer awaited', async () => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1');
    rig.list.failAfter(0, A_SLIP, 1);
    rig.frame(okReply(requestId));
    expect(rig.eventsOf('faulted')).toEqual([{ kind: 'faulted', error: A_SLIP, lost: 'frame' }]);
    rig.frame(okReply(requestId));
    expect(rig.stateOf('quote-1')).toBe('accepted');
  });
});

describe('frames that are meant to harm', () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  const cases: readonly [name: string, frame: (requestId: number) => string][] = [
    ['an error nested 50,000 deep', (id) => `{"id":${id},"error":${deep}}`],
    ['a result nested 50,000 deep', (id) => `{"id":${id},"result":${deep}}`],
    ['an id nested 50,000 deep', () => `{"id":${deep},"error":"no"}`],
    [
      'a quote with a member nested 50,000 deep',
      () => `{"method":"event","params":{"data":{"quote_id":"q","a":${deep}}}}`,
    ],
    ['objects never closed', () => '{"a":'.repeat(60_000)],
    ['an error of half a character', (id) => `{"id":${id},"error":"\\ud800"}`],
    ['an error of 250,000 characters of three bytes', (id) => JSON.stringify({ id, error: '\u6f22'.repeat(250_000) })],
    [
      'a status with a hash of 200,000 characters',
      () => `{"method":"event","params":{"quote_hash":"${'a'.repeat(200_000)}"}}`,
    ],
    ['members of the name of a prototype', (id) => `{"id":${id},"error":{"__proto__":{"code":1},"constructor":1}}`],
  ];
  test.each(cases)('%s: no fault, however often it comes', async (_name, frame) => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1');
    for (let n = 0; n < 20; n++) rig.frame(frame(requestId));
    expect(rig.eventsOf('faulted')).toEqual([]);
    rig.answered('quote-2');
  });

  test('what is kept of a reply is bounded in bytes, and the rejection is on record', async () => {
    using rig = await readyRig();
    const { requestId } = rig.answered('quote-1');
    rig.frame(errorReply(requestId, { code: -1, message: '\u6f22'.repeat(80_000) }));
    const rejected = rig.movesOf('quote-1').at(-1);
    expect(rejected?.code).toBe('relay_rejected');
    expect(Buffer.byteLength(rejected?.venueReply ?? '')).toBeLessThanOrEqual(16_384);
    expect(Buffer.byteLength(rejected?.note ?? '')).toBeLessThanOrEqual(1_024);
  });

  test('what is kept of a status, with every live quote, is no more than the quote itself takes', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    const { quoteHash } = rig.book.liveQuotes()[0]?.attempt ?? { quoteHash: '' };
    const padded = { ...JSON.parse(statusFrame(quoteHash)), pad: '\u6f22'.repeat(60_000) };
    rig.frame(JSON.stringify(padded));
    const seen = rig.journalled.findLast((fact) => fact.kind === 'status_seen');
    expect(Buffer.byteLength(seen?.kind === 'status_seen' ? seen.frame : 'x'.repeat(9999))).toBeLessThanOrEqual(2_048);
  });

  test('an error without an id goes to the session, and so does a reply to nothing', async () => {
    using rig = await readyRig();
    rig.frame('{"id":null,"error":{"code":-32700,"message":"parse error"}}');
    rig.frame('{"id":4711,"result":"OK"}');
    expect(rig.eventsOf('session_reply').map(({ id }) => id)).toEqual([null, 4711]);
  });
});

test('many answers left open at once are made uncertain a part each turn, and all of them at a stop', async () => {
  using rig = await readyRig();
  for (let n = 0; n < 250; n++) rig.answered(`quote-${n}`, { exact_amount_in: '1000' });
  const uncertain = () =>
    rig.eventsOf('moved').filter(({ fact: { to, code } }) => to === 'uncertain' && code === 'connection_lost').length;
  rig.loop.onConnectionLost();
  for (let before = 0, turns = 0; before < 250; turns++) {
    const made = uncertain() - before;
    expect(made).toBeWithin(1, 33);
    before += made;
    // A tick between two turns adds nothing to the work of one.
    rig.loop.onTick();
    expect(uncertain()).toBe(before);
    if (turns % 3 === 0 && before < 250) rig.loop.onConnectionLost();
    await rig.settled();
  }
  for (let n = 0; n < 250; n++) rig.answered(`again-${n}`, { exact_amount_in: '1000' });
  rig.loop.abandonReplies('connection_lost');
  expect(uncertain()).toBe(500);
});

test('every event of a stream is reported, foreign pairs and solvers included', async () => {
  using rig = await readyRig();
  rig.frame(quoteFrame('quote-1', { defuse_asset_identifier_out: 'nep141:usdt.near' }));
  rig.frame(statusFrame('a-hash-of-others', 'tx'));
  rig.frame('{}');
  expect(rig.streams).toEqual(['quote', 'quote_status']);
});

test('a journal of the test double refuses as the real one does', () => {
  const journal = new ListJournal();
  journal.fail(new Error('gone'));
  expect(() => journal.append({ kind: 'closed', atMs: 1 })).toThrow('gone');
});
