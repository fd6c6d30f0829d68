// Decimal text of outside numbers to scaled integers. JSON allows exponents, which the project's own decimal text does not;
// they are written out here, digit by digit, so that no float comes in between. Pure and total.

import { type PriceE8, parseScaled, parseScaledFloor, priceE8 } from '../../contracts/amounts.ts';

const JSON_NUMBER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
/** Beyond it a number is no price, and writing it out would only fill memory. */
const EXPONENT_MAX = 30;
/** Sign, 30 digits, point, 30 digits, exponent: more is no price and costs time to read. */
const NUMBER_CHARS_MAX = 68;
/** 10^9 EUR: no price of one coin. */
const PRICE_E8_MAX = 10n ** 17n;

/** The same number without an exponent; null when the text is no JSON number or too large or small to be a price. */
export function withoutExponent(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > NUMBER_CHARS_MAX) return null;
  const match = JSON_NUMBER.exec(text);
  if (match === null) return null;
  const exponent = Number(match[4] ?? '0');
  if (exponent === 0) return match[4] === undefined ? text : text.replace(/[eE].*$/, '');
  if (Math.abs(exponent) > EXPONENT_MAX) return null;
  const [sign, whole, fraction] = [match[1] ?? '', match[2] ?? '', match[3] ?? ''];
  const point = whole.length + exponent;
  const digits = (whole + fraction).padEnd(point, '0');
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits;
  const at = Math.max(point, 1);
  const rest = padded.slice(at);
  return sign + padded.slice(0, at) + (rest === '' ? '' : `.${rest}`);
}

/** Times 10^8, exact: null when digits would be lost, or when the number is negative. */
export function exactE8(text: unknown): bigint | null {
  const value = parseScaled(withoutExponent(text), 8);
  return value === null || value < 0n ? null : value;
}

const isPrice = (value: bigint | null): value is bigint => value !== null && value > 0n && value <= PRICE_E8_MAX;

/** A price times 10^8, exact: null when digits would be lost, or when it is not above zero or beyond any price. */
export function exactPriceE8(text: unknown): PriceE8 | null {
  const value = exactE8(text);
  return isPrice(value) ? priceE8(value) : null;
}

/** A price times 10^8, digits beyond cut off; null when nothing above zero is left, or when it is beyond any price. */
export function positiveE8(text: unknown): PriceE8 | null {
  const value = parseScaledFloor(withoutExponent(text), 8);
  return isPrice(value) ? priceE8(value) : null;
}
