// Chooses the price from what the sources said: Kraken while it is connected, its book stands and is fresh; else CoinGecko
// where the policy allows it; else the newest stale values, with their age, so that a refusal can say numbers. Pure.
//
// A source that may not be traded on at any age (connection down, book not valid, CoinGecko under `deny`) is shown with
// `maxAgeMs` -1, so that whoever compares ages needs no further rule.

import { type PriceE8, UNITS_MAX } from '../../contracts/amounts.ts';
import type { EngineConfig } from '../../contracts/config/engine.ts';
import type { BookLevel, PriceView } from '../model.ts';
import { divergenceOf, PAR_E8 } from './fair.ts';
import type { BookProblem, CoinGeckoSource, CoinPrice, KrakenSource } from './sources.ts';

export type ReferenceConfig = Pick<
  EngineConfig,
  'referenceMaxAgeMs' | 'fallbackMaxAgeMs' | 'fallbackPolicy' | 'maxDivergencePctE4' | 'eureBasis'
>;

export type KrakenFault = 'kraken_disconnected' | 'kraken_stale' | `kraken_${BookProblem}`;
export type CoinGeckoFault = 'coingecko_missing' | 'coingecko_stale';

/** What keeps decisions from trading on the price; the codes are those of the decisions. */
export type PriceProblem = 'price_missing' | 'price_stale' | 'price_not_tradable' | 'price_diverged' | 'basis_missing';

export type Selection = {
  readonly view: PriceView;
  readonly problem: PriceProblem | null;
  readonly krakenFault: KrakenFault | null;
  readonly coingeckoFault: CoinGeckoFault | null;
  /** Kraken is not usable and CoinGecko stands in for it. */
  readonly fallbackUsed: boolean;
  /** The last millisecond at which this selection holds if nothing is heard until then. */
  readonly validUntilMs: number;
};

/** At no age. */
const NEVER_TRADED_ON_MS = -1;
/** CoinGecko's price holds for any size. */
const ANY_QUANTITY_E8: bigint = UNITS_MAX;

const isFresh = (atMs: number | null, maxAgeMs: number, nowMs: number): boolean =>
  atMs !== null && nowMs - atMs <= maxAgeMs;

function krakenFaultOf(kraken: KrakenSource, maxAgeMs: number, nowMs: number): KrakenFault | null {
  if (!kraken.connected) return 'kraken_disconnected';
  if (kraken.bookProblem !== null) return `kraken_${kraken.bookProblem}`;
  return isFresh(kraken.confirmedAtMs, maxAgeMs, nowMs) ? null : 'kraken_stale';
}

function coingeckoFaultOf(coin: CoinPrice | null, maxAgeMs: number, nowMs: number): CoinGeckoFault | null {
  if (coin === null) return 'coingecko_missing';
  return isFresh(coin.updatedAtMs, maxAgeMs, nowMs) ? null : 'coingecko_stale';
}

type Quotes = Pick<PriceView, 'source' | 'bids' | 'asks' | 'hasDepth' | 'asOfMs' | 'maxAgeMs' | 'tradable'>;

const NOTHING: Quotes = {
  source: 'none',
  bids: [],
  asks: [],
  hasDepth: false,
  asOfMs: 0,
  maxAgeMs: NEVER_TRADED_ON_MS,
  tradable: false,
};

const krakenQuotes = (kraken: KrakenSource, asOfMs: number, maxAgeMs: number): Quotes => ({
  source: 'kraken',
  bids: kraken.bids,
  asks: kraken.asks,
  hasDepth: true,
  asOfMs,
  maxAgeMs,
  tradable: kraken.system === 'online',
});

function coingeckoQuotes(coin: CoinPrice, maxAgeMs: number): Quotes {
  const level: BookLevel = { priceE8: coin.priceE8, quantityE8: ANY_QUANTITY_E8 };
  return {
    source: 'coingecko',
    bids: [level],
    asks: [level],
    hasDepth: false,
    asOfMs: coin.updatedAtMs,
    maxAgeMs,
    tradable: true,
  };
}

