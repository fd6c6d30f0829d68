// Values as a person reads them: amounts in whole tokens, rates, spans of time. Pure; exact, no floats.

import { parseScaled, renderScaled } from '../../contracts/amounts.ts';
import { KNOWN_ASSETS } from '../../contracts/assets.ts';

const ASSETS = new Map<string, { readonly symbol: string; readonly decimals: number }>(
  KNOWN_ASSETS.map((asset) => [asset.id, asset]),
);

const symbolOf = (asset: string): string => ASSETS.get(asset)?.symbol ?? printable(asset);

/** `0.00004 BTC (4000 units)`; units alone for a token that is not ours. */
export function amount(units: string | null, asset: string): string {
  if (units === null) return `open amount of ${symbolOf(asset)}`;
  const known = ASSETS.get(asset);
  if (known === undefined) return `${units} units of ${printable(asset)}`;
  return `${tokens(units, asset)} (${units} units)`;
}

/** `0.00004 BTC`. */
export function tokens(units: string, asset: string): string {
  const known = ASSETS.get(asset);
  if (known === undefined) return `${units} units of ${printable(asset)}`;
  return `${trimmed(renderScaled(BigInt(units), known.decimals))} ${known.symbol}`;
}

/** With a sign in front, for changes. */
export function change(units: string, asset: string): string {
  return units.startsWith('-') ? tokens(units, asset) : `+${tokens(units, asset)}`;
}

/** A decimal text without zeros at its end, thousands apart. */
export function decimal(text: string | null): string {
  if (text === null) return 'unknown';
  const [whole = '', fraction] = trimmed(text).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** EUR with two decimals, cut; four where two would show nothing. */
export function eur(text: string | null): string {
  const value = parseScaled(text, 18);
  if (value === null) return 'unknown value';
  const cents = renderScaled(value, 18, 2);
  return `${/[1-9]/.test(cents) ? cents : renderScaled(value, 18, 4)} EUR`;
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A span: `61 us`, `12 ms`, `9.40 s`, `1 min 10 s`, cut at its last digit. */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1) return `${Math.round(ms * 1000)} us`;
  if (size < 1000) return `${Number.isInteger(ms) ? ms : ms.toFixed(1)} ms`;
  if (size < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.floor(size / 1000);
  const rest = seconds % 60 === 0 ? '' : ` ${seconds % 60} s`;
  return `${ms < 0 ? '-' : ''}${Math.floor(seconds / 60)} min${rest}`;
}

/** Relative to the arrival: `+12 ms`; the time itself when the arrival is not known. */
export function since(at: string, arrivedAt: string | null): string {
  if (arrivedAt === null) return at;
  const ms = Date.parse(at) - Date.parse(arrivedAt);
  return ms < 0 ? span(ms) : `+${span(ms)}`;
}

/**
 * Text of the venue or of an operator that is safe on a terminal: control characters and marks that turn the direction of
 * writing are shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
