// Properties of pricing over whole input classes, against an oracle that computes with exact fractions level by level.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { pctE4, priceE8, units } from '../../contracts/amounts.ts';
import { DIRECTIONS, type Direction } from '../../contracts/assets.ts';
import type { PriceLevel } from '../model/values.ts';
import {
  grossEdge,
  impliedRate,
  type Market,
  notionalEur,
  priceExactIn,
  priceExactOut,
  referenceRate,
  type Terms,
} from './pricing.ts';

/** Exact fraction. */
type Ratio = { readonly n: bigint; readonly d: bigint };
const ratio = (n: bigint, d = 1n): Ratio => ({ n, d });
const times = (a: Ratio, b: Ratio): Ratio => ratio(a.n * b.n, a.d * b.d);
const atLeast = (a: Ratio, b: Ratio): boolean => a.n * b.d >= b.n * a.d;

/** EURe (as a fraction of one) that a hedge of `btc` units would bring or cost; null when the order book ends before. */
function hedgeValue(levels: readonly PriceLevel[], btc: bigint, eurPerEureE8: bigint): Ratio | null {
  let left = btc;
  let sum = 0n;
  for (const { priceE8: price, quantityE8 } of levels) {
    const taken = left < quantityE8 ? left : quantityE8;
    sum += taken * price;
    left -= taken;
  }
  return left > 0n ? null : times(ratio(sum, 10n ** 16n), ratio(10n ** 8n, eurPerEureE8));
}

const side = (direction: Direction, market: Market) => (direction === 'BTC->EURe' ? market.bids : market.asks);

/** Share of the received value that is earned, at exact hedge proceeds. */
function exactEdgeIsAtLeast(direction: Direction, terms: Terms, market: Market, targetE4: bigint): boolean {
  const btc = direction === 'BTC->EURe' ? terms.amountInUnits : terms.amountOutUnits;
  const eure = ratio(direction === 'BTC->EURe' ? terms.amountOutUnits : terms.amountInUnits, 10n ** 18n);
  const value = hedgeValue(side(direction, market), btc, market.eurPerEureE8);
  if (value === null) return false;
  const kept = ratio(1_000_000n - targetE4, 1_000_000n);
  return direction === 'BTC->EURe' ? atLeast(times(value, kept), eure) : atLeast(times(eure, kept), value);
}

const levels = (from: number, step: number) =>
  fc
    .array(fc.record({ gap: fc.integer({ min: 1, max: 400 }), quantity: fc.bigInt({ min: 1n, max: 300_000_000n }) }), {
      minLength: 1,
      maxLength: 12,
    })
    .map((rows): PriceLevel[] => {
      let price = BigInt(from);
      return rows.map(({ gap, quantity }) => {
        price += BigInt(step * gap);
        return { priceE8: priceE8(price * 10_000_000n), quantityE8: quantity };
      });
    });

const markets = fc.record({
  bids: levels(400_000, -1),
  asks: levels(400_001, 1),
  eurPerEureE8: fc.oneof(fc.constant(100_000_000n), fc.bigInt({ min: 95_000_000n, max: 105_000_000n })),
});
const directions = fc.constantFrom(...DIRECTIONS);
const targets = fc.bigInt({ min: 0n, max: 500_000n }).map(pctE4);
const btcAmounts = fc.bigInt({ min: 1n, max: 2_000_000_000n });
const eureAmounts = fc.bigInt({ min: 1n, max: 1_000_000n * 10n ** 18n });
const RUNS = { numRuns: 3000 };

test('exact in: what we pay earns at least the target at the exact proceeds of the hedge', () => {
  fc.assert(
    fc.property(directions, markets, targets, btcAmounts, eureAmounts, (direction, market, target, btc, eure) => {
      const amountInUnits = units(direction === 'BTC->EURe' ? btc : eure);
      const amountOutUnits = priceExactIn(direction, amountInUnits, target, market);
      if (amountOutUnits === null || amountOutUnits === 0n) return;
      expect(exactEdgeIsAtLeast(direction, { amountInUnits, amountOutUnits }, market, target)).toBe(true);
    }),
    RUNS,
  );
});

test('exact out: what we ask earns at least the target at the exact proceeds of the hedge', () => {
  fc.assert(
    fc.property(directions, markets, targets, btcAmounts, eureAmounts, (direction, market, target, btc, eure) => {
      const amountOutUnits = units(direction === 'BTC->EURe' ? eure : btc);
      const amountInUnits = priceExactOut(direction, amountOutUnits, target, market);
      if (amountInUnits === null) return;
      expect(exactEdgeIsAtLeast(direction, { amountInUnits, amountOutUnits }, market, target)).toBe(true);
    }),
    RUNS,
  );
});

