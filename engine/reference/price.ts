// The reference in memory: takes what the sources say, answers what the price is. Feeds write, the quote loop reads; nothing
// here waits, and a read computes only when something was heard or an age limit passed since the last.
//
// Invariants: the last usable values are kept, with their age, until something better comes; the last comparison of the
// sources stays until the next one; ages run on the monotonic clock.

import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import type { KrakenSystem } from '../../contracts/wire/kraken.ts';
import type { Moment, PriceView } from '../model/values.ts';
import { afterReading, type CoinGeckoPrices } from './coingecko-source.ts';
import {
  afterBook,
  afterClosing,
  afterLoss,
  afterOpening,
  afterStatus,
  afterTicker,
  type CheckedBook,
} from './kraken-source.ts';
import {
  healthOf,
  type ReferenceHealth,
  type ReferenceMoment,
  type ReferenceState,
  snapshotOf,
  stateOf,
} from './report.ts';
import { compareSources, type ReferenceConfig, type ReferenceMemory, type Selection, select } from './select.ts';
import { judgeTop, NO_TOPS } from './settled-tops.ts';
import {
  type BookProblem,
  COINGECKO_INITIAL,
  type CoinGeckoSource,
  KRAKEN_INITIAL,
  type KrakenSource,
  type Stamp,
  type TopOfBook,
} from './sources.ts';

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

/** @param startedUs monotonic time from which a source that was never heard counts as broken */
export function createReference(config: ReferenceConfig, startedUs: number): Reference {
  const maxAgeMs = config.referenceMaxAgeMs;
  let memory: ReferenceMemory = {
    config,
    kraken: KRAKEN_INITIAL,
    coingecko: COINGECKO_INITIAL,
    comparison: null,
    jump: null,
    paused: false,
    priceId: null,
  };
  let tops = NO_TOPS;
  let cached: Selection | null = null;

  function set(change: Partial<ReferenceMemory>): void {
    memory = { ...memory, ...change };
    cached = null;
  }

  const compare = (now: Moment): void => set({ comparison: compareSources(memory, now) });

  function selection(now: Moment): Selection {
    if (cached !== null && now.nowUs <= cached.validUntilUs) return cached;
    cached = select(memory, now);
    return cached;
  }

  const moment = (now: Moment): ReferenceMoment => ({ ...memory, startedUs, selection: selection(now), now });

  return {
    current: (now) => selection(now).view,
    selection,
    snapshot: (now, id) => snapshotOf(moment(now), id),
    published: (priceId) => set({ priceId }),
    state: (now) => stateOf(moment(now)),
    health: (now) => healthOf(moment(now)),
    sources: () => memory,

    setPaused: (paused) => set({ paused }),
    krakenOpened: () => set({ kraken: afterOpening(memory.kraken) }),
    krakenClosed: (reason) => set({ kraken: afterClosing(memory.kraken, reason) }),
    krakenStatus: (system) => set({ kraken: afterStatus(memory.kraken, system) }),
    krakenBook(book, at, now) {
      set({ kraken: afterBook(memory.kraken, book, { at, now, maxAgeMs }) });
      if (memory.kraken.bookProblem !== null) return;
      const judged = judgeTop(tops, memory, now);
      tops = judged.tops;
      set({ jump: judged.jump });
      compare(now);
    },
    krakenBookLost: (problem) => set({ kraken: afterLoss(memory.kraken, problem) }),
    krakenTicker(ticker, at, now) {
      set({ kraken: afterTicker(memory.kraken, ticker, { at, now, maxAgeMs }) });
      compare(now);
    },
    coingeckoRead({ btc, eure }, failure, now) {
      set({ coingecko: afterReading(memory.coingecko, { btc, eure, failure, readAtMs: now.nowMs }) });
      compare(now);
    },
    coingeckoFailed: (failure) => set({ coingecko: { ...memory.coingecko, failure } }),
  };
}
