// The market that all subscribers of the Kraken stand-in look at: book, day statistics and system status. Pure values;
// the server tells its subscribers of the change from one market to the next.

import type { KrakenSystem } from '../../../contracts/wire/kraken.ts';
import { applyChanges, type Book, EMPTY_BOOK, faultOf } from './book.ts';
import { readRecorded } from './recorded.ts';
import { bookAround, bookFromTop } from './shape.ts';
import { type Stats, statsFrom, withTrade } from './stats.ts';

export type Market = { readonly book: Book; readonly stats: Stats; readonly system: KrakenSystem };

export type MarketChange =
  | { readonly ok: true; readonly market: Market }
  | { readonly ok: false; readonly reason: string };

/** An open market around a middle price, with one trade at it. */
export function openMarket(midE1: bigint): Market {
  return { book: bookAround(midE1), stats: statsFrom(midE1, 100_000n), system: 'online' };
}

/** Puts another book in place; refuses one that could not exist in a market. */
export function withBook(market: Market, book: Book): MarketChange {
  const fault = faultOf(book);
  return fault === null ? { ok: true, market: { ...market, book } } : { ok: false, reason: fault };
}

export function traded(market: Market, priceE1: bigint, qtyE8: bigint): Market {
  return { ...market, stats: withTrade(market.stats, priceE1, qtyE8) };
}

/**
 * Takes over what a recorded frame says. The book decides about the top wherever there is one: on the real feed the
 * ticker is a little ahead or behind, and following both would tear the book.
 */
export function withRecorded(market: Market, text: string): MarketChange {
  const frame = readRecorded(text);
  switch (frame.kind) {
    case 'snapshot':
      return withBook(market, applyChanges(EMPTY_BOOK, frame.levels));
    case 'update':
      return withBook(market, applyChanges(market.book, frame.levels));
    case 'ticker': {
      const next = { ...market, stats: frame.stats };
      return market.book.bids.length > 0 ? { ok: true, market: next } : withBook(next, bookFromTop(frame.top));
    }
    case 'status':
      return { ok: true, market: { ...market, system: frame.system } };
    case 'ignored':
      return { ok: true, market };
    case 'unreadable':
      return { ok: false, reason: frame.reason };
  }
}

/**
 * The small stir that a real book is never without: one deeper bid changes its quantity by a hair, back and forth.
 * Neither top nor prices move, so what is quoted stays the same; only the age of the price starts again.
 */
export function stirred(market: Market, isOdd: boolean): Market {
  const { bids } = market.book;
  const level = bids.at(Math.min(4, bids.length - 1));
  if (bids.length < 2 || level === undefined) return market;
  const change = { priceE1: level.priceE1, qtyE8: level.qtyE8 + (isOdd ? -1n : 1n) };
  if (change.qtyE8 <= 0n) return market;
  return { ...market, book: applyChanges(market.book, { bids: [change], asks: [] }) };
}