test('the recorded edge of what we priced is never below the target', () => {
  fc.assert(
    fc.property(
      directions,
      markets,
      targets,
      btcAmounts,
      eureAmounts,
      fc.boolean(),
      (direction, market, target, btc, eure, exactIn) => {
        const fixesBtc = exactIn === (direction === 'BTC->EURe');
        const fixed = units(fixesBtc ? btc : eure);
        const open = exactIn
          ? priceExactIn(direction, fixed, target, market)
          : priceExactOut(direction, fixed, target, market);
        if (open === null || open === 0n) return;
        const terms: Terms = exactIn
          ? { amountInUnits: fixed, amountOutUnits: open }
          : { amountInUnits: open, amountOutUnits: fixed };
        const rate = referenceRate(
          direction,
          direction === 'BTC->EURe' ? terms.amountInUnits : terms.amountOutUnits,
          market,
        );
        expect(rate).not.toBeNull();
        if (rate === null) return;
        expect(grossEdge(direction, terms, rate) >= target).toBe(true);
      },
    ),
    RUNS,
  );
});

test('on one deep level the open side is the best whole unit: one unit better would miss the target', () => {
  const deep: Market = {
    bids: [{ priceE8: priceE8(3_999_500_000_000n), quantityE8: 10n ** 15n }],
    asks: [{ priceE8: priceE8(4_000_500_000_000n), quantityE8: 10n ** 15n }],
    eurPerEureE8: 100_000_000n,
  };
  fc.assert(
    fc.property(directions, targets, btcAmounts, eureAmounts, (direction, target, btc, eure) => {
      const amountInUnits = units(direction === 'BTC->EURe' ? btc : eure);
      const paid = priceExactIn(direction, amountInUnits, target, deep);
      expect(paid).not.toBeNull();
      if (paid === null) return;
      expect(exactEdgeIsAtLeast(direction, { amountInUnits, amountOutUnits: units(paid + 1n) }, deep, target)).toBe(
        false,
      );
      const amountOutUnits = units(direction === 'BTC->EURe' ? eure : btc);
      const asked = priceExactOut(direction, amountOutUnits, target, deep);
      expect(asked).not.toBeNull();
      if (asked === null) return;
      const lower = units(asked - 1n);
      expect(
        lower === 0n || !exactEdgeIsAtLeast(direction, { amountInUnits: lower, amountOutUnits }, deep, target),
      ).toBe(true);
    }),
    RUNS,
  );
});

test('an order book that ends before the size is too thin, never a guess', () => {
  const thin: Market = {
    bids: [{ priceE8: priceE8(3_999_500_000_000n), quantityE8: 1000n }],
    asks: [{ priceE8: priceE8(4_000_500_000_000n), quantityE8: 1000n }],
    eurPerEureE8: 100_000_000n,
  };
  const target = pctE4(20_000n);
  expect(priceExactIn('BTC->EURe', units(1000n), target, thin)).not.toBeNull();
  expect(priceExactIn('BTC->EURe', units(1001n), target, thin)).toBeNull();
  expect(priceExactOut('EURe->BTC', units(1001n), target, thin)).toBeNull();
  expect(priceExactOut('BTC->EURe', units(10n ** 18n), target, thin)).toBeNull();
  expect(priceExactIn('EURe->BTC', units(10n ** 18n), target, thin)).toBeNull();
});

test.each([
  // direction, in, out, rate EURe/BTC, edge in 10^-4 %, implied rate times 10^8
  ['BTC->EURe', 100_000n, 39_196_000_000_000_000_000n, 40_000n, 20_100n, 3_919_600_000_000n],
  ['EURe->BTC', 40_000_000_000_000_000_000n, 98_000n, 40_000n, 20_000n, 4_081_632_653_061n],
  ['EURe->BTC', 39_200_000_000_000_000_000n, 98_000n, 40_000n, 0n, 4_000_000_000_000n],
  ['BTC->EURe', 100_000n, 40_000_000_000_000_000_001n, 40_000n, -1n, 4_000_000_000_000n],
] as const)('%s in %p out %p at %p', (direction, amountIn, amountOut, rate, edge, implied) => {
  const terms = { amountInUnits: units(amountIn), amountOutUnits: units(amountOut) };
  expect(grossEdge(direction, terms, priceE8(rate * 100_000_000n))).toBe(pctE4(edge));
  expect(impliedRate(direction, terms)).toBe(priceE8(implied));
});

