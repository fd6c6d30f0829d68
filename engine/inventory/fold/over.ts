// Quotes that are over: taken out of their lanes, kept for a while for what may still be heard of them, and forgotten.

import { endsWithoutRecord, isFinal } from '../../model/lifecycle.ts';
import type { QuoteEntry } from '../quotes.ts';
import { type BookState, changeNonce, changeQuote, forgetQuote, overdueIn } from '../state.ts';

/** How long a quote that is over is kept, for a late status or reply. */
export const RECENT_MS = 120_000;
/** How many of them at most. */
export const RECENT_MAX = 1024;
/** So many quotes end by one fact at most: some 0.1 ms of work. The others stay reserved until the next. */
export const ENDS_MOST = 32;
/** So many are forgotten by one balance at most, some 0.05 ms of work; `RECENT_MAX` bounds those that wait for the next. */
const FORGOTTEN_MOST = 64;
/** In records of earlier versions, which do not say it. */
const ENDS_MOST_BEFORE = 512;

type Ending = { readonly atMs: number; readonly endsMost?: number };

/** Takes out what is over by the newest balance, as many as the fact says. */
export function endOverdue(state: BookState, { atMs, endsMost }: Ending): void {
  let most = endsMost ?? ENDS_MOST_BEFORE;
  for (const entry of overdueIn(state)) {
    if (most <= 0) return;
    changeNonce(state, entry, () => {
      for (const quote of entry.live.takeOverdue(state.balance?.overBeforeMs ?? 0, most)) {
        most--;
        if (isFinal(quote.state) || endsWithoutRecord(quote.state)) {
          finish(state, quote, atMs);
        } else {
          changeQuote(state, quote, (changing) => {
            changing.place = 'due';
          });
          state.due.add(quote);
        }
      }
    });
  }
}

/** The quote is over. */
export function finish(state: BookState, quote: QuoteEntry, atMs: number): void {
  changeQuote(state, quote, (changing) => {
    changing.place = 'recent';
    changing.overAtMs = atMs;
  });
  state.recent.add(quote);
  if (state.recent.size > RECENT_MAX) drop(state, state.recent.values().next().value);
}

/** Forgets what was kept for long enough, oldest first. */
export function forget(state: BookState, nowMs: number): void {
  let most = FORGOTTEN_MOST;
  for (const quote of state.recent) {
    if (most-- <= 0 || quote.overAtMs + RECENT_MS > nowMs) break;
    drop(state, quote);
  }
}

function drop(state: BookState, quote: QuoteEntry | undefined): void {
  if (quote === undefined) return;
  state.recent.delete(quote);
  forgetQuote(state, quote);
  // A later payload may have taken the hash over.
  if (state.hashes.get(quote.attempt.quoteHash) === quote) state.hashes.delete(quote.attempt.quoteHash);
}
