// Quote ids that were decided lately, so that a request that comes twice gets no second decision. Bounded by age and by
// number; a quote that still stands is known to the book for as long as it stands, whatever is forgotten here.

import type { QuoteId } from '../../contracts/ids.ts';

/** The relay's longest window and the longest lifetime of a quote are minutes. */
export const DECIDED_AGE_MAX_MS = 900_000;
/** Some megabytes of memory. */
export const DECIDED_COUNT_MAX = 50_000;

export type DecidedId = { readonly quoteId: QuoteId; readonly atMs: number };

export type DecidedIds = {
  has(quoteId: QuoteId): boolean;
  add(quoteId: QuoteId, atMs: number): void;
  /**
   * All, oldest first, at most so many at once. May be read while ids come and go: adding an id again, as recovery does with
   * those that came since, changes nothing.
   */
  pieces(size: number): Generator<DecidedId[]>;
  restore(ids: readonly DecidedId[]): void;
};

export function createDecidedIds(ageMaxMs = DECIDED_AGE_MAX_MS, countMax = DECIDED_COUNT_MAX): DecidedIds {
  // A Map keeps the order of insertion, so the oldest id is always the first.
  const atMsById = new Map<QuoteId, number>();

  const add = (quoteId: QuoteId, atMs: number): void => {
    atMsById.set(quoteId, atMs);
    // At most two go for one that comes: the cost of a turn stays even.
    let left = 2;
    for (const [oldest, since] of atMsById) {
      if (left-- === 0 || (atMsById.size <= countMax && atMs - since <= ageMaxMs)) break;
      atMsById.delete(oldest);
    }
  };

  return {
    has: (quoteId) => atMsById.has(quoteId),
    add,
    *pieces(size) {
      let piece: DecidedId[] = [];
      for (const [quoteId, atMs] of atMsById) {
        piece.push({ quoteId, atMs });
        if (piece.length < size) continue;
        yield piece;
        piece = [];
      }
      if (piece.length > 0) yield piece;
    },
    restore(ids) {
      for (const { quoteId, atMs } of ids) add(quoteId, atMs);
    },
  };
}
