// The state that a restart takes up again, as a list: each fold takes in every fact of the journal, and gives its own part of a
// checkpoint. A new piece of such state is one more fold.
//
// Not folded, and so never taken over by a restart: arming, since an operator decides after each start whether quotes are signed;
// the stops that ended it, since what still does not fit is found again; pauses and limits set at run time, which begin as
// configured. All of them are on record as control actions.

import { PAIR_FILTER_ACTIONS, readPairFilter } from '../../contracts/control/engine.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import { type DecidedAs, type DecidedIds, decidedAs } from '../ingest/decided-ids.ts';
import type { PairFilter } from '../ingest/pair-filter.ts';
import type { SignedIdStore } from '../ingest/signed-id-store.ts';
import type { Book } from '../inventory/book.ts';
import { recordedUs } from '../lib/record-age.ts';
import type { BornFact, CheckpointBeginFact, CheckpointPartFact, Fact, StartedFact } from '../model/facts.ts';
import type { Moment } from '../model/values.ts';
import { type Breaker, isBreakerHead } from '../safety/breaker/breaker.ts';

export type CheckpointHead = Omit<CheckpointBeginFact, 'kind' | 'atMs'>;
type CheckpointPiece = Omit<CheckpointPartFact, 'kind' | 'atMs'>;

/** One fold's part of a checkpoint: its state as of the moment when it was cut. */
export type FoldCut = {
  readonly head: Partial<CheckpointHead>;
  /** The next piece, of bounded size; null when there are no more. */
  next(): Partial<CheckpointPiece> | null;
  /** Resolves when what the fold keeps outside of the journal is durable. Called once, when every fold was cut. */
  ready(): Promise<void>;
  /** It is not read any further. */
  close(): void;
};

export type Fold = {
  /** @returns what does not add up, in words. Throws what makes a start impossible */
  apply(fact: Fact, now: Moment): readonly string[];
  /** null: not now, as facts are on their way to the disk that are not applied yet. */
  cut(now: Moment): FoldCut | null;
};

const NOTHING: readonly string[] = [];
const WHOLE = { next: () => null, ready: () => Promise.resolve(), close: () => {} } as const;

export type RunFold = Fold & {
  /** The first record; null before it was folded. */
  born(): BornFact | null;
  /** A run is on record that has not ended: after recovery, one that crashed. */
  isRunning(): boolean;
  /** Where the journal belongs, by the last run that knew it; null: none did. */
  directory(): string | null;
  /** A balance of a block of that time was taken, in this run: see BornFact. */
  balanceTaken(blockTimeMs: number): void;
};

/** When the journal was born, and which run writes to it. The run that begins is applied here as well. */
function createRunFold(): RunFold {
  let born: BornFact | null = null;
  /** Itself, and in no checkpoint: the first balance behind it can still come. */
  let isBirthRead = false;
  let started: StartedFact | null = null;
  let directory: string | null = null;
  const balanceTaken = (blockTimeMs: number): void => {
    if (isBirthRead && born !== null) born = { ...born, firstBlockTimeMs: blockTimeMs };
    isBirthRead = false;
  };
  return {
    born: () => born,
    isRunning: () => started !== null,
    directory: () => directory,
    balanceTaken,
    apply(fact) {
      if (fact.kind === 'born') {
        born = fact;
        isBirthRead = true;
      } else if (fact.kind === 'started') {
        started = fact;
        directory = fact.directory ?? directory;
      } else if (fact.kind === 'closed') started = null;
      else if (fact.kind === 'checkpoint') {
        ({ born, started } = fact);
        isBirthRead = false;
      } else if (fact.kind === 'checkpoint_begin') {
        ({ born, started } = fact);
        directory = fact.directory ?? null;
        isBirthRead = false;
      } else if (fact.kind === 'balance') balanceTaken(fact.blockTimeMs);
      return NOTHING;
    },
    cut() {
      if (born === null) return null;
      return { head: { born, started, ...(directory === null ? {} : { directory }) }, ...WHOLE };
    },
  };
}

/** Whether the files of signed ids hold what the checkpoint counts on; the ids themselves are in them. */
function createSignedIdsFold(signedIds: Pick<SignedIdStore, 'expected' | 'save' | 'missingOf'>): Fold {
  return {
    apply: (fact) => (fact.kind === 'checkpoint_begin' ? signedIds.missingOf(fact.signedIds ?? []) : NOTHING),
    cut: () => ({ head: { signedIds: signedIds.expected() }, ...WHOLE, ready: () => signedIds.save() }),
  };
}

/** Of one piece: some 60 bytes each, as much work as a piece of the book. */
const IDS_PER_PIECE = 250;

