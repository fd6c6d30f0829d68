// The fee's arithmetic: published figures, and that a trade closes exactly for any amount and any fee.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { closureOfDelta, feeOf, supplyOfDelta } from './fee.ts';

test.each([
  [-1000n, 1, 999n],
  [-100_000n, 1, 99_999n],
  [-5_000_000n, 1, 4_999_995n],
  [-2_000_001n, 1, 1_999_998n],
  [-95_000_000_000_000_000_000n, 1, 94_999_905_000_000_000_000n],
  [94_750_000_000_000_000_000n, 1, -94_750_094_750_094_750_095n],
  [100_000n, 1, -100_001n],
  [-1000n, 100, 999n],
  [-1000n, 10_000, 990n],
  [-1000n, 0, 1000n],
])('a delta of %p at %p pips is met by %p', (delta, feePips, closure) => {
  expect(closureOfDelta(delta, feePips)).toBe(closure);
});

test.each([
  [1n, 1, 1n],
  [1_000_000n, 1, 1n],
  [1_000_001n, 1, 2n],
  [5n, 0, 0n],
])('the fee on %p at %p pips is %p, rounded up', (units, feePips, fee) => {
  expect(feeOf(units, feePips)).toBe(fee);
});

const units = fc.bigInt({ min: 1n, max: 2n ** 100n });
const pips = fc.integer({ min: 0, max: 500_000 });

test('what one side supplies, the other takes: nothing is left over', () => {
  fc.assert(
    fc.property(units, fc.boolean(), pips, (size, negative, feePips) => {
      const delta = negative ? -size : size;
      const closure = closureOfDelta(delta, feePips);
      expect(supplyOfDelta(delta, feePips) + supplyOfDelta(closure, feePips)).toBe(0n);
    }),
  );
});

test('the supply of a payment is the payment less its fee', () => {
  fc.assert(
    fc.property(units, pips, (size, feePips) => {
      expect(supplyOfDelta(-size, feePips)).toBe(-(size - feeOf(size, feePips)));
    }),
  );
});
