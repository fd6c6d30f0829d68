// The reference as it stands in memory: takes what the sources say, answers what the price is. Feeds write, the quote loop
// reads; nothing here waits, and a read computes only when something was heard or an age limit passed since the last.
//
// Invariants: a stamp never lies ahead of the newest time seen, so that a clock that is set back cannot keep a price young;
// the last usable values stay for as long as nothing better comes, with their age.

import type { PriceE8 } from '../../contracts/amounts.ts';
import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import type { KrakenSystem } from '../../contracts/wire/kraken.ts';
import type { BookLevel, PriceView } from '../model.ts';
import {
  healthOf,
  type ReferenceHealth,
  type ReferenceMoment,
  type ReferenceState,
  snapshotOf,
  stateOf,
} from './report.ts';
import { type ReferenceConfig, type Selection, select } from './select.ts';
import {
  type BookProblem,
  COINGECKO_UNHEARD,
  type CoinGeckoSource,
  type CoinPrice,
  KRAKEN_UNHEARD,
  type KrakenSource,
  type TopOfBook,
} from './sources.ts';

export type CoinGeckoPrices = { readonly btc: CoinPrice | null; readonly eure: CoinPrice | null };

export type Reference = {
  /** The price for one decision: memory only. The same object until something changed. */
  current(nowMs: number): PriceView;
  /** `current` with why: which source was chosen, what is wrong with the others. */
  selection(nowMs: number): Selection;
  /** Payload of `ref.market_price` under that id. */
  snapshot(nowMs: number, priceId: string): RefMarketPrice;
  /** A snapshot with this id was handed on: views from now on name it. */
  published(priceId: string): void;
  state(nowMs: number): ReferenceState;
  health(nowMs: number): ReferenceHealth;
  /** Grows with everything heard. */
  revision(): number;
  sources(): { readonly kraken: KrakenSource; readonly coingecko: CoinGeckoSource };

  setPaused(paused: boolean): void;
  krakenOpened(): void;
  /** The book dies with the connection; its last values stay as stale ones. */
  krakenClosed(reason: string): void;
  /** null: a status that we do not know, so none to trade on. */
  krakenStatus(system: KrakenSystem | null): void;
  /** A book that passed its checksum, best first. Sides that are empty or cross are noted and not priced on. */
  krakenBook(bids: readonly BookLevel[], asks: readonly BookLevel[], atMs: number, venueTimeMs: number | null): void;
  krakenBookLost(problem: BookProblem): void;
  krakenTicker(top: TopOfBook, atMs: number, venueTimeMs: number | null): void;
  /** A coin that is null keeps its last price, which ages. `failure` says what was missing, else null. */
  coingeckoRead(prices: CoinGeckoPrices, atMs: number, failure: string | null): void;
  coingeckoFailed(failure: string): void;
};

function bookProblemOf(bid: PriceE8 | undefined, ask: PriceE8 | undefined): BookProblem | null {
  if (bid === undefined || ask === undefined) return 'book_side_empty';
  return bid >= ask ? 'book_crossed' : null;
}

const capped = (atMs: number | null, nowMs: number): number | null => (atMs === null ? null : Math.min(atMs, nowMs));

const cappedCoin = (coin: CoinPrice | null, nowMs: number): CoinPrice | null =>
  coin === null || coin.updatedAtMs <= nowMs ? coin : { ...coin, updatedAtMs: nowMs };

export function createReference(config: ReferenceConfig): Reference {
  let kraken = KRAKEN_UNHEARD;
  let coingecko = COINGECKO_UNHEARD;
  let priceId: string | null = null;
  let paused = false;
  let revision = 0;
  let cached: Selection | null = null;
  let cachedAtMs = 0;

  function heard(): void {
    revision += 1;
    cached = null;
  }

  /** The clock went back: what was heard cannot be younger than now. */
  function capStamps(nowMs: number): void {
    kraken = { ...kraken, confirmedAtMs: capped(kraken.confirmedAtMs, nowMs) };
    coingecko = { ...coingecko, btc: cappedCoin(coingecko.btc, nowMs), eure: cappedCoin(coingecko.eure, nowMs) };
  }

  function selection(nowMs: number): Selection {
    if (cached !== null && nowMs >= cachedAtMs && nowMs <= cached.validUntilMs) return cached;
    capStamps(nowMs);
    cached = select(config, kraken, coingecko, priceId, nowMs);
    cachedAtMs = nowMs;
    return cached;
  }

  const moment = (nowMs: number): ReferenceMoment => {
    const selected = selection(nowMs);
    return { config, kraken, coingecko, selection: selected, paused, nowMs };
  };

  return {
    current: (nowMs) => selection(nowMs).view,
    selection,
    snapshot: (nowMs, id) => snapshotOf(moment(nowMs), id),
    published(id) {
      priceId = id;
      cached = null;
    },
    state: (nowMs) => stateOf(moment(nowMs), priceId),
    health: (nowMs) => healthOf(moment(nowMs)),
    revision: () => revision,
    sources: () => ({ kraken, coingecko }),

    setPaused(next) {
      paused = next;
      heard();
    },
    krakenOpened() {
      kraken = { ...kraken, connected: true, system: null, bookProblem: 'book_awaited' };
      heard();
    },
    krakenClosed(reason) {
      kraken = { ...kraken, connected: false, lastClose: reason, system: null, bookProblem: 'book_awaited' };
      heard();
    },
    krakenStatus(system) {
      kraken = { ...kraken, system };
      heard();
    },
    krakenBook(bids, asks, atMs, venueTimeMs) {
      const bookProblem = bookProblemOf(bids[0]?.priceE8, asks[0]?.priceE8);
      kraken =
        bookProblem === null
          ? { ...kraken, bids, asks, bookProblem, confirmedAtMs: atMs, venueTimeMs }
          : { ...kraken, bookProblem };
      heard();
    },
    krakenBookLost(problem) {
      kraken = { ...kraken, bookProblem: problem };
      heard();
    },
    krakenTicker(ticker, atMs, venueTimeMs) {
      const isSameTop = kraken.bids[0]?.priceE8 === ticker.bidE8 && kraken.asks[0]?.priceE8 === ticker.askE8;
      const confirms = kraken.bookProblem === null && isSameTop;
      kraken = {
        ...kraken,
        ticker,
        tickerAtMs: atMs,
        ...(confirms ? { confirmedAtMs: atMs, venueTimeMs } : {}),
      };
      heard();
    },
    coingeckoRead({ btc, eure }, atMs, failure) {
      coingecko = { btc: btc ?? coingecko.btc, eure: eure ?? coingecko.eure, readAtMs: atMs, failure };
      heard();
    },
    coingeckoFailed(failure) {
      coingecko = { ...coingecko, failure };
      heard();
    },
  };
}