test('the basis moves the rate: an EURe at 0.98 EUR makes BTC dearer in EURe', () => {
  const market: Market = {
    bids: [{ priceE8: priceE8(3_920_000_000_000n), quantityE8: 10n ** 9n }],
    asks: [{ priceE8: priceE8(3_920_000_000_000n), quantityE8: 10n ** 9n }],
    eurPerEureE8: 98_000_000n,
  };
  expect(referenceRate('BTC->EURe', units(1000n), market)).toBe(priceE8(4_000_000_000_000n));
});

test.each([
  // The larger side counts, and an EURe counts as one EUR at least.
  ['EURe->BTC', 10n ** 18n, 1n, 98_000_000n, 10n ** 18n],
  ['EURe->BTC', 10n ** 18n, 1n, 100_000_000n, 10n ** 18n],
  ['EURe->BTC', 10n ** 18n, 1n, 102_000_000n, 1_020_000_000_000_000_000n],
  ['EURe->BTC', 10n ** 18n, 1n, 1_000_000n, 10n ** 18n],
  ['EURe->BTC', 10n ** 18n, 10_000n, 100_000_000n, 4n * 10n ** 18n],
  ['BTC->EURe', 10_000n, 5n * 10n ** 18n, 100_000_000n, 5n * 10n ** 18n],
  ['BTC->EURe', 10_000n, 392n * 10n ** 18n, 1_000_000n, 392n * 10n ** 18n],
  ['BTC->EURe', 10_000n, 1n, 100_000_001n, 4_000_000_040_000_000_000n],
  ['BTC->EURe', 1n, 1n, 100_000_001n, 400_000_004_000_000n],
] as const)(
  'notional of %s in %p out %p at a basis of %p',
  (direction, amountIn, amountOut, eurPerEureE8, notional) => {
    const terms = { amountInUnits: units(amountIn), amountOutUnits: units(amountOut) };
    const market: Market = { bids: [], asks: [], eurPerEureE8 };
    expect(notionalEur(direction, terms, priceE8(4_000_000_000_000n), market)).toBe(notional as never);
  },
);

test('a rate that rounds to nothing is none, and divides nothing', () => {
  const market: Market = {
    bids: [{ priceE8: priceE8(1n), quantityE8: 10n ** 15n }],
    asks: [{ priceE8: priceE8(2n), quantityE8: 10n ** 15n }],
    eurPerEureE8: 102_000_000n,
  };
  expect(referenceRate('BTC->EURe', units(1000n), market)).toBeNull();
  expect(priceExactOut('BTC->EURe', units(10n ** 3n), pctE4(0n), market)).toBeNull();
  expect(priceExactIn('BTC->EURe', units(1000n), pctE4(0n), market)).toBeNull();
});

test('what an EURe amount would buy counts its value rounded up, which asks for the price of the larger size', () => {
  const market: Market = {
    bids: [],
    asks: [
      { priceE8: priceE8(100n * 10n ** 8n), quantityE8: 1n },
      { priceE8: priceE8(1000n * 10n ** 8n), quantityE8: 1n },
    ],
    eurPerEureE8: 100_000_000n,
  };
  const half = pctE4(500_000n);
  // 2 units cost 1,100 EUR; a part of the smallest unit of their value more or less does not make it the price of one.
  const cost = 1_100n * 10n ** 10n;
  expect(priceExactIn('EURe->BTC', units(cost - 1n), half, market)).toBe(units(0n));
  expect(priceExactIn('EURe->BTC', units(cost - 100n), half, market)).toBe(units(1n));
});

test('at an edge of nothing the BTC paid is not more than what the EURe received would buy', () => {
  const market: Market = {
    bids: [],
    asks: [
      { priceE8: priceE8(100n * 10n ** 8n), quantityE8: 1n },
      { priceE8: priceE8(1000n * 10n ** 8n), quantityE8: 1n },
    ],
    eurPerEureE8: 100_000_000n,
  };
  // 2 units cost 1,100; less than that buys one, although the average of one would make it nearly eleven.
  const eure = units(1_099n * 10n ** 10n);
  expect(priceExactIn('EURe->BTC', eure, pctE4(0n), market)).toBe(units(1n));
});
