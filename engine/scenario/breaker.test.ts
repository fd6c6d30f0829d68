// The circuit breaker in the loop: gated at signing, tripped by what settles, and the same after a restart from the journal.

import { describe, expect, test } from 'bun:test';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { applyAll, makeStarted, observe, openBook, T0 } from '../inventory/book.fixture.ts';
import { createBook } from '../inventory/book.ts';
import { momentOf } from '../lib/moment.ts';
import type { DecidedFact, Fact } from '../model/facts.ts';
import { type Arming, createArming } from '../safety/arming.ts';
import { createQuietBreaker } from '../safety/breaker/breaker.fixture.ts';
import type { Breaker } from '../safety/breaker/breaker.ts';
import { beginCheckpoint } from '../startup/checkpoint.ts';
import { NO_PAIR_FILTER, NO_SIGNED_IDS } from '../startup/folds.fixture.ts';
import { createFolds } from '../startup/folds.ts';
import { recover } from '../startup/recover.ts';
import { LIFETIME_MS, type Rig, type RigOptions, readyRig } from './loop.fixture.ts';

const EUR = 10n ** 18n;
/** What a quote of 10,000 sat pays. */
const PAID = 3_919_510_000_000_000_000n;

/** The nonce is used by this quote, and the balance shows it. */
async function settle(rig: Rig, nonce: string): Promise<void> {
  rig.credit({ [EURE.id]: -PAID, [BTC.id]: 10_000n });
  rig.usedNonces.push(nonce);
  rig.clock.advance(1_000);
  await rig.poll({ used: rig.usedNonces });
  await rig.poll({ used: rig.usedNonces });
}

function restarted(facts: readonly Fact[], rig: Rig) {
  const book = createBook({ lanes: rig.lanes, pair: DEFAULT_PAIR, quoteLifetimeMaxMs: LIFETIME_MS, beganUs: 0 });
  const breaker = createQuietBreaker();
  const decided = createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) });
  const folds = createFolds({ book, breaker, decided, signedIds: NO_SIGNED_IDS, pairFilter: NO_PAIR_FILTER });
  const result = recover({ entries: facts.map((fact) => ({ fact })), folds, now: momentOf(rig.clock) });
  if (!result.ok) throw new Error(result.problem);
  return { breaker, folds };
}

/** What a checkpoint writes of these folds. */
function checkpointOf(folds: ReturnType<typeof restarted>['folds'], rig: Rig): Fact[] {
  const records: Fact[] = [];
  const source = beginCheckpoint(folds.all, momentOf(rig.clock));
  for (let fact = source?.next() ?? null; fact !== null; fact = source?.next() ?? null) records.push(fact);
  const atMs = rig.clock.nowMs();
  return [...records, { kind: 'checkpoint_end', atMs, beginSeq: 1, parts: records.length - 1, bytes: 1 }];
}

/** The same as a version without circuit breaker left it. */
const withoutBreaker = (records: readonly Fact[]): Fact[] =>
  records.map((fact): Fact => {
    if (fact.kind !== 'checkpoint_begin') return fact;
    const { breaker: _none, ...begin } = fact;
    return begin;
  });

const sums = (breaker: Rig['breaker'], nowMs: number) => ({
  minute: breaker.exposure.minute.sum(nowMs),
  day: breaker.exposure.day.sum(nowMs),
  open: breaker.exposure.openE18,
  uncertain: breaker.exposure.uncertainE18,
});

test('quotes share lanes while filled and open value has no room for more nonces', async () => {
  using rig = await readyRig({ lanes: 4, breakerLimits: { minuteE18: 8n * EUR } });
  const nonces = ['q1', 'q2', 'q3', 'q4', 'q5'].map((id) => rig.answered(id).nonce);
  expect(new Set(nonces).size).toBe(2);
  expect(rig.breaker.exposure.openE18).toBe(2n * PAID);
});

test.each([
  ['breaker_minute', { minuteE18: PAID }],
  ['breaker_day', { dayE18: PAID }],
] as const)(
  '%s: a quote that pays a unit more than is left is refused, one that pays as much is not',
  async (reason, limits) => {
    using rig = await readyRig({ breakerLimits: limits });
    rig.answered('q1');
    const larger = { exact_amount_in: '10001' };
    expect(rig.ask('q2', larger)).toBeNull();
    expect(rig.reasonOf('q2')).toBe(reason);
    expect(rig.heardOf('q2')[0]?.decision.refused).toMatchObject({ reason, openEurE18: PAID });
    rig.answered('q3');
  },
);

test('what settles is counted with its value at signing, and trips at the limit', async () => {
  using rig = await readyRig({ breakerLimits: { dayE18: 2n * PAID } });
  const first = rig.answered('q1');
  rig.answered('q2');
  await settle(rig, first.nonce);
  expect(sums(rig.breaker, rig.clock.nowMs())).toMatchObject({ minute: PAID, day: PAID, open: PAID });
  expect(rig.eventsOf('tripped')).toEqual([]);
  expect(rig.ask('q3', { exact_amount_in: '10001' })).toBeNull();
  await settle(rig, rig.sent[1]?.nonce ?? '');
  expect(rig.eventsOf('tripped').map(({ code }) => code)).toEqual(['breaker_day']);
});

