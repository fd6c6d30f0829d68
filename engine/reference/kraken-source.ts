// What each event of Kraken makes of its source: the last usable book is kept, with its age, until a better one comes. Pure.

import type { PriceE8 } from '../../contracts/amounts.ts';
import type { KrakenSystem } from '../../contracts/wire/kraken.ts';
import type { Moment, PriceLevel } from '../model/values.ts';
import type { BookProblem, KrakenSource, Stamp, TopOfBook } from './sources.ts';

/** A book that passed its checksum, best first. */
export type CheckedBook = { readonly bids: readonly PriceLevel[]; readonly asks: readonly PriceLevel[] };

/** What a frame is as new as, and when it was read. */
export type Reading = { readonly at: Stamp; readonly now: Moment; readonly maxAgeMs: number };

export const afterOpening = (kraken: KrakenSource): KrakenSource => ({
  ...kraken,
  connected: true,
  system: null,
  bookProblem: 'book_awaited',
});

/** The book ends with the connection; its last values stay, and age. */
export const afterClosing = (kraken: KrakenSource, reason: string): KrakenSource => ({
  ...kraken,
  connected: false,
  lastClose: reason,
  system: null,
  bookProblem: 'book_awaited',
});

/** A status never opens the market for a book of another connection or subscription: the next book does. */
export const afterStatus = (kraken: KrakenSource, system: KrakenSystem | null): KrakenSource => ({
  ...kraken,
  system,
  isMarketOpen: system === 'online' && (kraken.bookProblem === null || kraken.isMarketOpen),
});

export const afterLoss = (kraken: KrakenSource, bookProblem: BookProblem): KrakenSource => ({ ...kraken, bookProblem });

/** Sides that are empty or cross are noted, as `isContradicted`, and the book before them is kept. */
export function afterBook(kraken: KrakenSource, { bids, asks }: CheckedBook, reading: Reading): KrakenSource {
  const bookProblem = bookProblemOf(bids[0]?.priceE8, asks[0]?.priceE8);
  const heardAtUs = newestAsOfUs(kraken, reading.at);
  if (bookProblem !== null) return { ...kraken, bookProblem, isContradicted: true, heardAtUs };
  const isMarketOpen = kraken.system === 'online';
  return {
    ...kraken,
    ...confirmedBy(kraken, reading),
    ...{ bids, asks, bookProblem, isContradicted: false, isMarketOpen, heardAtUs },
  };
}

/** A newer ticker with the same top confirms the book. */
export function afterTicker(kraken: KrakenSource, ticker: TopOfBook, reading: Reading): KrakenSource {
  const { at } = reading;
  const isSameTop = kraken.bids[0]?.priceE8 === ticker.bidE8 && kraken.asks[0]?.priceE8 === ticker.askE8;
  const isNewer = kraken.confirmed !== null && at.asOfUs > kraken.confirmed.asOfUs;
  const confirms = kraken.bookProblem === null && isSameTop && isNewer;
  return {
    ...kraken,
    ticker,
    tickerAt: at,
    heardAtUs: newestAsOfUs(kraken, at),
    ...(confirms ? confirmedBy(kraken, reading) : {}),
  };
}

function bookProblemOf(bid: PriceE8 | undefined, ask: PriceE8 | undefined): BookProblem | null {
  if (bid === undefined || ask === undefined) return 'book_side_empty';
  return bid >= ask ? 'book_crossed' : null;
}

const newestAsOfUs = ({ heardAtUs }: KrakenSource, { asOfUs }: Stamp): number => Math.max(heardAtUs ?? asOfUs, asOfUs);

/** Kraken's price as a frame that was read now confirms it. */
const confirmedBy = (
  { usableAsOfUs }: KrakenSource,
  { at, now, maxAgeMs }: Reading,
): Pick<KrakenSource, 'confirmed' | 'usableAsOfUs'> => ({
  confirmed: at,
  usableAsOfUs: now.nowUs - at.asOfUs <= maxAgeMs * 1000 ? at.asOfUs : usableAsOfUs,
});
