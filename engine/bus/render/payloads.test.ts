// Payloads in numbers and words: scaled integers become the decimals that a person would write, and every reason says what it
// rests on.

import { describe, expect, test } from 'bun:test';
import { eurE18, pctE4, priceE8, units } from '../../../contracts/amounts.ts';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { DECISION_REASON_TEXT, DECISION_REASONS, type DecisionReason } from '../../../contracts/reasons.ts';
import type { DecidedFact, DecidedInventory } from '../../model/facts.ts';
import { makeDemand, makeInventory, makeLimits, NOW_MS } from '../../model/fixtures.ts';
import { commandPayload, decisionDetail, decisionPayload, demandPayload, refusalPayload } from './payloads.ts';

const EUR = 10n ** 18n;
/** What facts of earlier versions lack. */
const LATER = {
  paidEurE18: eurE18(3_919_510_000_000_000_000n),
  pricedEdgePctE4: pctE4(20_500n),
  lane: 2,
  feePips: 1,
  refused: { reason: 'breaker_minute', roomEurE18: EUR, openEurE18: 2n * EUR },
} as const;

function heard(reason: DecisionReason, over: Partial<DecidedFact> = {}): DecidedFact {
  const accepted = reason === 'accepted';
  return {
    kind: 'heard',
    eventId: '019b76da-a800-75fa-a43e-2b0a29881c40',
    atMs: NOW_MS,
    connectionId: 'c',
    frame: '{}',
    demand: makeDemand({ partnerId: 'partner-7' }),
    malformed: reason === 'request_malformed' ? 'both sides are fixed' : null,
    decision: {
      accepted,
      reason,
      requestKind: 'exact_in',
      amountInUnits: units(10_000n),
      amountOutUnits: units(3_919_510_000_000_000_000n),
      impliedRateE8: priceE8(3_919_510_000_000n),
      referenceRateE8: priceE8(3_999_500_000_000n),
      grossEdgePctE4: pctE4(20_000n),
      notionalEurE18: eurE18(3_999_500_000_000_000_000n),
      priceAgeMs: 120,
      inventoryAgeMs: 700,
      hold: { value: 251, limit: 250 },
      ...LATER,
    },
    limits: makeLimits(),
    price: {
      priceId: 'price-1',
      source: 'kraken',
      bidE8: 3_999_500_000_000n,
      askE8: 4_000_500_000_000n,
      divergencePctE4: 15_000n,
      basisKind: 'par',
      eurPerEureE8: 100_000_000n,
      maxAgeMs: 3000,
    },
    inventory: makeInventory('BTC->EURe'),
    strategyArmed: true,
    decideUs: 33,
    attempt: null,
    refusal: null,
    ...over,
  };
}

const ROOM = '(pays 3.91 EUR, 2.00 EUR open, 1.00 EUR left)';
const NUMBERS: Readonly<Partial<Record<DecisionReason, string>>> = {
  pair_unsupported: `(${BTC.id} to ${EURE.id})`,
  request_malformed: '(both sides are fixed)',
  partner_not_allowed: '(partner partner-7)',
  quote_expired: '(window 3000 ms)',
  deadline_too_long: '(asked for 60000 ms, largest lifetime 75000 ms)',
  price_stale: '(kraken is 120 ms old, at most 3000 ms)',
  price_diverged: '(1.5000 % apart, at most 1.0000 %)',
  basis_out_of_bounds: '(1.00000000 EUR per EURe, at most 2.0000 % from par)',
  clock_skew: '(251 ms, at most 250 ms)',
  process_stalled: '(251 ms, at most 250 ms)',
  inventory_block_went_back: '(block 251, on record 250)',
  quotes_live_max: '(251, at most 250)',
  quote_ids_full: '(251 bytes, at most 250 bytes)',
  journal_behind: '(251 ms, at most 250 ms)',
  amount_zero: '(in 10000, out 3919510000000000000)',
  inventory_stale: '(700 ms old, at most 15000 ms)',
  edge_below_min: '(edge 2.0000 %, least 2.0000 %)',
  notional_above_max: '(3.99 EUR, at most 5.00 EUR)',
  inventory_insufficient: '(needs 3919510000000000000, spendable 5000000000000000000000, promised 0)',
  lane_ceiling: '(needs 3919510000000000000, spendable 5000000000000000000000, promised 0)',
  answer_too_late: '(251 ms, at most 250 ms)',
  breaker_minute: ROOM,
  breaker_day: ROOM,
  arming_limit: ROOM,
  history_impaired: '(edge 2.0000 %, price 120 ms old)',
  strategy_disarmed: '(edge 2.0000 %, price 120 ms old)',
  accepted: '(edge 2.0000 %, price 120 ms old)',
};

