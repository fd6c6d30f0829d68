import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type NonceText, nonceText } from '../../contracts/ids.ts';
import { makePrice } from '../model/fixtures.ts';
import { type FairPrice, fairPriceOf, PriceDistance } from './price-distance.ts';

type Signed = { readonly nonce: NonceText; readonly worstE8: bigint; readonly worse: 'higher' | 'lower' };

const bookOf = (list: readonly Signed[]) => ({
  eachSigningPrice(visit: (nonce: NonceText, worstE8: bigint, worse: 'higher' | 'lower') => void) {
    for (const { nonce, worstE8, worse } of list) visit(nonce, worstE8, worse);
  },
});
const nonce = nonceText('nonce');
const PCT = 10_000n;

const isMoved = (signed: Omit<Signed, 'nonce'>, fair: FairPrice, distancePctE4: bigint): boolean =>
  new PriceDistance(bookOf([{ nonce, ...signed }]), distancePctE4).moved(fair).length > 0;

describe('beyond the distance, not at it, and only against us', () => {
  test.each<[string, 'higher' | 'lower', bigint, bigint, boolean]>([
    ['we pay BTC: a rise by the distance', 'higher', 101_000n, 90_000n, false],
    ['we pay BTC: a rise beyond it', 'higher', 101_001n, 90_000n, true],
    ['we pay BTC: a fall', 'higher', 50_000n, 49_000n, false],
    ['we receive BTC: a fall by the distance', 'lower', 120_000n, 99_000n, false],
    ['we receive BTC: a fall beyond it', 'lower', 120_000n, 98_999n, true],
    ['we receive BTC: a rise', 'lower', 200_000n, 199_000n, false],
  ])('%s', (_name, worse, askE8, bidE8, moved) => {
    expect(isMoved({ worstE8: 100_000n, worse }, { askE8, bidE8 }, PCT)).toBe(moved);
  });

  test('0 is off, and without a fair price nothing is said', () => {
    const signed = { worstE8: 100n, worse: 'higher' } as const;
    expect(isMoved(signed, { askE8: 10_000n, bidE8: 1n }, 0n)).toBe(false);
    expect(new PriceDistance(bookOf([{ nonce, ...signed }]), PCT).moved(null)).toEqual([]);
  });

  test('the figures are those of the move', () => {
    const distance = new PriceDistance(bookOf([{ nonce, worstE8: 100_000n, worse: 'lower' }]), PCT);
    expect(distance.moved({ askE8: 97_100n, bidE8: 97_000n })).toEqual([
      { nonce, signedE8: 100_000n, fairE8: 97_000n, movePctE4: 30_000n },
    ]);
    // Each call speaks of its own price.
    expect(distance.moved({ askE8: 100_100n, bidE8: 100_000n })).toEqual([]);
  });
});

test('of any prices, exactly the nonces are named of which the move is larger than the distance', () => {
  const price = fc.bigInt({ min: 1n, max: 10n ** 13n });
  const signed = fc.record({ worstE8: price, worse: fc.constantFrom('higher' as const, 'lower' as const) });
  fc.assert(
    fc.property(
      fc.array(signed, { maxLength: 8 }),
      price,
      price,
      fc.bigInt({ min: 1n, max: 500_000n }),
      (list, bidE8, askE8, pct) => {
        const book = list.map((each, index) => ({ ...each, nonce: nonceText(`nonce-${index}`) }));
        const found = new PriceDistance(bookOf(book), pct).moved({ bidE8, askE8 }).map((each) => each.nonce);
        const expected = book.filter(({ worstE8, worse }) => {
          const move = worse === 'higher' ? askE8 - worstE8 : worstE8 - bidE8;
          return move * 1_000_000n > pct * worstE8;
        });
        expect(found).toEqual(expected.map((each) => each.nonce));
      },
    ),
  );
});

describe('the fair price', () => {
  const now = { nowUs: 10_000_000 };
  const price = (over: Parameters<typeof makePrice>[0] = {}) =>
    makePrice({ asOfUs: 9_000_000, maxAgeMs: 3000, ...over });

  test('is the top of the order book over the basis, each side rounded against us', () => {
    const { bids, asks } = price();
    expect(fairPriceOf(price(), now)).toEqual({ bidE8: bids[0]?.priceE8 ?? 0n, askE8: asks[0]?.priceE8 ?? 0n });
    const fair = fairPriceOf(price({ eurPerEureE8: 99_999_999n }), now);
    expect((fair?.bidE8 ?? 0n) * 99_999_999n).toBeLessThanOrEqual((bids[0]?.priceE8 ?? 0n) * 100_000_000n);
    expect((fair?.askE8 ?? 0n) * 99_999_999n).toBeGreaterThanOrEqual((asks[0]?.priceE8 ?? 0n) * 100_000_000n);
  });

  test('counts although the sources diverge', () => {
    expect(fairPriceOf(price({ divergencePctE4: 900_000n as never }), now)).not.toBeNull();
  });

  test.each<[string, Parameters<typeof makePrice>[0]]>([
    ['paused', { paused: true }],
    ['not tradable', { tradable: false }],
    ['old', { asOfUs: 6_999_999 }],
    ['without bids', { bids: [] }],
    ['without asks', { asks: [] }],
    ['without a basis', { eurPerEureE8: null }],
  ])('%s is none', (_name, over) => {
    expect(fairPriceOf(price(over), now)).toBeNull();
  });
});
