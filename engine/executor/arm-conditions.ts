// What keeps the executor from being armed without a word of the operator: a young journal, and findings of the recovery.

import type { Clock } from '../../contracts/runtime/clock.ts';

export type ArmConditions = {
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedUs'>;
  /** When this run began, by the wall clock and by the monotonic one. */
  readonly startedAtMs: number;
  readonly startedUs: number;
  readonly recovered: {
    readonly bornAtMs: number;
    readonly firstBlockTimeMs: number | null;
    readonly lastBlockTimeMs: number | null;
    readonly complaints: readonly string[];
    readonly doubts: readonly string[];
  };
  readonly switches: { recoveryAccepted: { readonly by: string; readonly atMs: number } | null };
  /** `block`: that of the newest balance; null before the first. */
  readonly book: { block(): { readonly timeMs: number } | null };
};

/** Until 10 minutes after its birth a journal may have an older one behind it that was lost. */
export const FRESH_JOURNAL_MS = 600_000;

/**
 * How long the journal may still have such a predecessor; 0: no longer. By the time of day, and by the monotonic clock since the start
 * of this run: a machine that starts with a wrong time of day and has it set forward has not waited, in whichever run that is. Nor has
 * one that starts the engine again then, which the time of the chain shows, nor one whose time of day is ahead at that start: until the
 * chain says more, no more has passed than until the newest block on record. No time of day prolongs it beyond ten minutes of this run,
 * which the journal is older than: one that was ahead at the birth would else keep the engine from being armed until it is reached.
 */
export function journalYoungForMs(
  conditions: Pick<ArmConditions, 'startedAtMs' | 'startedUs' | 'clock' | 'book'> & {
    readonly recovered: Pick<ArmConditions['recovered'], 'bornAtMs' | 'firstBlockTimeMs' | 'lastBlockTimeMs'>;
  },
): number {
  const { recovered, startedAtMs, startedUs, clock, book } = conditions;
  const { bornAtMs, firstBlockTimeMs, lastBlockTimeMs } = recovered;
  const grownAtMs = Math.max(bornAtMs, firstBlockTimeMs ?? bornAtMs) + FRESH_JOURNAL_MS;
  const reachedMs = Math.min(startedAtMs, lastBlockTimeMs ?? bornAtMs);
  const sinceStartMs = (clock.elapsedUs() - startedUs) / 1000;
  // It may have gone on for long while no engine ran.
  const isGrownByChain = firstBlockTimeMs !== null && (book.block()?.timeMs ?? 0) >= grownAtMs;
  const leftMs = isGrownByChain ? 0 : grownAtMs - reachedMs - sinceStartMs;
  const youngMs = Math.max(grownAtMs - clock.nowMs(), leftMs);
  return Math.max(0, Math.ceil(Math.min(youngMs, FRESH_JOURNAL_MS - sinceStartMs)));
}

type FindingsConditions = Pick<ArmConditions, 'startedUs' | 'switches'> & {
  readonly clock: Pick<Clock, 'elapsedUs'>;
  readonly recovered: Pick<ArmConditions['recovered'], 'complaints' | 'doubts'>;
};

/** What recovery found. That the journal may lack quotes is over with them. */
export function findingsOf({ recovered, clock, startedUs }: Omit<FindingsConditions, 'switches'>): readonly string[] {
  const isOver = clock.elapsedUs() - startedUs >= FRESH_JOURNAL_MS * 1000;
  return isOver ? recovered.complaints : [...recovered.doubts, ...recovered.complaints];
}

/** The same, until an operator has accepted it. */
export const openFindings = (conditions: FindingsConditions): readonly string[] =>
  conditions.switches.recoveryAccepted === null ? findingsOf(conditions) : [];
