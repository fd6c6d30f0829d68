import { describe, expect, test } from 'bun:test';
import { priceE8, units } from '../../contracts/amounts.ts';
import { btcForEur, purchaseRate, saleRate } from './hedge.ts';

/** 10 units at 100, 10 units at 103. */
const LEVELS = [
  { priceE8: priceE8(100n), quantityE8: 10n },
  { priceE8: priceE8(103n), quantityE8: 10n },
];

describe('the average over as many levels as the size needs', () => {
  test.each([
    // size, sold (rounded down), bought (rounded up)
    [0n, 100n, 100n],
    [1n, 100n, 100n],
    [10n, 100n, 100n],
    [11n, 100n, 101n],
    [15n, 101n, 101n],
    [16n, 101n, 102n],
    [20n, 101n, 102n],
    [21n, null, null],
  ])('of %p units', (size, sold, bought) => {
    expect(saleRate(LEVELS, units(size))).toBe(sold as never);
    expect(purchaseRate(LEVELS, units(size))).toBe(bought as never);
  });

  test('of an empty side there is none', () => {
    expect(saleRate([], units(0n))).toBeNull();
    expect(purchaseRate([], units(0n))).toBeNull();
  });
});

describe('the size that a value takes', () => {
  test.each([
    // EUR times 10^16, rounded down, rounded up
    [0n, 0n, 0n],
    [1n, 0n, 1n],
    [100n, 1n, 1n],
    [999n, 9n, 10n],
    [1000n, 10n, 10n],
    [1001n, 10n, 11n],
    [1103n, 11n, 11n],
    [2029n, 19n, 20n],
    [2030n, 20n, 20n],
    [2031n, null, null],
  ])('of %p', (value, down, up) => {
    expect(btcForEur(LEVELS, value, 'down')).toBe(down as never);
    expect(btcForEur(LEVELS, value, 'up')).toBe(up as never);
  });
});