/** Nothing is usable: the newest values that there are, of an allowed source before one that is not. */
function newestStale(kraken: KrakenSource, btc: CoinPrice | null, config: ReferenceConfig, fault: KrakenFault): Quotes {
  const isAllowed = config.fallbackPolicy === 'allow';
  const heardAtMs = kraken.confirmedAtMs;
  if (heardAtMs !== null && (btc === null || !isAllowed || heardAtMs >= btc.updatedAtMs)) {
    return krakenQuotes(kraken, heardAtMs, fault === 'kraken_stale' ? config.referenceMaxAgeMs : NEVER_TRADED_ON_MS);
  }
  if (btc === null) return NOTHING;
  return coingeckoQuotes(btc, isAllowed ? config.fallbackMaxAgeMs : NEVER_TRADED_ON_MS);
}

function problemOf(view: PriceView, usable: boolean, config: ReferenceConfig): PriceProblem | null {
  if (view.source === 'none') return 'price_missing';
  if (!usable) return 'price_stale';
  if (!view.tradable) return 'price_not_tradable';
  if (view.divergencePctE4 !== null && view.divergencePctE4 > config.maxDivergencePctE4) return 'price_diverged';
  return view.eurPerEureE8 === null ? 'basis_missing' : null;
}

/** The top of a view; null when it has none. */
export function topOf(view: PriceView): { readonly bidE8: PriceE8; readonly askE8: PriceE8 } | null {
  const bid = view.bids[0];
  const ask = view.asks[0];
  return bid === undefined || ask === undefined ? null : { bidE8: bid.priceE8, askE8: ask.priceE8 };
}

/** What the sources make of the price at `nowMs`. `priceId` is handed through into the view. */
export function select(
  config: ReferenceConfig,
  kraken: KrakenSource,
  coingecko: CoinGeckoSource,
  priceId: string | null,
  nowMs: number,
): Selection {
  const { referenceMaxAgeMs, fallbackMaxAgeMs } = config;
  const { btc, eure } = coingecko;
  const krakenFault = krakenFaultOf(kraken, referenceMaxAgeMs, nowMs);
  const coingeckoFault = coingeckoFaultOf(btc, fallbackMaxAgeMs, nowMs);
  const fallbackUsed = krakenFault !== null && coingeckoFault === null && config.fallbackPolicy === 'allow';

  let quotes: Quotes;
  if (krakenFault === null) quotes = krakenQuotes(kraken, kraken.confirmedAtMs ?? 0, referenceMaxAgeMs);
  else if (fallbackUsed && btc !== null) quotes = coingeckoQuotes(btc, fallbackMaxAgeMs);
  else quotes = newestStale(kraken, btc, config, krakenFault);

  const [bid, ask] = [kraken.bids[0], kraken.asks[0]];
  const areBothFresh = krakenFault === null && coingeckoFault === null;
  const divergencePctE4 =
    areBothFresh && btc !== null && bid !== undefined && ask !== undefined
      ? divergenceOf(bid.priceE8, ask.priceE8, btc.priceE8)
      : null;
  const readBasisE8 = isFresh(eure?.updatedAtMs ?? null, fallbackMaxAgeMs, nowMs) ? (eure?.priceE8 ?? null) : null;

  const view: PriceView = {
    priceId,
    ...quotes,
    paused: false,
    divergencePctE4,
    basisKind: config.eureBasis,
    eurPerEureE8: config.eureBasis === 'par' ? PAR_E8 : readBasisE8,
  };
  const limits = [
    [kraken.confirmedAtMs, referenceMaxAgeMs],
    [btc?.updatedAtMs ?? null, fallbackMaxAgeMs],
    [eure?.updatedAtMs ?? null, fallbackMaxAgeMs],
  ] as const;
  let validUntilMs = Number.POSITIVE_INFINITY;
  for (const [atMs, maxAgeMs] of limits) {
    if (atMs !== null && nowMs - atMs <= maxAgeMs) validUntilMs = Math.min(validUntilMs, atMs + maxAgeMs);
  }
  return {
    view,
    problem: problemOf(view, krakenFault === null || fallbackUsed, config),
    krakenFault,
    coingeckoFault,
    fallbackUsed,
    validUntilMs,
  };
}
