import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { pctE4 } from '../../contracts/amounts.ts';
import { DIRECTIONS, type Direction } from '../../contracts/assets.ts';
import { level, makeCapital, makeInventory, makeLimits } from '../model/fixtures.ts';
import { targetEdge } from './skew.ts';

const MARKET = { bids: [level(40_000, 10n ** 8n)], asks: [level(40_010, 10n ** 8n)], eurPerEureE8: 100_000_000n };
const EURE = 10n ** 18n;
/** Worth 40 EUR. */
const SAT = 100_000n;

/** Target edge with so much of each asset; minimum 2 %, target 3 %. */
function target(direction: Direction, btcUnits: bigint, eureUnits: bigint, skewPctE4 = 5_000n): bigint {
  const view = makeInventory(direction);
  const [paidUnits, receivedUnits] = direction === 'EURe->BTC' ? [btcUnits, eureUnits] : [eureUnits, btcUnits];
  const inventory = {
    ...view,
    paid: makeCapital(view.paid.asset, paidUnits),
    received: makeCapital(view.received.asset, receivedUnits),
  };
  const limits = makeLimits({ targetEdgePctE4: pctE4(30_000n), skewPctE4: pctE4(skewPctE4) });
  return targetEdge({ limits, direction, inventory, market: MARKET });
}

test.each<[string, Direction, bigint, bigint, bigint, bigint]>([
  ['even inventory leaves the target', 'BTC->EURe', SAT, 40n * EURE, 5_000n, 30_000n],
  ['nothing at all leaves the target', 'BTC->EURe', 0n, 0n, 5_000n, 30_000n],
  ['all in EURe, and EURe is paid: the whole skew down', 'BTC->EURe', 0n, 40n * EURE, 5_000n, 25_000n],
  ['all in EURe, and BTC is paid: the whole skew up', 'EURe->BTC', 0n, 40n * EURE, 5_000n, 35_000n],
  ['all in BTC, and BTC is paid: the whole skew down', 'EURe->BTC', SAT, 0n, 5_000n, 25_000n],
  ['three quarters in EURe: half of the skew', 'BTC->EURe', SAT, 120n * EURE, 5_000n, 27_500n],
  ['three quarters in EURe, the other direction', 'EURe->BTC', SAT, 120n * EURE, 5_000n, 32_500n],
  ['down to the minimum edge, to the unit', 'BTC->EURe', 0n, 40n * EURE, 10_000n, 20_000n],
  ['and not a unit below it', 'BTC->EURe', 0n, 40n * EURE, 10_001n, 20_000n],
  ['no skew', 'BTC->EURe', 0n, 40n * EURE, 0n, 30_000n],
  ['never beyond 99 %', 'EURe->BTC', 0n, 40n * EURE, 980_000n, 990_000n],
])('%s', (_name, direction, btcUnits, eureUnits, skew, expected) => {
  expect(target(direction, btcUnits, eureUnits, skew)).toBe(expected);
});

test('is between the minimum edge and the target plus the skew, and the more of what is paid the lower', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 24n });
  fc.assert(
    fc.property(
      fc.constantFrom(...DIRECTIONS),
      amount,
      amount,
      amount,
      fc.bigInt({ min: 0n, max: 50_000n }),
      (direction, btc, eure, more, skew) => {
        const edge = target(direction, btc, eure, skew);
        expect(edge).toBeGreaterThanOrEqual(20_000n);
        expect(edge).toBeLessThanOrEqual(30_000n + skew);
        const richer =
          direction === 'EURe->BTC'
            ? target(direction, btc + more, eure, skew)
            : target(direction, btc, eure + more, skew);
        if (btc + eure > 0n) expect(richer).toBeLessThanOrEqual(edge);
      },
    ),
  );
});

test('a market without a price leaves the target', () => {
  const limits = makeLimits({ skewPctE4: pctE4(5_000n) });
  const market = { ...MARKET, bids: [], asks: [] };
  const inventory = makeInventory('BTC->EURe');
  expect(targetEdge({ limits, direction: 'BTC->EURe', inventory, market })).toBe(limits.targetEdgePctE4);
});
