import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { formatScaled, parseScaled } from './decimal.ts';

test.each([
  ['94750.1', 1, 947_501n],
  ['94750', 1, 947_500n],
  ['94750.100', 1, 947_501n],
  ['0.00100000', 8, 100_000n],
  ['-0.05', 2, -5n],
])('reads %s at scale %d', (text, scale, value) => {
  expect(parseScaled(text, scale)).toEqual({ ok: true, value });
});

test.each([
  ['94750.15', 1],
  ['1e5', 1],
  ['', 1],
  ['1.', 1],
  ['.5', 1],
  ['NaN', 1],
])('refuses %p at scale %d', (text, scale) => {
  expect(parseScaled(text, scale).ok).toBe(false);
});

test('prints all decimals, and reading gives the same value back', () => {
  expect(formatScaled(1n, 8)).toBe('0.00000001');
  expect(formatScaled(947_500n, 1)).toBe('94750.0');
  fc.assert(
    fc.property(fc.bigInt(), fc.integer({ min: 0, max: 20 }), (value, scale) => {
      expect(parseScaled(formatScaled(value, scale), scale)).toEqual({ ok: true, value });
    }),
  );
});