describe('the detail of a decision', () => {
  test.each(DECISION_REASONS.map((reason) => [reason] as const))('%s: the sentence and its numbers', (reason) => {
    const numbers = NUMBERS[reason];
    const sentence = DECISION_REASON_TEXT[reason];
    expect(decisionDetail(heard(reason))).toBe(numbers === undefined ? sentence : `${sentence} ${numbers}`);
  });

  test('a partner that did not say who it is', () => {
    const fact = heard('partner_not_allowed', { demand: makeDemand({ partnerId: null }) });
    expect(decisionDetail(fact)).toContain('(partner not named)');
  });
});

describe('payloads', () => {
  test('the demand always names both sides; the open one is null', () => {
    const { quote_id, asset_in, asset_out, amount_in, amount_out, pair, ttl_ms } = demandPayload(makeDemand());
    expect({ quote_id, asset_in, asset_out, amount_in, amount_out, pair, ttl_ms }).toEqual({
      quote_id: 'quote-1',
      asset_in: BTC.id,
      asset_out: EURE.id,
      amount_in: '10000',
      amount_out: null,
      pair: 'BTC/EURe',
      ttl_ms: 60_000,
    });
    expect(demandPayload(makeDemand({ direction: null } as never))).toMatchObject({ pair: null, direction: null });
  });

  test('a decision carries the values it was made on, scaled', () => {
    expect(decisionPayload(heard('accepted'))).toMatchObject({
      decision_id: 'dec-quote-1',
      quote_id: 'quote-1',
      pair: 'BTC/EURe',
      direction: 'BTC->EURe',
      decision: 'accepted',
      decision_reason: 'accepted',
      implied_rate: '39195.10000000',
      reference_rate: '39995.00000000',
      gross_edge_pct: '2.0000',
      notional_eur: '3.999500000000000000',
      price_freshness_ms: 120,
      price_snapshot: {
        price_id: 'price-1',
        fallback_used: false,
        bid_rate: '39995.00000000',
        eur_per_eure: '1.00000000',
      },
      inventory_snapshot: {
        age_ms: 700,
        asset_out: EURE.id,
        spendable: '5000000000000000000000',
        credited_in: '10000000',
      },
      limits: { min_edge_pct: '2.0000', max_notional_eur: '5.000000000000000000', price_max_age_ms: 3000 },
      decided_at: '2026-01-01T00:00:00.000Z',
      decide_us: 33,
    });
  });

  test.each([
    [100_000_000n, '39995.00000000', '40005.00000000'],
    // EURe at 0.98 EUR: rates are EURe per BTC as in ref.market_price, the bid rounded down and the ask up.
    [98_000_000n, '40811.22448979', '40821.42857143'],
    [null, null, null],
  ])('rates are EURe per BTC: with a basis of %p', (eurPerEureE8, bid_rate, ask_rate) => {
    const { price } = heard('accepted');
    if (price === null) throw new Error('no price');
    const tops = { bidE8: 39_995n * 10n ** 8n, askE8: 40_005n * 10n ** 8n };
    const fact = heard('accepted', { price: { ...price, ...tops, eurPerEureE8 } });
    expect(decisionPayload(fact).price_snapshot).toMatchObject({ bid_rate, ask_rate });
  });

  test.each([
    ['as it was known', 25_000n, '25000'],
    ['unknown', null, null],
    ['not there, in a record of an earlier version', undefined, null],
  ] as const)(
    'deposits under way are part of the inventory that was used: %s',
    (_how, pendingInboundUnits, pending_inbound) => {
      const inventory = {
        ...makeInventory('BTC->EURe'),
        ...(pendingInboundUnits === undefined ? {} : { pendingInboundUnits }),
      };
      const { inventory_snapshot } = decisionPayload(heard('accepted', { inventory: inventory as DecidedInventory }));
      expect(inventory_snapshot).toMatchObject({ pending_inbound, spendable: '5000000000000000000000' });
    },
  );

  test('CoinGecko is recorded as the fallback that it is', () => {
    const { price } = heard('accepted');
    const fact = heard('accepted', { price: price === null ? null : { ...price, source: 'coingecko' } });
    expect(decisionPayload(fact).price_snapshot).toMatchObject({ source: 'coingecko', fallback_used: true });
  });

  test('what was not reached is null, not zero', () => {
    const { decision } = heard('price_missing');
    const fact = heard('price_missing', {
      price: null,
      inventory: null,
      decision: { ...decision, grossEdgePctE4: null, notionalEurE18: null, referenceRateE8: null, impliedRateE8: null },
    });
    expect(decisionPayload(fact)).toMatchObject({
      gross_edge_pct: null,
      notional_eur: null,
      reference_rate: null,
      implied_rate: null,
      price_snapshot: null,
      inventory_snapshot: null,
    });
  });

  test('command and refusal share the identities of the quote', () => {
    const fact = heard('accepted', { refusal: { code: 'executor_disarmed', note: 'not armed' } });
    const ids = {
      command_id: 'cmd-quote-1',
      idempotency_key: 'near_intents:quote-1',
      execution_key: `near_intents:${BTC.id}->${EURE.id}`,
      decision_id: 'dec-quote-1',
      quote_id: 'quote-1',
      asset_in: BTC.id,
      asset_out: EURE.id,
      amount_in: '10000',
      amount_out: '3919510000000000000',
    };
    const reason = decisionDetail(fact);
    expect(commandPayload(fact)).toMatchObject({ ...ids, min_deadline_ms: 60_000, reason });
    expect(refusalPayload(fact, 'executor_disarmed', 'not armed')).toMatchObject({
      ...ids,
      execution_id: 'exe-quote-1',
      status: 'rejected',
      result_code: 'executor_disarmed',
      note: 'not armed',
      since_received_us: 33,
    });
  });

  test('a request without a deadline is recorded with the default that it is signed for', () => {
    const fact = heard('accepted', { demand: makeDemand({ minDeadlineMs: null }) });
    expect(commandPayload(fact).min_deadline_ms).toBe(60_000);
  });
});

