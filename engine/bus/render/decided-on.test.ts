// Texts are kept from one record to the next: a record must show its own values all the same.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { priceE8, renderScaled, units } from '../../../contracts/amounts.ts';
import type { DecidedInventory, DecidedPrice } from '../../model/facts.ts';
import { makeInventory, makeLimits } from '../../model/fixtures.ts';
import { inventoryPayload, limitsPayload, pricePayload } from './decided-on.ts';

/** Few values, so that those that follow one another are often equal, in all or in all but one. */
const few = fc.constantFrom(0n, 1n, 99_999_999n, 100_000_001n, 4_000_000_000_001n);
const age = fc.nat(2);

const price: fc.Arbitrary<DecidedPrice> = fc.record({
  priceId: fc.constantFrom('price-1', 'price-2'),
  source: fc.constantFrom('kraken', 'coingecko'),
  bidE8: fc.option(few),
  askE8: fc.option(few),
  divergencePctE4: fc.option(few),
  basisKind: fc.constantFrom('par', 'measured'),
  eurPerEureE8: fc.option(few),
  maxAgeMs: age,
  kraken: fc.option(fc.record({ bidE8: few, askE8: few, ageMs: age })),
  coingecko: fc.option(fc.record({ priceE8: few, ageMs: age })),
}) as fc.Arbitrary<DecidedPrice>;

const text = (value: bigint | null, scale: number): string | null =>
  value === null ? null : renderScaled(value, scale);

test('a price shows its own values, whatever the prices before it were', () => {
  fc.assert(
    fc.property(fc.array(price, { maxLength: 30 }), (prices) => {
      for (const each of prices) {
        const { kraken, coingecko, bidE8, askE8, eurPerEureE8 } = each;
        const hasBasis = eurPerEureE8 !== null && eurPerEureE8 > 0n;
        const down = (value: bigint): bigint => (value * 100_000_000n) / (eurPerEureE8 ?? 1n);
        const isExact = (value: bigint): boolean => (value * 100_000_000n) % (eurPerEureE8 ?? 1n) === 0n;
        const up = (value: bigint): bigint => down(value) + (isExact(value) ? 0n : 1n);
        expect(pricePayload(each)).toEqual({
          price_id: each.priceId,
          source: each.source,
          fallback_used: each.source === 'coingecko',
          bid_rate: bidE8 === null || !hasBasis ? null : text(down(bidE8), 8),
          ask_rate: askE8 === null || !hasBasis ? null : text(up(askE8), 8),
          divergence_pct: text(each.divergencePctE4, 4),
          basis_kind: each.basisKind,
          eur_per_eure: text(eurPerEureE8, 8),
          kraken: kraken
            ? { bid_eur: renderScaled(kraken.bidE8, 8), ask_eur: renderScaled(kraken.askE8, 8), age_ms: kraken.ageMs }
            : null,
          coingecko: coingecko ? { price_eur: renderScaled(coingecko.priceE8, 8), age_ms: coingecko.ageMs } : null,
        });
      }
    }),
  );
});

test('a price of a version before its sources were kept shows none, also after one that has them', () => {
  const {
    kraken: _kraken,
    coingecko: _coingecko,
    ...earlier
  } = fc.sample(price, { numRuns: 1, seed: 1 })[0] as DecidedPrice;
  pricePayload({ ...earlier, kraken: { bidE8: priceE8(1n), askE8: priceE8(2n), ageMs: 3 }, coingecko: null });
  expect(Object.keys(pricePayload(earlier) ?? {})).not.toContain('kraken');
  expect(Object.keys(pricePayload(earlier) ?? {})).not.toContain('coingecko');
});

test('an inventory shows its own values, whatever the inventories before it were', () => {
  const fewUnits = few.map(units);
  const inventory = fc.record({
    direction: fc.constantFrom('BTC->EURe' as const, 'EURe->BTC' as const),
    paid: fc.record({
      creditedUnits: fewUnits,
      spendableUnits: fewUnits,
      reservedForOrdersUnits: fewUnits,
      reservedForPositionsUnits: fewUnits,
      realizedUnits: few,
    }),
    creditedUnits: fewUnits,
    pendingInboundUnits: fc.option(fewUnits),
    ageMs: age,
  });
  fc.assert(
    fc.property(fc.array(inventory, { maxLength: 30 }), (inventories) => {
      for (const each of inventories) {
        const base = makeInventory(each.direction);
        const view: DecidedInventory = {
          ...base,
          paid: { asset: base.paid.asset, ...each.paid },
          received: { ...base.received, creditedUnits: each.creditedUnits },
          pendingInboundUnits: each.pendingInboundUnits,
        };
        expect(inventoryPayload(view, each.ageMs)).toEqual({
          inventory_id: base.inventoryId,
          block_height: base.blockHeight,
          age_ms: each.ageMs,
          asset_out: base.paid.asset,
          credited: `${each.paid.creditedUnits}`,
          spendable: `${each.paid.spendableUnits}`,
          reserved_for_orders: `${each.paid.reservedForOrdersUnits}`,
          reserved_for_positions: `${each.paid.reservedForPositionsUnits}`,
          realized_pnl: `${each.paid.realizedUnits}`,
          pending_inbound: each.pendingInboundUnits === null ? null : `${each.pendingInboundUnits}`,
          credited_in: `${each.creditedUnits}`,
        });
      }
    }),
  );
});

test('limits are shown as they are, with the age of the price that goes with them', () => {
  const [one, other] = [makeLimits(), makeLimits({ quotesLiveMax: 7 })];
  const shown = [
    limitsPayload(one, 1),
    limitsPayload(one, 1),
    limitsPayload(one, 2),
    limitsPayload(other, 2),
    limitsPayload(one, 1),
  ];
  expect(shown.map(({ quotes_live_max, price_max_age_ms }) => [quotes_live_max, price_max_age_ms])).toEqual([
    [one.quotesLiveMax, 1],
    [one.quotesLiveMax, 1],
    [one.quotesLiveMax, 2],
    [7, 2],
    [one.quotesLiveMax, 1],
  ]);
  expect(shown[1]).toBe(shown[0] as (typeof shown)[0]);
});