/** Ids that were decided lately. */
function createDecidedFold(decided: DecidedIds): Fold {
  return {
    apply(fact, now) {
      const findings: string[] = [];
      const add = (quoteId: QuoteId, as: DecidedAs, atMs: number): void => {
        // Of a commanded id no age is trusted: a wall clock that is ahead at the start would make it look forgotten.
        const atUs = as === 'commanded' ? now.nowUs : recordedUs(atMs, now);
        if (!decided.add(quoteId, as, atUs))
          findings.push(`the memory for signed quote ids has no room for ${quoteId}`);
      };
      if (fact.kind === 'heard') add(fact.demand.quoteId, decidedAs(fact), fact.atMs);
      // Earlier versions did not write down how they had been decided.
      if (fact.kind === 'checkpoint') for (const { quoteId, atMs } of fact.decided) add(quoteId, 'commanded', atMs);
      if (fact.kind === 'checkpoint_part') {
        for (const { quoteId, atMs, malformed } of fact.decided)
          add(quoteId, malformed ? 'malformed' : 'rejected', atMs);
      }
      return findings;
    },
    cut(now) {
      const pieces = decided.pieces(IDS_PER_PIECE, now);
      const next = (): Partial<CheckpointPiece> | null => {
        const { value } = pieces.next();
        return value === undefined ? null : { decided: value };
      };
      return { head: {}, ...WHOLE, next };
    },
  };
}

/** The pair filter as an operator has left it: the actions on record name what was set. */
function createPairFilterFold(filter: Pick<PairFilter, 'override' | 'change'>): Fold {
  return {
    apply(fact) {
      if (fact.kind === 'checkpoint_begin') filter.change(fact.pairFilter ?? null);
      if (fact.kind !== 'control') return NOTHING;
      const { part, action, outcome, to } = fact.payload;
      if (part !== 'ingest' || outcome !== 'done') return NOTHING;
      if (action === PAIR_FILTER_ACTIONS.reset) filter.change(null);
      if (action !== PAIR_FILTER_ACTIONS.set) return NOTHING;
      const setting = readPairFilter(to);
      if (setting === null) return ['a change of the pair filter on record cannot be read'];
      filter.change(setting);
      return NOTHING;
    },
    cut() {
      const override = filter.override();
      return { head: override === null ? {} : { pairFilter: override }, ...WHOLE };
    },
  };
}

/** Capital, nonces and quotes. */
function createBookFold(book: Pick<Book, 'apply' | 'cut'>): Fold {
  return {
    apply(fact) {
      const breach = book.apply(fact);
      return breach === null ? NOTHING : [breach.detail];
    },
    cut() {
      const cut = book.cut();
      if (cut === null) return null;
      const next = (): Partial<CheckpointPiece> | null => {
        const quotes = cut.next();
        return quotes === null ? null : { quotes };
      };
      return { head: { book: cut.head }, ...WHOLE, next, close: () => cut.close() };
    },
  };
}

/** Filled and open value. A checkpoint of a version without it has the quotes, which the book restores before. */
function createBreakerFold(breaker: Breaker, book: Pick<Book, 'snapshot'>): Fold {
  let isInHead = false;
  const seed = (): void => breaker.seed(book.snapshot());
  return {
    apply(fact) {
      if (fact.kind === 'checkpoint') seed();
      else if (fact.kind === 'checkpoint_begin') {
        isInHead = isBreakerHead(fact.breaker);
        if (isBreakerHead(fact.breaker)) breaker.restore(fact.breaker);
      } else if (fact.kind === 'checkpoint_end') {
        if (!isInHead) seed();
      } else breaker.apply(fact);
      return NOTHING;
    },
    cut: () => ({ head: { breaker: breaker.head() }, ...WHOLE }),
  };
}

export type FoldsOptions = {
  readonly book: Pick<Book, 'apply' | 'cut' | 'snapshot' | 'block'>;
  readonly breaker: Breaker;
  readonly decided: DecidedIds;
  readonly signedIds: Pick<SignedIdStore, 'expected' | 'save' | 'missingOf'>;
  readonly pairFilter: Pick<PairFilter, 'override' | 'change'>;
};

export type Folds = {
  readonly run: RunFold;
  readonly all: readonly Fold[];
  /** Time of the block of the newest balance; null before the first. */
  lastBlockTimeMs(): number | null;
};

/** Every fold of the engine, in the order in which they take in a fact. */
export function createFolds({ book, breaker, decided, signedIds, pairFilter }: FoldsOptions): Folds {
  const run = createRunFold();
  return {
    run,
    lastBlockTimeMs: () => book.block()?.timeMs ?? null,
    all: [
      run,
      createSignedIdsFold(signedIds),
      createBookFold(book),
      createBreakerFold(breaker, book),
      createDecidedFold(decided),
      createPairFilterFold(pairFilter),
    ],
  };
}
