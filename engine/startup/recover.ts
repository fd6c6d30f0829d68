// Start-up and crash recovery are one path: fold the journal's facts into the book and the list of decided ids, and learn from
// them when the journal was born and whether the last run ended cleanly.

import type { QuoteId } from '../../contracts/ids.ts';
import { type DecidedAs, type DecidedIds, decidedAs } from '../ingest/decided-ids.ts';
import type { Book } from '../inventory/book.ts';
import { recordedUs } from '../lib/record-age.ts';
import { type BornFact, type Fact, isKnownKind, type SignedIdsFile } from '../model/facts.ts';
import { type StepMaker, step } from '../model/lifecycle.ts';
import type { Moment } from '../model/values.ts';

export type Recovered = {
  readonly bornAtMs: number;
  readonly journalId: string;
  readonly accountId: string;
  /** No run before, or the last one ended with a `closed` record. */
  readonly clean: boolean;
  readonly records: number;
  /** What does not add up, in words, oldest first; an operator has to accept it before anything is signed. */
  readonly complaints: readonly string[];
};

export type RecoveryResult =
  | { readonly ok: true; readonly recovered: Recovered }
  | { readonly ok: false; readonly problem: string };

export type RecoveryInput = {
  /** In the order in which they are folded: the newest checkpoint, and what was recorded since it began; else all. */
  readonly entries: Iterable<{ readonly fact: Fact }>;
  readonly book: Book;
  readonly decided: DecidedIds;
  /** What is missing of the signed ids that a checkpoint counts on. */
  readonly missingIds: (expected: readonly SignedIdsFile[]) => readonly string[];
  readonly now: Moment;
};

export function recover({ entries, book, decided, missingIds, now }: RecoveryInput): RecoveryResult {
  let born: BornFact | null = null;
  let running = false;
  let records = 0;
  const findings = createFindings();
  try {
    for (const { fact } of entries) {
      records++;
      if (!isKnownKind(fact.kind)) return { ok: false, problem: unknownKind(fact.kind) };
      if (fact.kind === 'born') born = fact;
      if (fact.kind === 'checkpoint' || fact.kind === 'checkpoint_begin') {
        born = fact.born;
        running = fact.started !== null;
      }
      if (fact.kind === 'checkpoint_begin') for (const each of missingIds(fact.signedIds ?? [])) findings.add(each);
      if (fact.kind === 'started') running = true;
      if (fact.kind === 'closed') running = false;
      for (const { quoteId, as, atMs } of decidedIn(fact)) {
        // Of a commanded id no age is trusted: a wall clock that is ahead at the start would make it look forgotten.
        const atUs = as === 'commanded' ? now.nowUs : recordedUs(atMs, now);
        if (!decided.add(quoteId, as, atUs)) findings.add(`there is no room to remember ${quoteId}`);
      }
      const complaint = book.apply(fact);
      if (complaint !== null) findings.add(complaint.detail);
    }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  if (born === null)
    return { ok: false, problem: 'the journal does not say when it was born: its first segment is missing' };
  const { atMs: bornAtMs, journalId, accountId } = born;
  const complaints = findings.list();
  return { ok: true, recovered: { bornAtMs, journalId, accountId, clean: !running, records, complaints } };
}

/** With what was found of the journal as a whole in front. */
export function withFinding(recovered: Recovered, finding: string | null): Recovered {
  return finding === null ? recovered : { ...recovered, complaints: [finding, ...recovered.complaints] };
}

/** What a later version wrote may be a promise: to pass it over would be to forget that. */
const unknownKind = (kind: string): string =>
  `the journal holds a record of the kind "${kind}", which this version does not know: a later version of the engine wrote ` +
  'it; start that one';

type Decided = { readonly quoteId: QuoteId; readonly as: DecidedAs; readonly atMs: number };

function decidedIn(fact: Fact): readonly Decided[] {
  switch (fact.kind) {
    case 'heard':
      return [{ quoteId: fact.demand.quoteId, as: decidedAs(fact), atMs: fact.atMs }];
    // Earlier versions did not write down how they had been decided.
    case 'checkpoint':
      return fact.decided.map(({ quoteId, atMs }) => ({ quoteId, as: 'commanded', atMs }));
    case 'checkpoint_part':
      return fact.decided.map(({ quoteId, atMs, malformed }) => ({
        quoteId,
        as: malformed ? 'malformed' : 'rejected',
        atMs,
      }));
    default:
      return [];
  }
}

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

/** Attempts whose reply went missing with the process: what became of them only the venue can tell. */
export function openAfterRestart(book: Book, maker: StepMaker): Fact[] {
  const facts: Fact[] = [];
  for (const standing of book.liveQuotes()) {
    if (standing.state !== 'proposed' && standing.state !== 'submitted') continue;
    const fact = step(standing, 'uncertain', 'restarted', maker, {
      note: 'the process ended before the relay replied',
      recovered: true,
    });
    if (fact !== null) facts.push(fact);
  }
  return facts;
}
