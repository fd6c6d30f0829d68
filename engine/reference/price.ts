// The reference in memory: takes what the sources say, answers what the price is. Feeds write, the quote loop reads; nothing
// here waits, and a read computes only when something was heard or an age limit passed since the last.
//
// Invariants: the last usable values are kept, with their age, until something better comes; the last comparison of the
// sources stays until the next one; ages run on the monotonic clock.

import type { PriceE8 } from '../../contracts/amounts.ts';
import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import type { KrakenSystem } from '../../contracts/wire/kraken.ts';
import type { BookLevel, Moment, PriceView } from '../model/values.ts';
import {
  healthOf,
  type ReferenceHealth,
  type ReferenceMoment,
  type ReferenceState,
  snapshotOf,
  stateOf,
} from './report.ts';
import {
  type Comparison,
  compareSources,
  type Jump,
  jumpOf,
  type ReferenceConfig,
  type ReferenceMemory,
  type Selection,
  select,
} from './select.ts';
import {
  type BookProblem,
  bookTop,
  COINGECKO_INITIAL,
  type CoinGeckoSource,
  type CoinPrice,
  KRAKEN_INITIAL,
  type KrakenSource,
  type Stamp,
  type TopOfBook,
  type TopOfBookAt,
} from './sources.ts';

export type CoinGeckoPrices = { readonly btc: CoinPrice | null; readonly eure: CoinPrice | null };

/** A book that passed its checksum, best first. */
export type CheckedBook = { readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] };

export type Reference = {
  /** The price for one decision: memory only. The same object until something changed. */
  current(now: Moment): PriceView;
  /** `current` with why: which source was chosen, what is wrong with the others. */
  selection(now: Moment): Selection;
  /** Payload of `ref.market_price` under that id. */
  snapshot(now: Moment, priceId: string): RefMarketPrice;
  /** A snapshot with this id was published: views from now on name it. */
  published(priceId: string): void;
  state(now: Moment): ReferenceState;
  health(now: Moment): ReferenceHealth;
  sources(): { readonly kraken: KrakenSource; readonly coingecko: CoinGeckoSource };

  setPaused(paused: boolean): void;
  krakenOpened(): void;
  /** The book ends with the connection; its last values stay, and age. */
  krakenClosed(reason: string): void;
  /** null: a status that we do not know, so none to trade on. */
  krakenStatus(system: KrakenSystem | null): void;
  /** Sides that are empty or cross are noted and not priced on. */
  krakenBook(book: CheckedBook, at: Stamp, now: Moment): void;
  /** Later books are missing, or cannot be used; the last one is kept. */
  krakenBookLost(problem: BookProblem): void;
  krakenTicker(top: TopOfBook, at: Stamp, now: Moment): void;
  /** A coin that is null keeps its last price, which ages. `failure` names what was missing, else null. */
  coingeckoRead(prices: CoinGeckoPrices, failure: string | null, now: Moment): void;
  coingeckoFailed(failure: string): void;
};

function bookProblemOf(bid: PriceE8 | undefined, ask: PriceE8 | undefined): BookProblem | null {
  if (bid === undefined || ask === undefined) return 'book_side_empty';
  return bid >= ask ? 'book_crossed' : null;
}

/** A price with the same time as the one before keeps that one's age: steps of the wall clock between two polls do not count. */
function newerCoin(before: CoinPrice | null, next: CoinPrice | null): CoinPrice | null {
  if (next === null || before === null) return next ?? before;
  const asOfUs = next.updatedAtMs === before.updatedAtMs ? before.asOfUs : next.asOfUs;
  const unchangedSinceUs = next.priceE8 === before.priceE8 ? before.unchangedSinceUs : asOfUs;
  return { ...next, asOfUs, unchangedSinceUs };
}

