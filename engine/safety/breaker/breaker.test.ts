import { describe, expect, test } from 'bun:test';
import { eurE18 } from '../../../contracts/amounts.ts';
import type { NonceText } from '../../../contracts/ids.ts';
import type { ResultCode, TradeState } from '../../../contracts/reasons.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { makeAttempt, makeDecided, makeSent } from '../../inventory/book.fixture.ts';
import type { Fact } from '../../model/facts.ts';
import type { Attempt } from '../../model/values.ts';
import { createSafetyPart } from '../safety.ts';
import { createQuietBreaker, UNREACHED } from './breaker.fixture.ts';
import type { Breaker, BreakerLimits } from './breaker.ts';

const T0 = 1_767_225_600_000;

function attemptOf(number: number, valueE18 = 1n): Attempt {
  const terms = { inUnits: 1n, outUnits: 1n, lane: 0, deadlineAtMs: T0 + 60_000 };
  const attempt = makeAttempt({ quoteId: `q${number}`, nonce: `nonce-${number}` as NonceText, ...terms });
  return { ...attempt, paidEurE18: eurE18(valueE18) };
}

const moved = (attempt: Attempt, to: TradeState, code: ResultCode, atMs = T0): Fact => ({
  ...makeSent(attempt, atMs),
  to,
  code,
});
const named = ({ quoteHash }: Attempt): Fact => ({
  kind: 'status_seen',
  atMs: T0,
  quoteHash,
  intentHash: null,
  txHash: null,
  frame: '',
});
const usedBy = ({ nonce }: Attempt, atMs = T0): Fact => ({
  kind: 'nonce_used',
  atMs,
  nonce,
  blockHeight: 1,
  blockTimeMs: atMs,
});
const burned = ({ nonce }: Attempt): Fact => ({
  kind: 'nonce_resolved',
  atMs: T0,
  nonce,
  outcome: 'burned',
  winner: null,
  code: 'nonce_burned',
  note: '',
  settlement: { txHash: null, intentHash: null, blockHeight: 1, blockTimeMs: T0, balanceChange: {}, candidates: [] },
  candidates: { all: false, terms: [], quotes: [] },
  carrier: null,
});

function make(limits: Partial<BreakerLimits> = {}) {
  const trips: string[] = [];
  const breaker = createQuietBreaker({
    limits: { ...UNREACHED, ...limits },
    onTrip: (code, detail) => void trips.push(`${code}: ${detail}`),
  });
  breaker.watch();
  return { breaker, trips };
}

/** A quote of that value, filled. */
function fill(breaker: Breaker, number: number, valueE18: bigint, atMs = T0): void {
  const attempt = attemptOf(number, valueE18);
  for (const fact of [makeDecided(attempt, atMs), usedBy(attempt, atMs)]) breaker.apply(fact);
}

describe('it trips', () => {
  test.each([
    ['minute', { minuteE18: 100n }],
    ['day', { dayE18: 100n }],
  ] as const)('when the value filled in a %s reaches its limit, to the unit', (span, limits) => {
    const { breaker, trips } = make(limits);
    fill(breaker, 1, 60n);
    fill(breaker, 2, 39n);
    expect(trips).toEqual([]);
    fill(breaker, 3, 1n);
    expect(trips).toEqual([expect.stringContaining(`breaker_${span}: `)]);
    expect(breaker.trips()[`breaker_${span}`]).toBe(1);
  });

  test('by what a minute filled, and not by what lies longer ago', () => {
    const { breaker, trips } = make({ minuteE18: 100n });
    fill(breaker, 1, 99n, T0);
    fill(breaker, 2, 99n, T0 + 61_000);
    expect(trips).toEqual([]);
    fill(breaker, 3, 1n, T0 + 121_000);
    expect(trips).toHaveLength(1);
  });

  test('by uncertain value as by filled', () => {
    const { breaker, trips } = make({ minuteE18: 100n });
    fill(breaker, 1, 60n);
    const lost = attemptOf(2, 40n);
    breaker.apply(makeDecided(lost, T0));
    expect(trips).toEqual([]);
    breaker.apply(moved(lost, 'uncertain', 'connection_lost'));
    expect(trips).toHaveLength(1);
  });

  test.each<[string, (breaker: Breaker, number: number) => void]>([
    ['answers that the relay refused', (b, n) => b.apply(moved(attemptOf(n), 'rejected', 'relay_rejected'))],
    ['nonces that were burned', (b, n) => b.apply(burned(attemptOf(n)))],
    [
      'settlements that were begun and expired',
      (b, n) => {
        b.apply(named(attemptOf(n)));
        b.apply(moved(attemptOf(n), 'expired', 'deadline_passed'));
      },
    ],
    [
      'of either kind together',
      (b, n) => b.apply(n % 2 === 0 ? burned(attemptOf(n)) : moved(attemptOf(n), 'rejected', 'relay_rejected')),
    ],
  ])('when %s in a row reach their limit', (_name, fail) => {
    const { breaker, trips } = make({ failuresInRow: 3 });
    fail(breaker, 1);
    fail(breaker, 2);
    expect(trips).toEqual([]);
    fail(breaker, 3);
    expect(trips).toEqual([expect.stringContaining('breaker_failures: ')]);
  });

  test('once, until an operator arms; then the failures begin again, and what was filled remains', () => {
    const { breaker, trips } = make({ failuresInRow: 1, dayE18: 100n });
    const refuse = (number: number) => breaker.apply(moved(attemptOf(number), 'rejected', 'relay_rejected'));
    refuse(1);
    refuse(2);
    fill(breaker, 3, 99n);
    expect(trips).toHaveLength(1);
    breaker.armed();
    expect(breaker.failures.inRow).toBe(0);
    fill(breaker, 4, 1n);
    expect(trips).toEqual([expect.stringContaining('breaker_failures'), expect.stringContaining('breaker_day')]);
  });

  test('not by facts of an earlier run, which it counts all the same', () => {
    const trips: string[] = [];
    const breaker = createQuietBreaker({
      limits: { ...UNREACHED, dayE18: 100n },
      onTrip: (code) => void trips.push(code),
    });
    fill(breaker, 1, 100n);
    expect(trips).toEqual([]);
    breaker.watch();
    fill(breaker, 2, 1n);
    expect(trips).toEqual(['breaker_day']);
  });
});

