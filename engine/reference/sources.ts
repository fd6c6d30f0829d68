// What each price source last said, and when: the memory that the reference is computed from. Values only; prices are EUR
// times 10^8, times milliseconds of our clock unless the name says that they are the source's.

import type { PriceE8 } from '../../contracts/amounts.ts';
import type { KrakenSystem } from '../../contracts/wire/kraken.ts';
import type { BookLevel } from '../model.ts';

/** Why Kraken's book cannot be priced on at the moment. */
export type BookProblem =
  | 'book_awaited'
  | 'book_checksum_mismatch'
  | 'book_side_empty'
  | 'book_crossed'
  | 'book_frame_malformed';

export type TopOfBook = { readonly bidE8: PriceE8; readonly askE8: PriceE8 };

export type KrakenSource = {
  readonly connected: boolean;
  /** Why the last connection ended; null before any did. */
  readonly lastClose: string | null;
  /** Null until the connection has told. */
  readonly system: KrakenSystem | null;
  /** The last usable book, best first; empty before the first. It stays, as it ages, when what follows is not usable. */
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** Null when the book that was last heard is the one above. */
  readonly bookProblem: BookProblem | null;
  /** Last frame that stated the book, or a ticker that names the same top. A ticker that contradicts confirms nothing. */
  readonly confirmedAtMs: number | null;
  /** Kraken's own time of that frame, where it gave one. */
  readonly venueTimeMs: number | null;
  readonly ticker: TopOfBook | null;
  readonly tickerAtMs: number | null;
};

/** One coin's price in EUR. The source's time, but never later than when we read it: a clock ahead of ours adds no life. */
export type CoinPrice = { readonly priceE8: PriceE8; readonly updatedAtMs: number };

export type CoinGeckoSource = {
  readonly btc: CoinPrice | null;
  readonly eure: CoinPrice | null;
  readonly readAtMs: number | null;
  /** Why the last poll gave nothing or not all; null when it gave everything. */
  readonly failure: string | null;
};

export const KRAKEN_UNHEARD: KrakenSource = {
  connected: false,
  lastClose: null,
  system: null,
  bids: [],
  asks: [],
  bookProblem: 'book_awaited',
  confirmedAtMs: null,
  venueTimeMs: null,
  ticker: null,
  tickerAtMs: null,
};

export const COINGECKO_UNHEARD: CoinGeckoSource = { btc: null, eure: null, readAtMs: null, failure: null };
