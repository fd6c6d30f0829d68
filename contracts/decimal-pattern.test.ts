import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseScaled } from './amounts.ts';
import { decimalPattern } from './decimal-pattern.ts';

/** Of numbers that are near a bound, and of texts that are written in unusual ways. */
const digits = (max: number) => fc.array(fc.constantFrom(...'000123456789'), { minLength: 0, maxLength: max });
const decimalText = fc
  .tuple(fc.constantFrom('', '-', '+', ' '), digits(32), fc.constantFrom('', '.', '..', ','), digits(32))
  .map(([sign, whole, point, fraction]) => `${sign}${whole.join('')}${point}${fraction.join('')}`);

test.each([
  ['99', 4],
  ['100', 4],
  ['50', 4],
  ['1', 1],
  ['7', 2],
  ['305', 3],
  ['1000000000', 18],
])(
  'the pattern of numbers to %s with %d decimals takes what is parsed and within bounds, and nothing else',
  (max, scale) => {
    const pattern = new RegExp(decimalPattern(max, scale));
    const limit = parseScaled(max, scale) ?? 0n;
    const isTaken = (text: string): boolean => {
      const parsed = parseScaled(text, scale);
      return parsed !== null && !text.startsWith('-') && parsed <= limit;
    };
    const whole = BigInt(max);
    const near = [whole - 1n, whole, whole + 1n, whole * 10n].flatMap((value) => {
      const written = ['', '0', '0'.repeat(27), '0'.repeat(30)].map((zeros) => `${zeros}${value}`);
      const fractions = ['', '.', '.0', '.9', `.${'9'.repeat(scale)}`, `.${'9'.repeat(scale)}0`, `.${'0'.repeat(30)}`];
      return written.flatMap((text) =>
        [...fractions, `.${'0'.repeat(31)}`, `.${'0'.repeat(scale)}1`].map((f) => text + f),
      );
    });
    for (const text of near) expect([text, pattern.test(text)]).toEqual([text, isTaken(text)]);
    fc.assert(
      fc.property(decimalText, (text) => pattern.test(text) === isTaken(text)),
      { numRuns: 500 },
    );
  },
);

test.each(['', '0', '01', '1.5', '-1', 'x', '1'.repeat(31)])('%p is no bound', (max) => {
  expect(() => decimalPattern(max, 4)).toThrow('whole number');
});