describe('a refused quote trips the limit of a day', () => {
  test.each([
    ['not where it fits beyond what was filled', 60n, 40n, 0],
    ['where it does not, by a unit', 60n, 41n, 1],
    ['up to the whole limit', 60n, 100n, 1],
    ['not when it exceeds the whole limit', 60n, 101n, 0],
    ['not while nothing was filled', 0n, 100n, 0],
  ])('%s', (_name, filledE18, paidE18, expected) => {
    const { breaker, trips } = make({ dayE18: 100n });
    if (filledE18 > 0n) fill(breaker, 1, filledE18);
    breaker.apply(makeDecided(attemptOf(2, 40n), T0));
    for (let times = 0; times < 2; times++) breaker.refused(paidE18, T0);
    expect(trips).toHaveLength(expected);
    breaker.armed();
    breaker.refused(paidE18, T0);
    expect(breaker.trips().breaker_day).toBe(2 * expected);
  });
});

test.each<[string, (attempt: Attempt) => Fact, number]>([
  [
    'an accepted answer ends a row of refusals, and none of settlements',
    (a) => moved(a, 'accepted', 'relay_accepted'),
    1,
  ],
  ['a settlement ends both', (a) => moved(a, 'settled', 'settled_by_status'), 0],
  ['an answer that came too late ends none', (a) => moved(a, 'late', 'relay_late'), 2],
  ['a quote that expires as most do ends none', (a) => moved(a, 'expired', 'deadline_passed'), 2],
])('%s', (_name, factOf, expected) => {
  const { breaker } = make();
  breaker.apply(moved(attemptOf(1), 'rejected', 'relay_rejected'));
  breaker.apply(burned(attemptOf(2)));
  breaker.apply(factOf(attemptOf(3)));
  expect(breaker.failures.inRow).toBe(expected);
});

describe('in the safety part', () => {
  const broken = (): never => {
    throw new Error('reporting is broken');
  };
  const limits = { ...UNREACHED, minuteE18: 100n };

  test.each([
    ['in use', () => {}, () => {}],
    ['when no event can be reported', broken, () => {}],
    ['when no change of the arming can be logged', () => {}, broken],
    ['when neither can', broken, broken],
  ])('it disarms strategy and executor with a code: %s', (_name, emit, onArmChanged) => {
    const reporting = { emit: () => {}, onArmChanged: () => {} } as { emit: () => void; onArmChanged: () => void };
    const { strategyArming, executorArming, stops, breaker } = createSafetyPart({
      clock: new ManualClock(),
      breakerLimits: limits,
      inventoryId: () => null,
      emit: () => reporting.emit(),
      onArmChanged: () => reporting.onArmChanged(),
    });
    breaker.watch();
    strategyArming.arm('operator', null);
    executorArming.arm('operator', null);
    Object.assign(reporting, { emit, onArmChanged });
    try {
      fill(breaker, 1, 100n);
    } catch {
      // What reporting threw.
    }
    expect([strategyArming.state().armed, executorArming.state().armed]).toEqual([false, false]);
    expect(strategyArming.state().by).toStartWith('engine: breaker_minute: ');
    expect(stops.first()?.code).toBe('breaker_minute');
  });

  test('the stop is reported once, and arming takes it back', () => {
    const stopped: string[] = [];
    const { executorArming, stops, breaker } = createSafetyPart({
      clock: new ManualClock(),
      breakerLimits: limits,
      inventoryId: () => null,
      emit: (event) => void (event.kind === 'stopped' && stopped.push(event.stop.code)),
      onArmChanged: () => {},
    });
    breaker.watch();
    fill(breaker, 1, 100n);
    fill(breaker, 2, 1n);
    expect(stopped).toEqual(['breaker_minute']);
    expect(stops.counts().breaker_minute).toBe(1);
    executorArming.arm('operator', null);
    expect(stops.first()).toBeNull();
    fill(breaker, 3, 1n);
    expect(executorArming.state().armed).toBe(false);
    expect(stops.counts().breaker_minute).toBe(2);
  });
});
