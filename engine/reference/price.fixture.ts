// A reference whose sources are fed by hand. Times are milliseconds of wall time; the monotonic clock runs along with it from
// another origin.

import { parseScaled, pctE4, priceE8 } from '../../contracts/amounts.ts';
import type { Moment, PriceLevel } from '../model/values.ts';
import { createReference, type Reference } from './price.ts';
import type { ReferenceConfig } from './select.ts';
import type { CoinPrice, Stamp, TopOfBook } from './sources.ts';

export const CONFIG: ReferenceConfig = {
  referenceMaxAgeMs: 3000,
  fallbackMaxAgeMs: 180_000,
  fallbackPolicy: 'allow',
  maxDivergencePctE4: pctE4(10_000n),
  eureBasis: 'par',
  maxBasisDeviationPctE4: pctE4(20_000n),
};

export const T0 = 1_767_225_600_000;
/** The process has run for two hours at T0. */
const T0_US = 7_200_000_000;

export const at = (nowMs: number): Moment => ({ nowMs, nowUs: T0_US + (nowMs - T0) * 1000 });

/** What was read at `readMs` and was `lateMs` old then. */
export function stamp(readMs: number, lateMs = 0): Stamp {
  const asOfMs = readMs - lateMs;
  return { asOfUs: at(asOfMs).nowUs, asOfMs, venueTimeMs: asOfMs };
}

export function e8(text: string) {
  const value = parseScaled(text, 8);
  if (value === null) throw new Error(`bad price in the test: ${text}`);
  return priceE8(value);
}

export const side = (...prices: string[]): PriceLevel[] =>
  prices.map((text) => ({ priceE8: e8(text), quantityE8: 100_000_000n }));

export const top = (bid: string, ask: string): TopOfBook => ({ bidE8: e8(bid), askE8: e8(ask) });

/** A coin that was asked for and read when it was updated. */
export const coin = (text: string, updatedAtMs: number, askedAtMs = updatedAtMs): CoinPrice => ({
  priceE8: e8(text),
  updatedAtMs,
  asOfUs: at(updatedAtMs).nowUs,
  askedAtUs: at(askedAtMs).nowUs,
  unchangedSinceUs: at(updatedAtMs).nowUs,
});

export const make = (change: Partial<ReferenceConfig> = {}): Reference =>
  createReference({ ...CONFIG, ...change }, at(T0).nowUs);

export function book(reference: Reference, bid: string, ask: string, readMs: number, lateMs = 0): void {
  reference.krakenBook({ bids: side(bid), asks: side(ask) }, stamp(readMs, lateMs), at(readMs));
}

/** Kraken at 94749.9 / 94750.1, connected and open, heard at `readMs`. */
export function openKraken(reference: Reference, readMs: number): void {
  reference.krakenOpened();
  reference.krakenStatus('online');
  reference.krakenBook({ bids: side('94749.9', '94749.0'), asks: side('94750.1') }, stamp(readMs), at(readMs));
}

export function readBtc(reference: Reference, text: string, updatedAtMs: number, readMs = updatedAtMs): void {
  reference.coingeckoRead({ btc: coin(text, updatedAtMs, readMs), eure: null }, null, at(readMs));
}
