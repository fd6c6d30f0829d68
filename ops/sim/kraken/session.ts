// What the Kraken stand-in remembers of one connection, and the rules that need nothing but it: who is subscribed to
// what, when a ticker is due, when a client talks too much. No sockets here; time comes in as milliseconds.

import { type Book, EMPTY_BOOK } from './book.ts';
import type { Market } from './market.ts';
import type { Channel, TickerTrigger } from './requests.ts';

export type Session = {
  readonly id: bigint;
  bookDepth: number | null;
  ticker: TickerTrigger | null;
  /** The book that this connection's book channel was last told about, and the market of its last ticker. */
  sentBook: Book;
  sentMarket: Market;
  lastSentAtMs: number;
  /** So many book frames are still to go out with a wrong checksum. */
  wrongChecksums: number;
  windowStartedAtMs: number;
  messagesInWindow: number;
};

export function newSession(id: bigint, market: Market, nowMs: number): Session {
  return {
    id,
    bookDepth: null,
    ticker: null,
    sentBook: EMPTY_BOOK,
    sentMarket: market,
    lastSentAtMs: nowMs,
    wrongChecksums: 0,
    windowStartedAtMs: nowMs,
    messagesInWindow: 0,
  };
}

export const isSubscribed = (session: Session): boolean => session.bookDepth !== null || session.ticker !== null;

/** Gives the text of the refusal, or null when the subscription is taken. */
export function subscribe(session: Session, channel: Channel): string | null {
  if (channel.name === 'book') {
    if (session.bookDepth !== null) return 'Already subscribed';
    session.bookDepth = channel.depth;
    return null;
  }
  if (session.ticker !== null) return 'Already subscribed';
  session.ticker = channel.trigger;
  return null;
}

/** A book is unsubscribed with the depth that it was subscribed with. */
export function unsubscribe(session: Session, channel: Channel): string | null {
  const isThere = channel.name === 'book' ? session.bookDepth === channel.depth : session.ticker !== null;
  if (!isThere) return 'Subscription Not Found';
  if (channel.name === 'book') session.bookDepth = null;
  else session.ticker = null;
  return null;
}

/** `bbo` speaks when a best price changes, `trades` when there was a trade. */
export function isTickerDue({ ticker, sentMarket }: Session, market: Market): boolean {
  if (ticker === 'trades') return sentMarket.stats !== market.stats;
  if (ticker !== 'bbo') return false;
  const [before, after] = [sentMarket.book, market.book];
  return before.bids[0]?.priceE1 !== after.bids[0]?.priceE1 || before.asks[0]?.priceE1 !== after.asks[0]?.priceE1;
}

/** Counts a message of the client; true when it is one more than a second may hold. */
export function isTooMuch(session: Session, nowMs: number, maxMessagesPerS: number): boolean {
  if (nowMs - session.windowStartedAtMs >= 1000) {
    session.windowStartedAtMs = nowMs;
    session.messagesInWindow = 0;
  }
  session.messagesInWindow += 1;
  return session.messagesInWindow > maxMessagesPerS;
}
