// The engine's state as one checkpoint of the journal: the head of the book first, then its quotes and the decided ids in parts
// of bounded size, all as of the moment when it began.

import type { DecidedId, DecidedIds } from '../ingest/decided-ids.ts';
import type { SignedIdStore } from '../ingest/signed-id-store.ts';
import type { Book } from '../inventory/book.ts';
import type { CheckpointSource } from '../journal/checkpoint/stream.ts';
import type { BornFact, CheckpointBeginFact, CheckpointPartFact, StartedFact } from '../model/facts.ts';
import type { Moment } from '../model/values.ts';

/** Of one part: some 60 bytes each. */
const IDS_PER_PART = 1000;

export type CheckpointInput = {
  readonly book: Book;
  readonly decided: DecidedIds;
  readonly signedIds: Pick<SignedIdStore, 'expected' | 'save'>;
  readonly born: BornFact;
  /** The run, unless it is not on record yet. */
  readonly started: StartedFact | null;
  readonly now: Moment;
};

/** null: not now, as facts are on their way to the disk that are not applied yet. */
export function beginCheckpoint(input: CheckpointInput): CheckpointSource | null {
  const { book, decided, signedIds, born, started, now } = input;
  const atMs = now.nowMs;
  const cut = book.cut();
  if (cut === null) return null;
  // What is recorded from here on is folded on top; the ids of before have to be durable when the checkpoint is whole.
  const expected = signedIds.expected();
  const ready = signedIds.save();
  const records = function* (): Generator<CheckpointBeginFact | CheckpointPartFact> {
    yield { kind: 'checkpoint_begin', atMs, born, started, book: cut.head, signedIds: expected };
    for (let quotes = cut.next(); quotes !== null; quotes = cut.next()) yield part(atMs, quotes, []);
    for (const ids of decided.pieces(IDS_PER_PART, now)) yield part(atMs, [], ids);
  };
  const left = records();
  return {
    next: () => left.next().value ?? null,
    ready,
    close: () => cut.close(),
  };
}

const part = (atMs: number, quotes: readonly unknown[], decided: readonly DecidedId[]): CheckpointPartFact => ({
  kind: 'checkpoint_part',
  atMs,
  quotes,
  decided,
});
