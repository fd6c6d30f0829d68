import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { eurE18, pctE4, priceE8, UNITS_MAX, units } from '../../contracts/amounts.ts';
import { DECISION_REASONS, type DecisionReason } from '../../contracts/reasons.ts';
import {
  ARMED,
  admitAll,
  level,
  makeCapital,
  makeDemand,
  makeInventory,
  makeLimits,
  makePrice,
  NOW_MS,
  NOW_US,
} from '../model/fixtures.ts';
import { NO_HOLDS, type RoomReason } from '../model/values.ts';
import { deadlineFor, decide, type Situation as FixedSituation, reasonsAgainst } from './decide.ts';

type Situation = { -readonly [Key in keyof FixedSituation]: FixedSituation[Key] };

function situation(over: Partial<Situation> = {}): Situation {
  return {
    demand: makeDemand(),
    malformed: null,
    arrivedUs: NOW_US,
    answerP99Us: 0,
    feePips: 1,
    price: makePrice(),
    inventory: makeInventory('BTC->EURe'),
    inventoryReadAtUs: NOW_US - 500_000,
    limits: makeLimits(),
    status: ARMED,
    holds: NO_HOLDS,
    admit: admitAll,
    now: { nowMs: NOW_MS, nowUs: NOW_US },
    ...over,
  };
}

function judge(over: Partial<Situation> = {}) {
  return decide(situation(over));
}

const HOLD = { value: 2, limit: 1 };
const noRoom = (reason: RoomReason) => ({ ok: false, refused: { reason, roomEurE18: 1n, openEurE18: 2n } }) as const;

/** One way to fail each gate, in the order of precedence; each leaves all other gates passing. */
const FAILING: readonly (readonly [Exclude<DecisionReason, 'accepted'>, (s: Situation) => void])[] = [
  ['request_malformed', (s) => (s.malformed = 'both sides are fixed')],
  ['pair_unsupported', (s) => (s.demand = { ...s.demand, direction: null })],
  ['partner_not_allowed', (s) => (s.limits = { ...s.limits, partners: ['somebody-else'] })],
  ['strategy_paused', (s) => (s.status = { ...s.status, paused: true })],
  ['quote_expired', (s) => (s.demand = { ...s.demand, receivedAtMs: NOW_MS - 3001 })],
  ['answer_too_late', (s) => (s.answerP99Us = 3_000_001)],
  ['deadline_too_long', (s) => (s.limits = { ...s.limits, quoteLifetimeMaxMs: 69_999 })],
  ['clock_skew', (s) => (s.holds = { ...s.holds, clock_skew: HOLD })],
  ['process_stalled', (s) => (s.holds = { ...s.holds, process_stalled: HOLD })],
  ['reference_paused', (s) => (s.price = { ...s.price, paused: true })],
  ['price_missing', (s) => (s.price = { ...s.price, source: 'none' })],
  ['price_stale', (s) => (s.price = { ...s.price, asOfUs: NOW_US - 3_000_001 })],
  ['price_not_tradable', (s) => (s.price = { ...s.price, tradable: false })],
  ['price_diverged', (s) => (s.price = { ...s.price, divergencePctE4: pctE4(10_001n) })],
  ['basis_missing', (s) => (s.price = { ...s.price, eurPerEureE8: null })],
  ['basis_out_of_bounds', (s) => (s.price = { ...s.price, eurPerEureE8: 102_000_001n })],
  ['inventory_missing', (s) => (s.inventory = null)],
  ['inventory_block_went_back', (s) => (s.holds = { ...s.holds, inventory_block_went_back: HOLD })],
  ['inventory_stale', (s) => (s.inventoryReadAtUs = NOW_US - 15_000_001)],
  ['book_too_thin', (s) => (s.price = { ...s.price, bids: [level(39_995, 9_999n)] })],
  ['amount_zero', (s) => (s.demand = { ...s.demand, amountInUnits: units(0n) })],
  ['edge_below_min', (s) => (s.limits = { ...s.limits, minEdgePctE4: pctE4(20_001n) })],
  ['notional_above_max', (s) => (s.limits = { ...s.limits, maxNotionalEurE18: eurE18(3_999_499_999_999_999_999n) })],
  [
    'inventory_insufficient',
    (s) =>
      (s.inventory = s.inventory && {
        ...s.inventory,
        paid: makeCapital(s.inventory.paid.asset, 3_919_509_999_999_999_999n),
      }),
  ],
  ['quotes_live_max', (s) => (s.holds = { ...s.holds, quotes_live_max: HOLD })],
  ['quote_ids_full', (s) => (s.holds = { ...s.holds, quote_ids_full: HOLD })],
  ['lane_ceiling', (s) => (s.admit = () => ({ ok: false }))],
  ['breaker_minute', (s) => (s.admit = () => noRoom('breaker_minute'))],
  ['breaker_day', (s) => (s.admit = () => noRoom('breaker_day'))],
  ['arming_limit', (s) => (s.admit = () => noRoom('arming_limit'))],
  ['journal_behind', (s) => (s.holds = { ...s.holds, journal_behind: HOLD })],
  ['history_impaired', (s) => (s.status = { ...s.status, historyBlocks: true })],
  ['strategy_disarmed', (s) => (s.status = { ...s.status, armed: false })],
];

