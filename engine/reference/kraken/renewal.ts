// When the channels are subscribed to again, and when that is given up for a new connection. A connection that acknowledges
// and then sends nothing, or whose heartbeats go on while the book is silent, is as dead as one that was cut; so the limits
// run on what confirms the price, not on traffic. Pure; times are monotonic.

import type { Channel } from './subscriptions.ts';

/** After a subscription a book must be there within this time. */
export const FIRST_BOOK_LIMIT_MS = 5000;
/** Longest time without anything that confirms the price before the channels are subscribed to again. */
export const SILENCE_LIMIT_MS = 10_000;
/** Between two subscriptions, so that a market of wrong checksums does not run into Kraken's message limit. */
const RESUBSCRIBE_EVERY_MS = 1000;
/** After this many new subscriptions without a lasting book the connection is given up. */
const RESUBSCRIBES_MAX = 3;

export type StreamState = {
  /** When the subscription to the book was last sent. */
  readonly subscribedUs: number;
  /** When the price was last confirmed, on any connection; null: never. */
  readonly confirmedUs: number | null;
  readonly hasBook: boolean;
  /** The book is lost, and was not subscribed to again since. */
  readonly isBookMissing: boolean;
  /** New subscriptions since a book last lasted. */
  readonly triesInRow: number;
};

export type StreamVerdict = {
  readonly triesInRow: number;
  readonly action: 'none' | 'reconnect' | readonly Channel[];
};

const BOOK: readonly Channel[] = ['book'];
const BOTH: readonly Channel[] = ['book', 'ticker'];

/** What to do for the subscriptions that were answered; an array: the channels to subscribe to again, as soon as that may be. */
export function judgeStream(stream: StreamState, nowUs: number): StreamVerdict {
  const { subscribedUs, confirmedUs, hasBook, isBookMissing } = stream;
  const isLasting = hasBook && confirmedUs !== null && confirmedUs >= subscribedUs;
  const triesInRow = isLasting && nowUs - subscribedUs >= SILENCE_LIMIT_MS * 1000 ? 0 : stream.triesInRow;
  const heardUs = isLasting ? confirmedUs : subscribedUs;
  const limitMs = isLasting ? SILENCE_LIMIT_MS : FIRST_BOOK_LIMIT_MS;
  const isSilent = nowUs - heardUs > limitMs * 1000;
  if (!isBookMissing && !isSilent) return { triesInRow, action: 'none' };
  if (triesInRow >= RESUBSCRIBES_MAX) return { triesInRow, action: 'reconnect' };
  return { triesInRow, action: isSilent ? BOTH : BOOK };
}

/** Whether the channels may be subscribed to again now. */
export const mayResubscribe = (triesInRow: number, subscribedUs: number, nowUs: number): boolean =>
  triesInRow < RESUBSCRIBES_MAX && nowUs - subscribedUs >= RESUBSCRIBE_EVERY_MS * 1000;
