// Chooses the price from the state of the sources. Kraken's last checked book is used until its own maximum age, whatever
// became of the connection. After that CoinGecko alone is used, where the policy allows it, once both sources were compared
// in this process and agreed the last time. Otherwise the newest stale values are shown, with their age, so that a refusal
// can name numbers. Pure.
//
// A source that may not be traded on at any age (CoinGecko under `deny`, or never compared) has `maxAgeMs` -1, so that
// whoever compares ages needs no further rule.

import { type PctE4, type PriceE8, pctE4, UNITS_MAX } from '../../contracts/amounts.ts';
import type { EngineConfig } from '../../contracts/config/engine.ts';
import { PAR_E8 } from '../lib/basis.ts';
import { type PriceLimits, type PriceReason, priceGate } from '../lib/price-gate.ts';
import type { Moment, PriceLevel, PriceView } from '../model/values.ts';
import { divergenceOf, midOf } from './fair.ts';
import {
  type BookProblem,
  bookTop,
  type CoinGeckoSource,
  type CoinPrice,
  type KrakenSource,
  krakenTop,
  type TopOfBookAt,
} from './sources.ts';

export type ReferenceConfig = Pick<
  EngineConfig,
  | 'referenceMaxAgeMs'
  | 'fallbackMaxAgeMs'
  | 'fallbackPolicy'
  | 'maxDivergencePctE4'
  | 'eureBasis'
  | 'maxBasisDeviationPctE4'
>;

type KrakenFault = 'kraken_disconnected' | 'kraken_stale' | `kraken_${BookProblem}`;
type CoinGeckoFault = 'coingecko_missing' | 'coingecko_stale' | 'coingecko_stuck';

/** The last time that both sources were heard near in time, and how far apart they were. */
export type Comparison = { readonly pctE4: PctE4; readonly isOver: boolean };

/** A book of Kraken too far from the one just before it, with no other source to judge it by. */
export type Jump = { readonly pctE4: PctE4; readonly untilUs: number };

/** All that a selection depends on, apart from the time. */
export type ReferenceMemory = {
  readonly config: ReferenceConfig;
  readonly kraken: KrakenSource;
  readonly coingecko: CoinGeckoSource;
  /** null: not compared since the start. */
  readonly comparison: Comparison | null;
  readonly jump: Jump | null;
  readonly paused: boolean;
  /** Id of the last published snapshot. */
  readonly priceId: string | null;
};

export type Selection = {
  readonly view: PriceView;
  /** What keeps decisions from trading on the price. */
  readonly problem: PriceReason | null;
  /** Too old to trade on, or none at all, whether paused or not. */
  readonly isStale: boolean;
  readonly krakenFault: KrakenFault | null;
  readonly coingeckoFault: CoinGeckoFault | null;
  /** Kraken's price is too old and CoinGecko's is used in its place. */
  readonly fallbackUsed: boolean;
  /** The last microsecond at which this selection holds if nothing is heard until then. */
  readonly validUntilUs: number;
};

/**
 * CoinGecko's price has so many digits that a market in motion changes it with each update. One that repeats itself for longer
 * is stuck, whatever its `last_updated_at` says: it is not traded on where Kraken cannot judge it.
 */
export const STUCK_AFTER_MS = 600_000;
/** At no age. */
const NEVER_TRADED_ON_MS = -1;
/** CoinGecko's price holds for any size. */
const ANY_QUANTITY_E8: bigint = UNITS_MAX;

const isFresh = (asOfUs: number | null | undefined, maxAgeMs: number, { nowUs }: Moment): boolean =>
  asOfUs !== null && asOfUs !== undefined && nowUs - asOfUs <= maxAgeMs * 1000;

/** Both prices are young enough to be judged by each other. */
function areNear({ config, kraken, coingecko }: ReferenceMemory, now: Moment): boolean {
  const { fallbackMaxAgeMs } = config;
  const [top, btc] = [krakenTop(kraken), coingecko.btc];
  return isFresh(top?.asOfUs, fallbackMaxAgeMs, now) && isFresh(btc?.asOfUs, fallbackMaxAgeMs, now);
}

function isStuck(memory: ReferenceMemory, now: Moment): boolean {
  const { btc } = memory.coingecko;
  if (btc === null || isFresh(btc.unchangedSinceUs, STUCK_AFTER_MS, now)) return false;
  return !isFresh(krakenTop(memory.kraken)?.asOfUs, memory.config.fallbackMaxAgeMs, now);
}

/** Compares the sources when both prices are young enough; else the last comparison stays. */
export function compareSources(memory: ReferenceMemory, now: Moment): Comparison | null {
  const { config, kraken, coingecko, comparison } = memory;
  const [top, btc] = [krakenTop(kraken), coingecko.btc];
  if (top === null || btc === null || !areNear(memory, now)) return comparison;
  const pctE4 = divergenceOf(top, btc.priceE8);
  return { pctE4, isOver: pctE4 > config.maxDivergencePctE4 };
}

