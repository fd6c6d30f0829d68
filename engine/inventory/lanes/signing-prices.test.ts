import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { SigningPrices, type WorsePrice } from './signing-prices.ts';

const T0 = 1_767_225_600_000;

describe('the worst price', () => {
  test.each<[WorsePrice, bigint]>([
    ['higher', 100n],
    ['lower', 300n],
  ])('where a %s price hurts', (worse, expected) => {
    const prices = new SigningPrices();
    for (const priceE8 of [200n, 100n, 300n]) prices.add(T0, priceE8, worse);
    expect(prices.worst(T0, worse)).toBe(expected);
  });

  test('is forgotten with the second of its deadline, not before', () => {
    const prices = new SigningPrices();
    prices.add(T0 + 999, 100n, 'higher');
    prices.add(T0 + 1000, 200n, 'higher');
    expect(prices.worst(T0 + 999, 'higher')).toBe(100n);
    expect(prices.worst(T0 + 1000, 'higher')).toBe(200n);
    expect(prices.worst(Number.POSITIVE_INFINITY, 'higher')).toBeNull();
    prices.add(T0 + 500, 300n, 'higher');
    expect(prices.worst(T0 + 500, 'higher')).toBe(300n);
  });
});

test('over any sequence it is at least as bad as that of every live quote, and that of one with a deadline in a live second', () => {
  const add = fc.record({ deadlineS: fc.integer({ min: 0, max: 90 }), priceE8: fc.bigInt({ min: 1n, max: 50n }) });
  const steps = fc.array(fc.oneof(add, fc.integer({ min: 0, max: 20 })), { maxLength: 80 });
  fc.assert(
    fc.property(steps, fc.constantFrom<WorsePrice>('higher', 'lower'), (list, worse) => {
      const prices = new SigningPrices();
      let nowS = 0;
      let live: { deadlineAtMs: number; priceE8: bigint }[] = [];
      for (const each of list) {
        if (typeof each === 'number') nowS += each;
        else {
          const quote = { deadlineAtMs: T0 + (nowS + each.deadlineS) * 1000 + 250, priceE8: each.priceE8 };
          live.push(quote);
          prices.add(quote.deadlineAtMs, quote.priceE8, worse);
        }
        live = live.filter(({ deadlineAtMs }) => deadlineAtMs >= T0 + nowS * 1000);
        const deadlines = live.map(({ deadlineAtMs }) => deadlineAtMs);
        const known = live.map(({ priceE8 }) => priceE8).sort((a, b) => Number(a - b));
        const expected = worse === 'higher' ? known[0] : known.at(-1);
        expect(prices.worst(Math.min(...deadlines), worse)).toBe(expected ?? null);
      }
    }),
  );
});
