// Quote ids that were decided lately, so that a request that comes twice gets no second decision. Bounded by age and by
// number; a quote that still stands is known to the book for as long as it stands, whatever is forgotten here.

import type { QuoteId } from '../../contracts/ids.ts';

/** The relay's longest window and the longest lifetime of a quote are minutes. */
export const DECIDED_AGE_MAX_MS = 900_000;
/** A checkpoint writes them all in one go: more would hold up the loop for too long. */
export const DECIDED_COUNT_MAX = 50_000;

export type DecidedId = { readonly quoteId: QuoteId; readonly atMs: number };

export type DecidedIds = {
  has(quoteId: QuoteId): boolean;
  add(quoteId: QuoteId, atMs: number): void;
  /** Oldest first, for the checkpoint. */
  snapshot(): DecidedId[];
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
    snapshot: () => [...atMsById].map(([quoteId, atMs]) => ({ quoteId, atMs })),
    restore(ids) {
      for (const { quoteId, atMs } of ids) add(quoteId, atMs);
    },
  };
}
