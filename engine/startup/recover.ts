// Start-up and crash recovery are one path: every fold takes in the journal's facts, and from them a start learns when the journal
// was born and whether the last run ended cleanly.

import { FRESH_JOURNAL_MS } from '../executor/arm-conditions.ts';
import type { Book } from '../inventory/book.ts';
import { isKnownKind } from '../model/fact-kinds.ts';
import type { Fact } from '../model/facts.ts';
import { type StepMaker, step } from '../model/lifecycle.ts';
import type { Moment } from '../model/values.ts';
import type { Folds } from './folds.ts';

export type Recovered = {
  readonly bornAtMs: number;
  /** Time of the first block of which a balance was read; null: not known. */
  readonly firstBlockTimeMs: number | null;
  /** Time of the block of the newest balance; null: none is on record. */
  readonly lastBlockTimeMs: number | null;
  readonly journalId: string;
  readonly accountId: string;
  /** No run before, or the last one ended with a `closed` record. */
  readonly clean: boolean;
  readonly records: number;
  /** What does not add up, in words, oldest first; an operator has to accept it before anything is signed. */
  readonly complaints: readonly string[];
  /**
   * Why the journal may lack what was signed last, in words. Likewise, but nobody has to once it is over: FRESH_JOURNAL_MS after this
   * start.
   */
  readonly doubts: readonly string[];
};

export type RecoveryResult =
  | { readonly ok: true; readonly recovered: Recovered }
  | { readonly ok: false; readonly problem: string };

export type RecoveryInput = {
  /** In the order in which they are folded: the newest checkpoint, and what was recorded since it began; else all. */
  readonly entries: Iterable<{ readonly fact: Fact }>;
  readonly folds: Folds;
  readonly now: Moment;
};

export function recover({ entries, folds, now }: RecoveryInput): RecoveryResult {
  let records = 0;
  let lastAtMs = 0;
  const findings = createFindings();
  try {
    for (const { fact } of entries) {
      records++;
      lastAtMs = fact.atMs;
      if (!isKnownKind(fact.kind)) return { ok: false, problem: unknownKind(fact.kind) };
      for (const fold of folds.all) for (const finding of fold.apply(fact, now)) findings.add(finding);
    }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  const born = folds.run.born();
  if (born === null)
    return { ok: false, problem: 'the journal does not show when it was created: its first segment is missing' };
  const { atMs: bornAtMs, firstBlockTimeMs = null, journalId, accountId } = born;
  const clean = !folds.run.isRunning();
  const complaints = findings.list();
  const doubts = clean ? [] : doubtsOfAge(now.nowMs - lastAtMs);
  const lastBlockTimeMs = folds.lastBlockTimeMs();
  const birth = { bornAtMs, firstBlockTimeMs, lastBlockTimeMs, journalId, accountId };
  return { ok: true, recovered: { ...birth, clean, records, complaints, doubts } };
}

export function withDoubt(recovered: Recovered, doubt: string | null): Recovered {
  return doubt === null ? recovered : { ...recovered, doubts: [doubt, ...recovered.doubts] };
}

/**
 * A running engine writes every few seconds. A disk that was put back to an earlier state as a whole, while an engine ran on it, shows
 * in nothing else.
 */
function doubtsOfAge(ageMs: number): readonly string[] {
  if (ageMs <= FRESH_JOURNAL_MS) return [];
  const minutes = Math.floor(ageMs / 60_000);
  return [
    `the journal ends ${minutes} minutes ago without a clean stop: if its disk or volume was put back to that time, quotes signed ` +
      'since are not in it, and can settle for ten minutes after the engine that signed them ended',
  ];
}

/** What a later version wrote may be a promise: to pass it over would be to forget that. */
const unknownKind = (kind: string): string =>
  `the journal has a record of the kind "${kind}", which this version does not know: a later version of the engine wrote ` +
  'it; start that version';

/** The first so many are kept in words; of a damaged journal every record could be one. */
const FINDINGS_MAX = 100;

function createFindings() {
  const kept: string[] = [];
  let count = 0;
  return {
    add(finding: string): void {
      count++;
      if (count <= FINDINGS_MAX) kept.push(finding);
    },
    list: (): string[] => (count > kept.length ? [...kept, `and ${count - kept.length} more`] : kept),
  };
}

/** Attempts whose reply went missing with the process: only the venue knows what became of them. */
export function openAfterRestart(book: Book, maker: StepMaker): Fact[] {
  const facts: Fact[] = [];
  for (const current of book.liveQuotes()) {
    if (current.state !== 'proposed' && current.state !== 'submitted') continue;
    const note = 'the process ended before the relay replied';
    const fact = step(current, { to: 'uncertain', code: 'restarted', note, recovered: true }, maker);
    if (fact !== null) facts.push(fact);
  }
  return facts;
}
