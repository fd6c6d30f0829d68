// What binds the account after the engine has stopped: a signed quote can be settled until its deadline, without anybody's help.

import type { Book } from '../inventory/book.ts';

export type Settleable = {
  /** Quotes that were signed, whose deadline is not over, and whose nonce was not seen used. */
  readonly quotes: number;
  /** The latest of their deadlines; null when there are none. */
  readonly untilMs: number | null;
};

/** Walks every live quote: for a stop, not for a turn. */
export function settleable(book: Pick<Book, 'liveQuotes' | 'nonces'>, nowMs: number): Settleable {
  const used = new Set(book.nonces().flatMap(({ nonce, used }) => (used ? [nonce] : [])));
  let quotes = 0;
  let untilMs: number | null = null;
  for (const { attempt } of book.liveQuotes()) {
    // At equality the verifier still settles.
    if (attempt.deadlineAtMs < nowMs || used.has(attempt.nonce)) continue;
    quotes++;
    if (untilMs === null || attempt.deadlineAtMs > untilMs) untilMs = attempt.deadlineAtMs;
  }
  return { quotes, untilMs };
}
