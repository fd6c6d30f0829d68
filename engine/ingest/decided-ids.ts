// Quote ids that were decided, so that a request that comes again gets no second decision.
//
// An id for which a command was recorded is never signed for a second time, for a day at least: those are kept apart, hashed and
// on disk (signed-ids.ts), and nothing evicts them. Ids that were rejected, and ids of malformed requests, are remembered for the
// length of the relay's windows, each kind in a list of its own, bounded by age and number: a flood of one evicts its own only.

import type { QuoteId } from '../../contracts/ids.ts';
import type { DecidedFact } from '../model/facts.ts';
import type { Moment } from '../model/values.ts';
import { RecentIds } from './recent-ids.ts';

/** The relay's longest window and the longest lifetime of a quote are minutes. */
const RECENT_AGE_MAX_MS = 900_000;
/** Some megabytes of memory. */
const REJECTED_COUNT_MAX = 50_000;
const MALFORMED_COUNT_MAX = 10_000;

export type DecidedAs = 'commanded' | 'rejected' | 'malformed';

type DecidedId = { readonly quoteId: QuoteId; readonly atMs: number; readonly malformed: boolean };

/** Where commanded ids are kept; `SignedIds` is one. */
type CommandedIds = {
  has(quoteId: QuoteId): boolean;
  /** False when there was no room. */
  add(quoteId: QuoteId, atUs: number): boolean;
};

export type DecidedIds = {
  has(quoteId: QuoteId): boolean;
  /** False when a commanded id could not be remembered: the caller sees to it that it does not come to that. */
  add(quoteId: QuoteId, as: DecidedAs, atUs: number): boolean;
  /**
   * Those that were rejected or malformed, oldest first, at most so many at once. May be read while ids come and go: adding an id
   * again, as recovery does with those that came since, changes nothing.
   */
  pieces(size: number, now: Moment): Generator<DecidedId[]>;
  /** How many of them are remembered. */
  counts(): { readonly rejected: number; readonly malformed: number };
};

/** How the id of a decided request is remembered. */
export function decidedAs({ malformed, decision }: Pick<DecidedFact, 'malformed' | 'decision'>): DecidedAs {
  if (decision.accepted) return 'commanded';
  return malformed === null ? 'rejected' : 'malformed';
}

export type DecidedIdsOptions = {
  readonly commanded: CommandedIds;
  readonly rejectedMax?: number;
  readonly malformedMax?: number;
};

export function createDecidedIds({ commanded, rejectedMax, malformedMax }: DecidedIdsOptions): DecidedIds {
  const rejected = new RecentIds(RECENT_AGE_MAX_MS, rejectedMax ?? REJECTED_COUNT_MAX);
  const malformed = new RecentIds(RECENT_AGE_MAX_MS, malformedMax ?? MALFORMED_COUNT_MAX);
  return {
    has: (quoteId) => commanded.has(quoteId) || rejected.has(quoteId) || malformed.has(quoteId),
    add(quoteId, as, atUs) {
      if (as === 'commanded') return commanded.add(quoteId, atUs);
      (as === 'rejected' ? rejected : malformed).add(quoteId, atUs);
      return true;
    },
    counts: () => ({ rejected: rejected.size, malformed: malformed.size }),
    *pieces(size, now) {
      for (const [ids, isMalformed] of [
        [rejected, false],
        [malformed, true],
      ] as const) {
        let piece: DecidedId[] = [];
        for (const [quoteId, atUs] of ids.entries()) {
          const ageMs = (now.nowUs - atUs) / 1000;
          piece.push({ quoteId, atMs: Math.round(now.nowMs - ageMs), malformed: isMalformed });
          if (piece.length < size) continue;
          yield piece;
          piece = [];
        }
        if (piece.length > 0) yield piece;
      }
    },
  };
}