describe('what versions before did not record', () => {
  const fact = heard('accepted');
  const sources = {
    kraken: { bidE8: 3_999_500_000_000n, askE8: 4_000_500_000_000n, ageMs: 120 },
    coingecko: { priceE8: 4_000_000_000_000n, ageMs: 30_000 },
  };

  test('is in the record: value paid, edge priced at, lane, fee, both sources and every limit', () => {
    const payload = decisionPayload({ ...fact, price: fact.price && { ...fact.price, ...sources } });
    expect(payload).toMatchObject({
      paid_eur: '3.919510000000000000',
      priced_edge_pct: '2.0500',
      lane: 2,
      fee_pips: 1,
      price_snapshot: {
        kraken: { bid_eur: '39995.00000000', ask_eur: '40005.00000000', age_ms: 120 },
        coingecko: { price_eur: '40000.00000000', age_ms: 30_000 },
      },
      limits: {
        skew_pct: '0.0000',
        max_filled_eur_per_min: '15.000000000000000000',
        max_filled_eur_per_day: '50.000000000000000000',
        max_consecutive_failures: 5,
      },
    });
  });

  test('is left out of the record of an earlier fact', () => {
    const { paidEurE18: _p, pricedEdgePctE4: _e, lane: _l, feePips: _f, refused: _r, ...decision } = fact.decision;
    const {
      skewPctE4: _s,
      maxFilledMinuteEurE18: _m,
      maxFilledDayEurE18: _d,
      maxConsecutiveFailures: _c,
      ...limits
    } = fact.limits;
    const payload = decisionPayload({ ...fact, decision, limits: limits as DecidedFact['limits'] });
    const has = (record: object | null) => Object.keys(record ?? {});
    expect(has(payload)).not.toContain('paid_eur');
    expect(has(payload)).not.toContain('lane');
    expect(has(payload.price_snapshot)).not.toContain('kraken');
    expect(has(payload.limits)).toContain('quotes_live_max');
    expect(has(payload.limits)).not.toContain('skew_pct');
  });
});
