// What the price sources gave, judged. Pure.

import { renderScaled } from '../../../contracts/amounts.ts';
import type { CoinGeckoSource, KrakenSource } from '../../../engine/reference/sources.ts';
import { fail, type Line, pass, warn } from '../check.ts';

const KRAKEN_FIX = 'check KRAKEN_WS_URL, the network and its certificates.';
const shown = (priceE8: bigint): string => `${renderScaled(priceE8, 8, 2)} EUR`;

/** @param trouble why there is no connection; null: there is no known reason */
export function judgeKraken(kraken: KrakenSource, trouble: string | null, host: string): Line {
  const [bid, ask] = [kraken.bids[0], kraken.asks[0]];
  if (!kraken.connected) return fail(`${host} cannot be used: ${trouble ?? 'it does not answer'}`, KRAKEN_FIX);
  if (bid === undefined || ask === undefined) {
    return fail(`${host} gave no order book of BTC/EUR: ${trouble ?? 'none came in time'}`, KRAKEN_FIX);
  }
  const text = `${host}: BTC at ${shown(bid.priceE8)} bid, ${shown(ask.priceE8)} ask`;
  if (!kraken.isMarketOpen) {
    return warn(
      `${text}; its market is ${kraken.system ?? 'not known to be open'}`,
      'wait until Kraken has opened it.',
    );
  }
  return pass(text);
}

/** @param reason why nothing could be had; null: it could */
export function judgeCoinGecko(coingecko: CoinGeckoSource, reason: string | null, host: string): Line {
  const fix = /api_key|plan/.test(reason ?? '')
    ? 'check COINGECKO_API_KEY, and that COINGECKO_URL is the host of its plan (api. or pro-api.).'
    : 'check COINGECKO_URL and the network; without it there is no fallback, and nothing checks Kraken.';
  if (coingecko.btc === null) return warn(`${host}: ${reason ?? 'no price of BTC'}`, fix);
  if (reason !== null) return warn(`${host}: ${reason}`, 'check COINGECKO_EURE_ID.');
  return pass(`${host}: BTC at ${shown(coingecko.btc.priceE8)}`);
}

const PERCENT_E4 = 1_000_000n;

/** @param maxPctE4 REFERENCE_MAX_DIVERGENCE_PCT */
export function judgeDivergence(kraken: KrakenSource, coingecko: CoinGeckoSource, maxPctE4: bigint): Line {
  const [bid, ask] = [kraken.bids[0], kraken.asks[0]];
  if (bid === undefined || ask === undefined || coingecko.btc === null) {
    return warn('the sources cannot be compared', 'repair the source that is missing.');
  }
  const mid = (bid.priceE8 + ask.priceE8) / 2n;
  const other = coingecko.btc.priceE8;
  const apart = mid > other ? mid - other : other - mid;
  const pctE4 = (apart * PERCENT_E4 + mid - 1n) / mid;
  const text = `the sources are ${renderScaled(pctE4, 4)} percent apart`;
  return pctE4 > maxPctE4
    ? fail(
        `${text}, more than REFERENCE_MAX_DIVERGENCE_PCT: nothing would be quoted`,
        'find out which of them is wrong before anything is armed.',
      )
    : pass(text);
}

/** @param maxPctE4 EURE_BASIS_MAX_DEVIATION_PCT */
export function judgeBasis(coingecko: CoinGeckoSource, maxPctE4: bigint): Line {
  const { eure } = coingecko;
  if (eure === null) return warn('the price of EURe is not known', 'check COINGECKO_EURE_ID.');
  const par = 10n ** 8n;
  const apart = eure.priceE8 > par ? eure.priceE8 - par : par - eure.priceE8;
  const pctE4 = (apart * PERCENT_E4 + par - 1n) / par;
  const text = `EURe is ${renderScaled(pctE4, 4)} percent from par`;
  return pctE4 > maxPctE4
    ? fail(`${text}, more than EURE_BASIS_MAX_DEVIATION_PCT`, 'do not trade before it is known why.')
    : pass(text);
}
