// Integers written as text, read as the contract's language reads them: an optional sign, digits, nothing else; leading
// zeros are fine; the first offence from the left decides which refusal it is.
import { accepted, type Parsed, refused } from './parsed.ts';

export const U128_MAX = 2n ** 128n - 1n;
export const I128_MAX = 2n ** 127n - 1n;
const I128_MIN = -(2n ** 127n);
export const U64_MAX = 2n ** 64n - 1n;

/** More digits than any of the ranges has: behind these an overflow is certain, whatever follows. */
const DIGITS_ENOUGH = 60;

function parseInteger(text: string, minimum: bigint, maximum: bigint): Parsed<bigint> {
  if (text === '') return refused('cannot parse integer from empty string');
  if (text === '+' || text === '-') return refused('invalid digit found in string');
  const negative = text.startsWith('-') && minimum < 0n;
  const digits = negative || text.startsWith('+') ? text.slice(1) : text;
  const clean = /^[0-9]*/.exec(digits)?.[0] ?? '';
  const leading = /^0*/.exec(clean)?.[0].length ?? 0;
  const significant = clean.slice(leading, leading + DIGITS_ENOUGH);
  const size = significant === '' ? 0n : BigInt(significant);
  const value = negative ? -size : size;
  // An overflow inside the clean part comes before a bad digit behind it.
  if (value > maximum) return refused('number too large to fit in target type');
  if (value < minimum) return refused('number too small to fit in target type');
  if (clean.length < digits.length) return refused('invalid digit found in string');
  return accepted(value);
}

export const parseU128 = (text: string): Parsed<bigint> => parseInteger(text, 0n, U128_MAX);
export const parseI128 = (text: string): Parsed<bigint> => parseInteger(text, I128_MIN, I128_MAX);
export const parseU64 = (text: string): Parsed<bigint> => parseInteger(text, 0n, U64_MAX);