const NEVER_HIDDEN = new Set<DecisionReason>([
  'clock_skew',
  'process_stalled',
  'reference_paused',
  'inventory_missing',
  'inventory_block_went_back',
  'quotes_live_max',
  'quote_ids_full',
  'journal_behind',
  'history_impaired',
  'strategy_disarmed',
]);

describe('gates', () => {
  test('a fresh, priced, funded and armed request is accepted with all its numbers', () => {
    const { decision, deadlineAtMs } = judge();
    expect(decision).toEqual({
      accepted: true,
      reason: 'accepted',
      requestKind: 'exact_in',
      amountInUnits: units(10_000n),
      // 10,000 sat at 39,995 are 3.9995 EURe; 98 % of that.
      amountOutUnits: units(3_919_510_000_000_000_000n),
      impliedRateE8: 3_919_510_000_000n,
      referenceRateE8: 3_999_500_000_000n,
      grossEdgePctE4: 20_000n,
      notionalEurE18: 3_999_500_000_000_000_000n,
      paidEurE18: 3_919_510_000_000_000_000n,
      priceAgeMs: 100,
      inventoryAgeMs: 500,
      hold: null,
      pricedEdgePctE4: 20_000n,
      lane: 0,
      feePips: 1,
      refused: null,
    } as never);
    expect(deadlineAtMs).toBe(NOW_MS + 70_000);
  });

  test('every reason of the closed list has a row, in its order of precedence', () => {
    const listed = DECISION_REASONS.filter((reason) => reason !== 'accepted');
    expect(FAILING.map(([reason]) => reason)).toEqual(listed);
  });

  test.each(FAILING)('%s', (reason, break_) => {
    const s = situation();
    break_(s);
    const { decision } = judge(s);
    expect(decision.reason).toBe(reason);
    expect(decision.accepted).toBe(false);
  });

  test('of two gates that fail, the first of the list is the answer', () => {
    for (const [firstIndex, [first, breakFirst]] of FAILING.entries()) {
      for (const [second, breakSecond] of FAILING.slice(firstIndex + 1)) {
        if (PAIRS_THAT_EXCLUDE_EACH_OTHER.has(`${first}+${second}`)) continue;
        const s = situation();
        breakSecond(s);
        breakFirst(s);
        expect([first, second, judge(s).decision.reason]).toEqual([first, second, first]);
      }
    }
  });

  test.each(FAILING)('%s alone is all that is against the request', (reason, break_) => {
    const s = situation();
    break_(s);
    expect(reasonsAgainst(s)).toEqual([reason]);
  });

  test('the first of all reasons against a request is the decision on it, whatever fails together', () => {
    const some = fc.subarray([...FAILING.keys()]);
    fc.assert(
      fc.property(some, (indexes) => {
        const s = situation();
        for (const index of indexes.toReversed()) FAILING[index]?.[1](s);
        const { decision } = judge(s);
        const reasons = reasonsAgainst(s);
        expect(reasons.at(0) ?? 'accepted').toBe(decision.reason);
        expect(reasons.length === 0).toBe(decision.accepted);
        expect(indexes.length === 0).toBe(decision.accepted);
        // What no other gate hides is always among them.
        for (const index of indexes) {
          const [reason] = FAILING[index] ?? ['accepted'];
          if (NEVER_HIDDEN.has(reason)) expect(reasons).toContain(reason);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a disarmed strategy still records what it would have quoted', () => {
    const { decision } = judge({ status: { ...ARMED, armed: false } });
    expect(decision.reason).toBe('strategy_disarmed');
    expect(decision.amountOutUnits).toBe(units(3_919_510_000_000_000_000n));
    expect(decision.grossEdgePctE4).toBe(pctE4(20_000n));
  });
});

/** Breaking the later gate undoes the way in which the earlier one was broken, or the other way round. */
const PAIRS_THAT_EXCLUDE_EACH_OTHER = new Set([
  'inventory_missing+inventory_stale',
  'basis_missing+basis_out_of_bounds',
  'inventory_missing+inventory_insufficient',
  'book_too_thin+amount_zero',
]);

describe('boundaries: equality passes, one more does not', () => {
  const passes = (over: Partial<Situation>) => judge(over).decision.reason === 'accepted';
  test.each([
    ['age of the price', (by: number) => ({ price: makePrice({ asOfUs: NOW_US - 3_000_000 - by }) })],
    ['age of the inventory', (by: number) => ({ inventoryReadAtUs: NOW_US - 15_000_000 - by })],
    ['collect window', (by: number) => ({ demand: makeDemand({ receivedAtMs: NOW_MS - 3000 - by }) })],
    [
      "collect window by the venue's time",
      (by: number) => ({ demand: makeDemand({ quotedAtMs: NOW_MS - 3000 - by }) }),
    ],
    [
      'window of the request',
      (by: number) => ({ demand: makeDemand({ maxWaitMs: 500, receivedAtMs: NOW_MS - 500 - by }) }),
    ],
    [
      'window when absent',
      (by: number) => ({ demand: makeDemand({ maxWaitMs: null, receivedAtMs: NOW_MS - 3000 - by }) }),
    ],
    ['time to answer', (by: number) => ({ arrivedUs: NOW_US - 2_000_000, answerP99Us: 1_000_000 + by })],
    ['time since the frame arrived', (by: number) => ({ arrivedUs: NOW_US - 2_500_000 - by, answerP99Us: 500_000 })],
    [
      "time since the request was asked, by the venue's time",
      (by: number) => ({ demand: makeDemand({ quotedAtMs: NOW_MS - 2500 }), answerP99Us: 500_000 + by }),
    ],
    [
      'window of the request for the answer',
      (by: number) => ({ demand: makeDemand({ maxWaitMs: 500 - by }), answerP99Us: 500_000 }),
    ],
    ['lifetime', (by: number) => ({ demand: makeDemand({ minDeadlineMs: 65_000 + by }) })],
    ['divergence', (by: number) => ({ price: makePrice({ divergencePctE4: pctE4(10_000n + BigInt(by)) }) })],
    ['least edge', (by: number) => ({ limits: makeLimits({ minEdgePctE4: pctE4(20_000n + BigInt(by)) }) })],
    [
      'notional',
      (by: number) => ({ limits: makeLimits({ maxNotionalEurE18: eurE18(3_999_500_000_000_000_000n - BigInt(by)) }) }),
    ],
    [
      'spendable inventory',
      (by: number) => ({
        inventory: makeInventory('BTC->EURe', {
          paid: makeCapital(makeInventory('BTC->EURe').paid.asset, 3_919_510_000_000_000_000n - BigInt(by)),
        }),
      }),
    ],
  ] as const)('%s', (_name, over) => {
    expect([passes(over(0)), passes(over(1))]).toEqual([true, false]);
  });

  test('a clock of the venue that is ahead expires nothing', () => {
    expect(passes({ demand: makeDemand({ quotedAtMs: NOW_MS + 60_000 }) })).toBe(true);
  });

  test('a balance that was not read since the start is missing, whatever the journal recovered', () => {
    expect(judge({ inventoryReadAtUs: null }).decision.reason).toBe('inventory_missing');
  });

  test('a balance that was not read since the start because the chain went back has that reason', () => {
    const holds = { ...NO_HOLDS, inventory_block_went_back: { value: 3, limit: 101 } };
    expect(judge({ inventoryReadAtUs: null, holds }).decision.reason).toBe('inventory_block_went_back');
  });

  test('a hold names its numbers', () => {
    const hold = { value: 251, limit: 250 };
    expect(judge({ holds: { ...NO_HOLDS, journal_behind: hold } }).decision.hold).toEqual(hold);
  });

  test.each([98_000_000n, 102_000_000n])('a basis at the bound passes, one unit beyond it does not: %p', (atBound) => {
    const beyond = atBound < 100_000_000n ? atBound - 1n : atBound + 1n;
    const [passed, blocked] = [atBound, beyond].map((eurPerEureE8) => judge({ price: makePrice({ eurPerEureE8 }) }));
    expect(passed?.decision.reason).not.toBe('basis_out_of_bounds');
    expect(blocked?.decision.reason).toBe('basis_out_of_bounds');
  });

  test('one direction can be affordable while the other is not', () => {
    const noEure = { paid: makeCapital(makeInventory('BTC->EURe').paid.asset, 0n) };
    expect(judge({ inventory: makeInventory('BTC->EURe', noEure) }).decision.reason).toBe('inventory_insufficient');
    const other = judge({ demand: makeDemand({ direction: 'EURe->BTC' }), inventory: makeInventory('EURe->BTC') });
    expect(other.decision.reason).toBe('accepted');
  });

  test('what is credited but bound by positions is not spendable', () => {
    const paid = makeCapital(makeInventory('BTC->EURe').paid.asset, 10_000_000_000_000_000_000n, {
      spendableUnits: units(1n),
    });
    expect(judge({ inventory: makeInventory('BTC->EURe', { paid }) }).decision.reason).toBe('inventory_insufficient');
  });
});

test('a demand that fixes both sides is judged as it is', () => {
  const generous = judge({ demand: makeDemand({ amountOutUnits: units(3_900_000_000_000_000_000n) }) }).decision;
  expect([generous.reason, generous.requestKind, generous.grossEdgePctE4]).toEqual([
    'accepted',
    'both_fixed',
    pctE4(24_878n),
  ]);
  const greedy = judge({ demand: makeDemand({ amountOutUnits: units(3_999_500_000_000_000_001n) }) }).decision;
  expect([greedy.reason, greedy.grossEdgePctE4]).toEqual(['edge_below_min', pctE4(-1n)]);
});

test('a partner on the list is answered, an unnamed one is not', () => {
  const limits = makeLimits({ partners: ['partner'] });
  expect(judge({ limits }).decision.reason).toBe('accepted');
  expect(judge({ limits, demand: makeDemand({ partnerId: null }) }).decision.reason).toBe('partner_not_allowed');
});

test('the lane is asked for the amount as it would be signed and the deadline as it would be signed', () => {
  const asked: unknown[] = [];
  const { admission } = judge({
    admit: (amount, deadline, paidEur) => {
      asked.push([amount, deadline, paidEur]);
      return admitAll();
    },
  });
  expect(asked).toEqual([[units(3_919_510_000_000_000_000n), NOW_MS + 70_000, eurE18(3_919_510_000_000_000_000n)]]);
  expect(admission.ok).toBe(true);
});

test('a request without a deadline gets the default of the relay', () => {
  expect(deadlineFor(makeDemand({ minDeadlineMs: null }), NOW_MS)).toBe(NOW_MS + 70_000);
});

test('the maximum amount that a token can hold is on record, one more is not', () => {
  const deep = [{ priceE8: priceE8(1n), quantityE8: UNITS_MAX * 10n }];
  const price = makePrice({ bids: deep, asks: deep });
  const limits = makeLimits({ minEdgePctE4: pctE4(0n), targetEdgePctE4: pctE4(0n) });
  const asked = (amountOutUnits: bigint) =>
    judge({
      price,
      limits,
      demand: makeDemand({ amountInUnits: units(1n), amountOutUnits: units(amountOutUnits) }),
    }).decision.amountOutUnits;
  expect(asked(UNITS_MAX)).toBe(units(UNITS_MAX));
  expect(asked(UNITS_MAX + 1n)).toBeNull();
});

test.each([
  [0n, 1n, 'amount_zero'],
  [1n, 0n, 'amount_zero'],
  [0n, 0n, 'amount_zero'],
  [1n, 1n, 'accepted'],
])('a demand of %p in and %p out is %p', (amountIn, amountOut, reason) => {
  const demand = makeDemand({ amountInUnits: units(amountIn), amountOutUnits: units(amountOut) });
  expect(judge({ demand }).decision.reason).toBe(reason as never);
});

test('an answer that would come too late names the time that it takes and the window', () => {
  const { decision } = judge({ arrivedUs: NOW_US - 2_000_500, answerP99Us: 1_000_000 });
  expect([decision.reason, decision.hold]).toEqual(['answer_too_late', { value: 3001, limit: 3000 }]);
});

test('the open side is priced at the target that the inventory moves, and the record has it', () => {
  const paid = makeCapital(makeInventory('BTC->EURe').paid.asset, 10n ** 24n);
  const received = makeCapital(makeInventory('BTC->EURe').received.asset, 0n);
  const limits = makeLimits({ targetEdgePctE4: pctE4(30_000n), skewPctE4: pctE4(5_000n) });
  const { decision } = judge({ limits, inventory: makeInventory('BTC->EURe', { paid, received }) });
  expect([decision.pricedEdgePctE4, decision.grossEdgePctE4]).toEqual([pctE4(25_000n), pctE4(25_000n)]);
});

test.each([
  ['the amount in', { amountInUnits: units(100_000n), amountOutUnits: null }, true],
  ['the amount out', { amountInUnits: null, amountOutUnits: units(10n ** 18n) }, true],
  ['both amounts', { amountInUnits: units(100_000n), amountOutUnits: units(10n ** 18n) }, false],
])('of a demand that fixes %s the edge that it was priced with is on record: %p', (_name, amounts, isPriced) => {
  expect(judge({ demand: makeDemand(amounts) }).decision.pricedEdgePctE4 !== null).toBe(isPriced);
});