/**
 * Whether a new book of Kraken jumped: further from the price just before than the sources may be apart, and no second
 * source that could confirm it. A jump counts until the price before it is older than a price may be; a level that lasts is
 * the market's.
 */
export function jumpOf(memory: ReferenceMemory, before: TopOfBookAt | null, now: Moment): Jump | null {
  const { config, kraken } = memory;
  const book = bookTop(kraken);
  if (before === null || book === null || areNear(memory, now)) return null;
  const untilUs = before.asOfUs + config.referenceMaxAgeMs * 1000;
  const pctE4 = divergenceOf(before, midOf(book.bidE8, book.askE8));
  return pctE4 > config.maxDivergencePctE4 && book.asOfUs <= untilUs ? { pctE4, untilUs } : null;
}

function krakenFaultOf(kraken: KrakenSource, isYoung: boolean): KrakenFault | null {
  if (!kraken.connected) return 'kraken_disconnected';
  if (kraken.bookProblem !== null) return `kraken_${kraken.bookProblem}`;
  return isYoung ? null : 'kraken_stale';
}

function coingeckoFaultOf(memory: ReferenceMemory, now: Moment): CoinGeckoFault | null {
  const { btc } = memory.coingecko;
  if (btc === null) return 'coingecko_missing';
  if (!isFresh(btc.asOfUs, memory.config.fallbackMaxAgeMs, now)) return 'coingecko_stale';
  return isStuck(memory, now) ? 'coingecko_stuck' : null;
}

type Quotes = Pick<
  PriceView,
  'source' | 'bids' | 'asks' | 'hasDepth' | 'asOfMs' | 'asOfUs' | 'heardAtUs' | 'maxAgeMs' | 'tradable'
>;

const NOTHING: Quotes = {
  source: 'none',
  bids: [],
  asks: [],
  hasDepth: false,
  asOfMs: 0,
  asOfUs: 0,
  heardAtUs: Number.NEGATIVE_INFINITY,
  maxAgeMs: NEVER_TRADED_ON_MS,
  tradable: false,
};

function krakenQuotes({ bids, asks, confirmed, isMarketOpen, isContradicted }: KrakenSource, maxAgeMs: number): Quotes {
  if (confirmed === null) return NOTHING;
  const { asOfUs, asOfMs } = confirmed;
  const tradable = isMarketOpen && !isContradicted;
  return { source: 'kraken', bids, asks, hasDepth: true, asOfUs, asOfMs, heardAtUs: asOfUs, maxAgeMs, tradable };
}

function coingeckoQuotes(coin: CoinPrice, kraken: KrakenSource, maxAgeMs: number): Quotes {
  const level: PriceLevel = { priceE8: coin.priceE8, quantityE8: ANY_QUANTITY_E8 };
  // An answer may repeat a price from before Kraken moved: it is no newer than the last of Kraken, unless it was updated since.
  const bothHeardAtUs = Math.min(coin.askedAtUs, kraken.heardAtUs ?? Number.NEGATIVE_INFINITY);
  return {
    source: 'coingecko',
    bids: [level],
    asks: [level],
    hasDepth: false,
    asOfMs: coin.updatedAtMs,
    asOfUs: coin.asOfUs,
    heardAtUs: Math.max(coin.asOfUs, bothHeardAtUs),
    maxAgeMs,
    tradable: true,
  };
}

/** The quotes to decide on: usable ones, else the newest of an allowed source. */
function quotesOf(memory: ReferenceMemory, now: Moment): Quotes {
  const { config, kraken, coingecko, comparison } = memory;
  const { referenceMaxAgeMs, fallbackMaxAgeMs, fallbackPolicy } = config;
  const ofKraken = krakenQuotes(kraken, referenceMaxAgeMs);
  const { btc } = coingecko;
  if (btc === null || isFresh(kraken.confirmed?.asOfUs, referenceMaxAgeMs, now)) return ofKraken;
  const isAllowed = fallbackPolicy === 'allow' && comparison !== null && !isStuck(memory, now);
  const ofCoinGecko = coingeckoQuotes(btc, kraken, isAllowed ? fallbackMaxAgeMs : NEVER_TRADED_ON_MS);
  if (ofKraken.source === 'none') return ofCoinGecko;
  if (!isAllowed) return ofKraken;
  return isFresh(btc.asOfUs, fallbackMaxAgeMs, now) || btc.asOfUs > ofKraken.asOfUs ? ofCoinGecko : ofKraken;
}

/** The larger, null counting as nothing. */
const largerOf = (a: PctE4 | null, b: PctE4 | null): PctE4 | null => (a === null || (b !== null && b > a) ? b : a);

