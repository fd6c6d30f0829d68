// The latest state of each price source: the memory that the reference is computed from. Values only; prices are EUR times
// 10^8. Ages run on the monotonic clock (names end in Us); wall time (names end in AtMs) is for records.

import type { PriceE8 } from '../../contracts/amounts.ts';
import type { KrakenSystem } from '../../contracts/wire/kraken.ts';
import type { PriceLevel } from '../model/values.ts';

/** Why the newest state of Kraken's book is not the one that is kept. */
export type BookProblem =
  | 'book_awaited'
  | 'book_checksum_mismatch'
  | 'book_side_empty'
  | 'book_crossed'
  | 'book_frame_malformed'
  /** Its frames carry times that our clock has not reached. */
  | 'time_ahead';

export type TopOfBook = { readonly bidE8: PriceE8; readonly askE8: PriceE8 };

/** `asOfUs`: monotonic. */
export type TopOfBookAt = TopOfBook & { readonly asOfUs: number };

/** The time that a price is known to be as new as, on both clocks. */
export type Stamp = {
  /** Monotonic: ages count from here. */
  readonly asOfUs: number;
  /** Wall time of the same moment. */
  readonly asOfMs: number;
  /** The source's own time, where it gives one. */
  readonly venueTimeMs: number | null;
};

export type KrakenSource = {
  readonly connected: boolean;
  /** Why the last connection ended; null before any did. */
  readonly lastClose: string | null;
  /** Market status on this connection; null until it is reported, or when it is not a known one. */
  readonly system: KrakenSystem | null;
  /** Whether the market was open by the last status that applies to the book below. A new connection does not change it. */
  readonly isMarketOpen: boolean;
  /** The last usable book, best first; empty before the first. It is kept, and ages, when later ones are not usable. */
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
  /** Null when the newest book is the one above. */
  readonly bookProblem: BookProblem | null;
  /** The newest book passed its checksum and has an empty side or crosses: the one above is known to be over. */
  readonly isContradicted: boolean;
  /** Last frame that carried the book, or a newer ticker that names the same top. */
  readonly confirmed: Stamp | null;
  /** `asOfUs` of the newest of these that was not too old to be traded on when it was read; null before the first. */
  readonly usableAsOfUs: number | null;
  readonly ticker: TopOfBook | null;
  readonly tickerAt: Stamp | null;
  /** Newest time of any frame of book or ticker, usable or not; null before the first. */
  readonly heardAtUs: number | null;
};

/** One coin's price in EUR. */
export type CoinPrice = {
  readonly priceE8: PriceE8;
  /** The source's time, but never later than when we read it: a clock that is ahead does not make it look fresher. */
  readonly updatedAtMs: number;
  /** Monotonic time of `updatedAtMs`, as it was when the answer was read. */
  readonly asOfUs: number;
  /** Monotonic time at which the answer was asked for. */
  readonly askedAtUs: number;
  /** `asOfUs` of the first of the answers that have had this very price since. */
  readonly unchangedSinceUs: number;
};

export type CoinGeckoSource = {
  readonly btc: CoinPrice | null;
  readonly eure: CoinPrice | null;
  readonly readAtMs: number | null;
  /** Why the last poll gave nothing or not all; null when it gave everything. */
  readonly failure: string | null;
};

export const KRAKEN_INITIAL: KrakenSource = {
  connected: false,
  lastClose: null,
  system: null,
  isMarketOpen: false,
  bids: [],
  asks: [],
  bookProblem: 'book_awaited',
  isContradicted: false,
  confirmed: null,
  usableAsOfUs: null,
  ticker: null,
  tickerAt: null,
  heardAtUs: null,
};

export const COINGECKO_INITIAL: CoinGeckoSource = { btc: null, eure: null, readAtMs: null, failure: null };

/** The top of Kraken's last usable book; null before the first. */
export function bookTop({ bids, asks, confirmed }: KrakenSource): TopOfBookAt | null {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined || confirmed === null) return null;
  return { bidE8: bid.priceE8, askE8: ask.priceE8, asOfUs: confirmed.asOfUs };
}

/** The newest top of Kraken's market: the ticker's while it is newer than the book's; null before any. */
export function krakenTop(kraken: KrakenSource): TopOfBookAt | null {
  const { ticker, tickerAt } = kraken;
  const book = bookTop(kraken);
  if (ticker === null || tickerAt === null || (book !== null && tickerAt.asOfUs <= book.asOfUs)) return book;
  return { ...ticker, asOfUs: tickerAt.asOfUs };
}