/** @param startedUs monotonic time from which a source that was never heard counts as broken */
export function createReference(config: ReferenceConfig, startedUs: number): Reference {
  let kraken = KRAKEN_INITIAL;
  let coingecko = COINGECKO_INITIAL;
  let comparison: Comparison | null = null;
  let jump: Jump | null = null;
  /** The last top that was not a jump, and one of those before it, as old as a price may be: many small steps are a jump too. */
  let settled: TopOfBookAt | null = null;
  let anchor: TopOfBookAt | null = null;
  let priceId: string | null = null;
  let paused = false;
  let cached: Selection | null = null;

  const memory = (): ReferenceMemory => ({ config, kraken, coingecko, comparison, jump, paused, priceId });

  function invalidate(): void {
    cached = null;
  }

  function compare(now: Moment): void {
    comparison = compareSources(memory(), now);
    cached = null;
  }

  function selection(now: Moment): Selection {
    if (cached !== null && now.nowUs <= cached.validUntilUs) return cached;
    cached = select(memory(), now);
    return cached;
  }

  const moment = (now: Moment): ReferenceMoment => ({ ...memory(), startedUs, selection: selection(now), now });

  /** Kraken's price as a frame that was read now confirms it. */
  const confirmedBy = (at: Stamp, { nowUs }: Moment): Pick<KrakenSource, 'confirmed' | 'usableAsOfUs'> => ({
    confirmed: at,
    usableAsOfUs: nowUs - at.asOfUs <= config.referenceMaxAgeMs * 1000 ? at.asOfUs : kraken.usableAsOfUs,
  });

  function settle(): void {
    settled = bookTop(kraken);
    const isOver =
      (settled?.asOfUs ?? 0) - (anchor?.asOfUs ?? Number.NEGATIVE_INFINITY) > config.referenceMaxAgeMs * 1000;
    if (isOver) anchor = settled;
  }

  const hear = ({ asOfUs }: Stamp): number => Math.max(kraken.heardAtUs ?? asOfUs, asOfUs);

  return {
    current: (now) => selection(now).view,
    selection,
    snapshot: (now, id) => snapshotOf(moment(now), id),
    published(id) {
      priceId = id;
      invalidate();
    },
    state: (now) => stateOf(moment(now)),
    health: (now) => healthOf(moment(now)),
    sources: () => ({ kraken, coingecko }),

    setPaused(next) {
      paused = next;
      invalidate();
    },
    krakenOpened() {
      kraken = { ...kraken, connected: true, system: null, bookProblem: 'book_awaited' };
      invalidate();
    },
    krakenClosed(reason) {
      kraken = { ...kraken, connected: false, lastClose: reason, system: null, bookProblem: 'book_awaited' };
      invalidate();
    },
    krakenStatus(system) {
      kraken = { ...kraken, system, isMarketOpen: system === 'online' };
      invalidate();
    },
    krakenBook({ bids, asks }, at, now) {
      const bookProblem = bookProblemOf(bids[0]?.priceE8, asks[0]?.priceE8);
      const heardAtUs = hear(at);
      if (bookProblem !== null) {
        kraken = { ...kraken, bookProblem, isContradicted: true, heardAtUs };
        invalidate();
        return;
      }
      const isMarketOpen = kraken.system === 'online';
      kraken = {
        ...kraken,
        ...confirmedBy(at, now),
        ...{ bids, asks, bookProblem, isContradicted: false, isMarketOpen, heardAtUs },
      };
      jump = jumpOf(memory(), settled, now) ?? jumpOf(memory(), anchor, now);
      if (jump === null) settle();
      compare(now);
    },
    krakenBookLost(problem) {
      kraken = { ...kraken, bookProblem: problem };
      invalidate();
    },
    krakenTicker(ticker, at, now) {
      const isSameTop = kraken.bids[0]?.priceE8 === ticker.bidE8 && kraken.asks[0]?.priceE8 === ticker.askE8;
      const isNewer = kraken.confirmed !== null && at.asOfUs > kraken.confirmed.asOfUs;
      const confirms = kraken.bookProblem === null && isSameTop && isNewer;
      kraken = { ...kraken, ticker, tickerAt: at, heardAtUs: hear(at), ...(confirms ? confirmedBy(at, now) : {}) };
      compare(now);
    },
    coingeckoRead({ btc, eure }, failure, now) {
      coingecko = {
        btc: newerCoin(coingecko.btc, btc),
        eure: newerCoin(coingecko.eure, eure),
        readAtMs: now.nowMs,
        failure,
      };
      compare(now);
    },
    coingeckoFailed(failure) {
      coingecko = { ...coingecko, failure };
      invalidate();
    },
  };
}
