// Money as scaled integers. No float touches an amount, a price or a percentage: outside text is parsed here into bigints
// and rendered here back into decimal text. The name of a value ends in its scale.

import type { Brand } from './brand.ts';

/** A token amount in the token's smallest unit (1 BTC = 10^8, 1 EURe = 10^18). */
export type Units = Brand<bigint, 'Units'>;
/** EUR (or EURe) per BTC, times 10^8. */
export type PriceE8 = Brand<bigint, 'PriceE8'>;
/** A value in EUR, times 10^18. */
export type EurE18 = Brand<bigint, 'EurE18'>;
/** A percentage, times 10^4: 2 % is 20_000n. */
export type PctE4 = Brand<bigint, 'PctE4'>;

export const units = (value: bigint): Units => value as Units;
export const priceE8 = (value: bigint): PriceE8 => value as PriceE8;
export const eurE18 = (value: bigint): EurE18 => value as EurE18;
export const pctE4 = (value: bigint): PctE4 => value as PctE4;

/** The verifier keeps amounts as i128: nothing above it can be signed. */
export const UNITS_MAX = (1n << 127n) - 1n;

const PLAIN_INTEGER = /^(?:0|[1-9][0-9]{0,38})$/;

/** Smallest units from their plain decimal text (no sign, no leading zero, at most 2^127-1), or `null`. */
export function parseUnits(text: unknown): Units | null {
  if (typeof text !== 'string' || !PLAIN_INTEGER.test(text)) return null;
  const value = BigInt(text);
  return value <= UNITS_MAX ? (value as Units) : null;
}

const DECIMAL = /^(-?)([0-9]{1,30})(?:\.([0-9]{1,30}))?$/;

/**
 * A decimal text as an integer scaled by 10^`scale`; digits beyond the scale must be zeros, else `null`: a price or a
 * limit is never rounded in silence.
 */
export function parseScaled(text: unknown, scale: number): bigint | null {
  if (typeof text !== 'string') return null;
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const fraction = match[3] ?? '';
  if (/[1-9]/.test(fraction.slice(scale))) return null;
  const digits = BigInt((match[2] ?? '0') + fraction.slice(0, scale).padEnd(scale, '0'));
  return match[1] === '-' ? -digits : digits;
}

/** Like `parseScaled`, but cuts digits beyond the scale toward zero: for outside prices printed with more digits. */
export function parseScaledFloor(text: unknown, scale: number): bigint | null {
  if (typeof text !== 'string') return null;
  const point = text.indexOf('.');
  return parseScaled(point === -1 ? text : text.slice(0, point + 1 + scale).replace(/\.$/, ''), scale);
}

/** Decimal text of a scaled integer with exactly `digits` (default: all `scale`) fraction digits, cut toward zero. */
export function renderScaled(value: bigint, scale: number, digits: number = scale): string {
  const negative = value < 0n;
  const text = (negative ? -value : value).toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  const fraction = text.slice(text.length - scale, text.length - scale + digits);
  const rendered = digits === 0 ? whole : `${whole}.${fraction}`;
  return negative && /[1-9]/.test(rendered) ? `-${rendered}` : rendered;
}
