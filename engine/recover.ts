// Start-up and crash recovery are one path: fold the journal's facts into the book and the list of decided ids, and learn from
// them when the journal was born and whether the last run ended cleanly.

import type { CheckpointFact, Fact } from './facts.ts';
import type { DecidedIds } from './ingest/decided-ids.ts';
import type { Book } from './inventory/book.ts';
import { type StepMaker, step } from './lib/lifecycle.ts';

export type Recovered = {
  readonly bornAtMs: number;
  readonly journalId: string;
  readonly accountId: string;
  /** No run before, or the last one ended with a `closed` record. */
  readonly clean: boolean;
  readonly records: number;
  /** What the book found not to fit or breached, oldest first. */
  readonly complaints: readonly string[];
};

export type RecoveryResult =
  | { readonly ok: true; readonly recovered: Recovered }
  | { readonly ok: false; readonly problem: string };

/** @param entries from the newest checkpoint on, or from the first record ever */
export function recover(entries: Iterable<{ readonly fact: Fact }>, book: Book, decided: DecidedIds): RecoveryResult {
  let born: CheckpointFact['born'] | null = null;
  let running = false;
  let records = 0;
  const complaints: string[] = [];
  for (const { fact } of entries) {
    records++;
    if (fact.kind === 'born') born = fact;
    if (fact.kind === 'checkpoint' || fact.kind === 'checkpoint_begin') {
      born = fact.born;
      running = fact.started !== null;
    }
    if (fact.kind === 'checkpoint' || fact.kind === 'checkpoint_part') decided.restore(fact.decided);
    if (fact.kind === 'started') running = true;
    if (fact.kind === 'closed') running = false;
    if (fact.kind === 'heard') decided.add(fact.demand.quoteId, fact.atMs);
    const complaint = book.apply(fact);
    if (complaint !== null) complaints.push(complaint);
  }
  if (born === null)
    return { ok: false, problem: 'the journal does not say when it was born: its first segment is missing' };
  const { atMs: bornAtMs, journalId, accountId } = born;
  return { ok: true, recovered: { bornAtMs, journalId, accountId, clean: !running, records, complaints } };
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