/** How far Kraken's book is from its own ticker; null when they agree within the limit, or the ticker is too old to say. */
function contradictionOf({ kraken, config }: ReferenceMemory, now: Moment): PctE4 | null {
  const { ticker, tickerAt } = kraken;
  const book = bookTop(kraken);
  if (book === null || ticker === null || !isFresh(tickerAt?.asOfUs, config.referenceMaxAgeMs, now)) return null;
  const pctE4 = divergenceOf(ticker, midOf(book.bidE8, book.askE8));
  return pctE4 > config.maxDivergencePctE4 ? pctE4 : null;
}

/**
 * The maximum distance of the price from what else is known. Of the two sources by their last comparison: a
 * price that was found wrong does not become right by the silence of the other source. Of Kraken's book from its own ticker,
 * and from its price just before where no other source can say which of the two is right.
 */
function divergenceIn(memory: ReferenceMemory, source: PriceView['source'], now: Moment): PctE4 | null {
  const { comparison, jump } = memory;
  const counts = comparison !== null && (comparison.isOver || areNear(memory, now));
  const ofSources = counts ? comparison.pctE4 : null;
  if (source !== 'kraken') return ofSources;
  const ofJump = jump !== null && now.nowUs <= jump.untilUs ? jump.pctE4 : null;
  return largerOf(ofSources, largerOf(contradictionOf(memory, now), ofJump));
}

/** The top of a view; null when it has none. */
export function topOf(view: PriceView): { readonly bidE8: PriceE8; readonly askE8: PriceE8 } | null {
  const bid = view.bids[0];
  const ask = view.asks[0];
  return bid === undefined || ask === undefined ? null : { bidE8: bid.priceE8, askE8: ask.priceE8 };
}

/** The last moment at which what is fresh now still is. */
function validUntilUsOf({ config, kraken, coingecko, jump }: ReferenceMemory, now: Moment): number {
  const { referenceMaxAgeMs, fallbackMaxAgeMs } = config;
  const limits = [
    [kraken.confirmed?.asOfUs ?? null, referenceMaxAgeMs],
    [krakenTop(kraken)?.asOfUs ?? null, fallbackMaxAgeMs],
    [kraken.tickerAt?.asOfUs ?? null, referenceMaxAgeMs],
    [coingecko.btc?.asOfUs ?? null, fallbackMaxAgeMs],
    [coingecko.btc?.unchangedSinceUs ?? null, STUCK_AFTER_MS],
    [coingecko.eure?.asOfUs ?? null, fallbackMaxAgeMs],
    [jump?.untilUs ?? null, 0],
  ] as const;
  let untilUs = Number.POSITIVE_INFINITY;
  for (const [asOfUs, maxAgeMs] of limits) {
    if (asOfUs !== null && isFresh(asOfUs, maxAgeMs, now)) untilUs = Math.min(untilUs, asOfUs + maxAgeMs * 1000);
  }
  return untilUs;
}

/** What the sources make of the price now. */
export function select(memory: ReferenceMemory, now: Moment): Selection {
  const { config, kraken, coingecko, paused, priceId } = memory;
  const { fallbackMaxAgeMs, eureBasis } = config;
  const { btc, eure } = coingecko;
  const isKrakenYoung = isFresh(kraken.confirmed?.asOfUs, config.referenceMaxAgeMs, now);
  const isBtcFresh = isFresh(btc?.asOfUs, fallbackMaxAgeMs, now);
  const quotes = quotesOf(memory, now);
  const readBasisE8 = eure !== null && isFresh(eure.asOfUs, fallbackMaxAgeMs, now) ? eure.priceE8 : null;
  const view: PriceView = {
    priceId,
    ...quotes,
    paused,
    divergencePctE4: divergenceIn(memory, quotes.source, now),
    basisKind: eureBasis,
    eurPerEureE8: eureBasis === 'par' ? PAR_E8 : readBasisE8,
    kraken: krakenTop(kraken),
    coingecko: btc,
  };
  return {
    view,
    problem: priceGate(view, priceLimitsOf(config), now),
    isStale: view.source === 'none' || !isFresh(view.asOfUs, view.maxAgeMs, now),
    krakenFault: krakenFaultOf(kraken, isKrakenYoung),
    coingeckoFault: coingeckoFaultOf(memory, now),
    fallbackUsed: quotes.source === 'coingecko' && isBtcFresh && quotes.maxAgeMs !== NEVER_TRADED_ON_MS,
    validUntilUs: validUntilUsOf(memory, now),
  };
}

const priceLimitsOf = (config: ReferenceConfig): PriceLimits => ({
  maxDivergencePctE4: pctE4(config.maxDivergencePctE4),
  maxBasisDeviationPctE4: pctE4(config.maxBasisDeviationPctE4),
});
