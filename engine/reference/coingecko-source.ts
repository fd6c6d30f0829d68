// What an answer of CoinGecko makes of its source: a coin that is missing keeps its last price, which ages. Pure.

import type { CoinGeckoSource, CoinPrice } from './sources.ts';

export type CoinGeckoPrices = { readonly btc: CoinPrice | null; readonly eure: CoinPrice | null };

/** An answer that was read; `failure` names what was missing in it, else null. */
export type CoinGeckoReading = CoinGeckoPrices & { readonly failure: string | null; readonly readAtMs: number };

export const afterReading = (before: CoinGeckoSource, reading: CoinGeckoReading): CoinGeckoSource => ({
  ...reading,
  btc: newerCoin(before.btc, reading.btc),
  eure: newerCoin(before.eure, reading.eure),
});

/**
 * A price with the same time as the one before keeps that one's age: steps of the wall clock between two polls do not count. An older
 * one, of a cache behind the source, changes nothing: the price that is known goes on to age.
 */
function newerCoin(before: CoinPrice | null, next: CoinPrice | null): CoinPrice | null {
  if (next === null || before === null) return next ?? before;
  if (next.updatedAtMs < before.updatedAtMs) return before;
  const asOfUs = next.updatedAtMs === before.updatedAtMs ? before.asOfUs : next.asOfUs;
  const unchangedSinceUs = next.priceE8 === before.priceE8 ? before.unchangedSinceUs : asOfUs;
  return { ...next, asOfUs, unchangedSinceUs };
}
