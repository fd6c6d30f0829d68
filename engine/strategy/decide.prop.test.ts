// What holds of every accepted decision, whatever the order book, the basis, the limits and the request: valued with exact
// fractions, level by level.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { eurE18, pctE4, priceE8, UNITS_MAX, units } from '../../contracts/amounts.ts';
import { DIRECTIONS } from '../../contracts/assets.ts';
import {
  ARMED,
  admitAll,
  makeCapital,
  makeDemand,
  makeInventory,
  makeLimits,
  makePrice,
  NOW_MS,
  NOW_US,
} from '../model/fixtures.ts';
import { NO_HOLDS, type PriceLevel, type PriceView } from '../model/values.ts';
import { decide } from './decide.ts';

const PAR = 100_000_000n;

/** EUR times 10^16 that the hedge of so much BTC brings or costs; null when the order book ends before. */
function hedgeEurE16(levels: readonly PriceLevel[], btc: bigint): bigint | null {
  let [left, sum] = [btc, 0n];
  for (const { priceE8: price, quantityE8 } of levels) {
    const taken = left < quantityE8 ? left : quantityE8;
    sum += taken * price;
    left -= taken;
  }
  return left > 0n ? null : sum;
}

/** From one hundredth of a cent to far above any market. */
const anyPrice = fc.oneof(
  fc.bigInt({ min: 1n, max: 10n ** 6n }),
  fc.bigInt({ min: 3_800_000_000_000n, max: 4_200_000_000_000n }),
  fc.bigInt({ min: 1n, max: 10n ** 17n }),
);
const quantity = fc.oneof(fc.bigInt({ min: 1n, max: 100_000n }), fc.bigInt({ min: 1n, max: 10n ** 12n }));
const side = (sign: 1n | -1n) =>
  fc
    .array(fc.record({ gap: fc.bigInt({ min: 1n, max: 10n ** 11n }), quantity }), { minLength: 1, maxLength: 8 })
    .map((rows) => (from: bigint): PriceLevel[] => {
      let price = from;
      return rows.flatMap(({ gap, quantity: quantityE8 }) => {
        const level = price > 0n ? [{ priceE8: priceE8(price), quantityE8 }] : [];
        price += sign * gap;
        return level;
      });
    });
const book = fc
  .tuple(anyPrice, side(-1n), side(1n))
  .map(([mid, bids, asks]) => ({ bids: bids(mid), asks: asks(mid + 1n) }));
const basis = fc.oneof(
  fc.constant(PAR),
  fc.bigInt({ min: 97_000_000n, max: 103_000_000n }),
  fc.bigInt({ min: 1n, max: 10n ** 17n }),
);
const amount = fc.oneof(
  fc.bigInt({ min: 1n, max: 10n ** 9n }),
  fc.bigInt({ min: 10n ** 15n, max: 10n ** 21n }),
  fc.bigInt({ min: 0n, max: UNITS_MAX }),
);
const request = fc.oneof(
  fc.record({ amountIn: amount, amountOut: fc.constant(null) }),
  fc.record({ amountIn: fc.constant(null), amountOut: amount }),
  fc.record({ amountIn: amount, amountOut: amount }),
);
const limits = fc.record({
  edge: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 990_000n })),
  notional: fc.oneof(fc.constant(5n * 10n ** 18n), fc.bigInt({ min: 0n, max: 10n ** 27n })),
});

test('an accepted answer earns its edge at the hedge, is within the notional on both sides, and its basis is near par', () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...DIRECTIONS),
      book,
      basis,
      request,
      limits,
      (direction, levels, eurPerEureE8, asked, set) => {
        const inventory = makeInventory(direction);
        const price: PriceView = makePrice({ ...levels, eurPerEureE8 });
        const { decision } = decide({
          demand: makeDemand({
            direction,
            amountInUnits: asked.amountIn === null ? null : units(asked.amountIn),
            amountOutUnits: asked.amountOut === null ? null : units(asked.amountOut),
          }),
          malformed: null,
          arrivedUs: NOW_US,
          answerP99Us: 0,
          feePips: null,
          price,
          inventory: { ...inventory, paid: makeCapital(inventory.paid.asset, UNITS_MAX) },
          inventoryReadAtUs: NOW_US,
          limits: makeLimits({
            minEdgePctE4: pctE4(set.edge),
            targetEdgePctE4: pctE4(set.edge),
            maxNotionalEurE18: eurE18(set.notional),
          }),
          status: ARMED,
          holds: NO_HOLDS,
          admit: admitAll,
          now: { nowMs: NOW_MS, nowUs: NOW_US },
        });
        const { amountInUnits, amountOutUnits } = decision;
        if (!decision.accepted || amountInUnits === null || amountOutUnits === null) return;
        accepted += 1;
        expect(amountInUnits <= UNITS_MAX && amountOutUnits <= UNITS_MAX && amountOutUnits > 0n).toBe(true);
        expect(eurPerEureE8 * 100n >= 98n * PAR && eurPerEureE8 * 100n <= 102n * PAR).toBe(true);
        const isSale = direction === 'BTC->EURe';
        const btc = isSale ? amountInUnits : amountOutUnits;
        const eure = isSale ? amountOutUnits : amountInUnits;
        const hedge = hedgeEurE16(isSale ? levels.bids : levels.asks, btc);
        expect(hedge).not.toBeNull();
        // EUR times 10^26 of both sides, by the basis.
        const [btcE26, eureE26] = [(hedge ?? 0n) * 10n ** 10n, eure * eurPerEureE8];
        const [received, paid] = isSale ? [btcE26, eureE26] : [eureE26, btcE26];
        expect(paid * 1_000_000n <= received * (1_000_000n - set.edge)).toBe(true);
        expect(paid * 1_000_000n <= received * (1_000_000n - (decision.grossEdgePctE4 ?? 0n))).toBe(true);
        // By the basis and at par: neither side is above the limit.
        const limitE26 = set.notional * 10n ** 8n;
        expect(btcE26 <= limitE26 && eureE26 <= limitE26 && eure * PAR <= limitE26).toBe(true);
      },
    ),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(50);
});