describe('a limit that no longer has room for a quote that it allows', () => {
  const EXACT = { maxEurE18: (5n * PAID) / 2n, maxTrades: null };

  /** Two quotes are filled, so that half a quote is left. */
  async function nearlyUsedUp(options: RigOptions): Promise<Rig> {
    const rig = await readyRig({ lanes: 4, ...options });
    for (const id of ['q1', 'q2']) await settle(rig, rig.answered(id).nonce);
    return rig;
  }

  test('ends an arming by value, also while less is open', async () => {
    const made: Arming[] = [];
    const clock = new ManualClock();
    const armings = (breaker: Breaker): readonly Arming[] => {
      const arming = createArming(clock, () => {}, breaker.exposure.meter());
      arming.arm('operator', null, EXACT);
      made.push(arming);
      return made;
    };
    using rig = await nearlyUsedUp({ clock, armings });
    rig.answered('small', { exact_amount_in: '1000' });
    expect(made[0]?.state().armed).toBe(true);
    expect(rig.ask('q3')).toBeNull();
    expect(rig.reasonOf('q3')).toBe('arming_limit');
    expect(made[0]?.state()).toMatchObject({ armed: false, by: 'end of the arming: max_eur' });
  });

  test('trips for the day, once, and not for the minute, which passes', async () => {
    using day = await nearlyUsedUp({ breakerLimits: { dayE18: EXACT.maxEurE18 } });
    for (const id of ['q3', 'q4']) expect(day.ask(id)).toBeNull();
    expect(day.eventsOf('tripped').map(({ code }) => code)).toEqual(['breaker_day']);
    using minute = await nearlyUsedUp({ breakerLimits: { minuteE18: EXACT.maxEurE18 } });
    expect(minute.ask('q3')).toBeNull();
    expect([minute.reasonOf('q3'), minute.eventsOf('tripped')]).toEqual(['breaker_minute', []]);
  });

  test('ends nothing while the strategy is disarmed', async () => {
    using filled = await nearlyUsedUp({ breakerLimits: { dayE18: EXACT.maxEurE18 } });
    filled.set.strategy = { ...filled.set.strategy, armed: false };
    filled.ask('q3');
    expect([filled.reasonOf('q3'), ...filled.eventsOf('tripped')]).toEqual(['breaker_day']);
  });

  test('has no effect when it is found by asking for the obstacles', async () => {
    using rig = await nearlyUsedUp({ breakerLimits: { dayE18: EXACT.maxEurE18 } });
    const { demand } = rig.heardOf('q1')[0] as DecidedFact;
    const found = rig.loop.obstacles((_price, nowMs) => ({ ...demand, receivedAtMs: nowMs, quotedAtMs: nowMs }));
    expect([found, rig.eventsOf('tripped')]).toEqual([['breaker_day'], []]);
  });
});

test('a restart has the same sums, from the journal and from a checkpoint', async () => {
  using rig = await readyRig();
  const first = rig.answered('q1');
  rig.answered('q2');
  rig.loop.onConnectionLost();
  await settle(rig, first.nonce);
  const nowMs = rig.clock.nowMs();
  const expected = { minute: PAID, day: PAID, open: PAID, uncertain: PAID };
  expect(sums(rig.breaker, nowMs)).toEqual(expected);

  const { breaker, folds } = restarted(rig.journalled, rig);
  expect(sums(breaker, nowMs)).toEqual(expected);

  const records = checkpointOf(folds, rig);
  expect(sums(restarted(records, rig).breaker, nowMs)).toEqual(expected);
  expect(sums(restarted(withoutBreaker(records), rig).breaker, nowMs)).toEqual(expected);
});

test('a checkpoint of a version without circuit breaker has what is filled under a nonce of which nobody knows yet by what', async () => {
  using rig = await readyRig({ lanes: 1 });
  // Equal quotes of one nonce: only the venue could say which it was, and a while is left to it.
  const { nonce } = rig.answered('q1');
  for (const id of ['q2', 'q3']) expect(rig.answered(id).nonce).toBe(nonce);
  await settle(rig, nonce);
  const resolution = () => rig.journalled.filter(({ kind }) => kind === 'nonce_resolved');
  expect(resolution()).toEqual([]);
  const nowMs = rig.clock.nowMs();
  const old = withoutBreaker(checkpointOf(restarted(rig.journalled, rig).folds, rig));
  const filled = { minute: PAID, day: PAID, open: 0n, uncertain: 0n };
  expect(sums(restarted(old, rig).breaker, nowMs)).toEqual(filled);

  const before = rig.journalled.length;
  rig.clock.advance(12_000);
  await rig.poll({ used: rig.usedNonces });
  expect(resolution()).toHaveLength(1);
  expect(sums(restarted([...old, ...rig.journalled.slice(before)], rig).breaker, nowMs)).toEqual(filled);
});

test('a quote that a power cut took from the journal is filled with what the balances say of it', () => {
  const start = { btc: 1_000_000n, eure: 100n * EUR };
  const book = openBook(1, start.btc, start.eure);
  const nonce = book.nonces().find(({ asset }) => asset === EURE.id)?.nonce;
  if (nonce === undefined) throw new Error('no lane is open');
  applyAll(book, [makeStarted(T0)]);
  const now = { btc: start.btc + 10_000n, eure: start.eure - 4n * EUR };
  const facts = [
    ...observe(book, { height: 101, timeMs: T0 + 1_000, ...now, used: [nonce] }),
    ...observe(book, { height: 102, timeMs: T0 + 12_000, ...now }),
  ];
  const breaker = createQuietBreaker();
  for (const fact of facts) breaker.apply(fact);
  // At the highest price of EURe.
  expect(breaker.exposure.day.sum(T0 + 12_000)).toBe(6n * EUR);
});

test('of facts without values the upper bound is counted', async () => {
  using rig = await readyRig();
  rig.answered('q1');
  const old = rig.journalled.map((fact): Fact => {
    if (fact.kind !== 'heard' || fact.attempt === null) return fact;
    const { paidEurE18: _none, ...attempt } = fact.attempt;
    return { ...fact, attempt };
  });
  expect(restarted(old, rig).breaker.exposure.openE18).toBe((PAID * 3n) / 2n);
});
