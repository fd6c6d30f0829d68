// Opens the state directory and rebuilds the state from it: journal, signed ids, and every fold over what they hold.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import { type OutboxPosition, readPosition } from '../bus/watermark-file.ts';
import { createDecidedIds, type DecidedIds } from '../ingest/decided-ids.ts';
import type { PairFilter } from '../ingest/pair-filter.ts';
import { SignedIdStore } from '../ingest/signed-id-store.ts';
import type { Book } from '../inventory/book.ts';
import type { CheckpointSource } from '../journal/checkpoint/stream.ts';
import { Journal } from '../journal/journal.ts';
import type { JournalOptions } from '../journal/options.ts';
import { type Place, placeOf } from '../journal/place.ts';
import { inStateDir } from '../journal/problems.ts';
import { LateBound } from '../lib/late-bound.ts';
import { momentOf } from '../lib/moment.ts';
import type { BornFact } from '../model/facts.ts';
import type { Random } from '../model/ports.ts';
import type { Moment } from '../model/values.ts';
import type { Breaker } from '../safety/breaker/breaker.ts';
import { beginCheckpoint } from './checkpoint.ts';
import { createFolds, type RunFold } from './folds.ts';
import { type Recovered, recover, withDoubt } from './recover.ts';

export type OpenStateOptions = {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The first record of a journal that does not exist yet. */
  readonly born: () => BornFact;
  /** Empty; holds the folded state afterwards. */
  readonly book: Book;
  /** Likewise. */
  readonly breaker: Breaker;
  /** As configured; as an operator has left it afterwards. */
  readonly pairFilter: PairFilter;
  readonly isClockTrusted: (now: Moment) => boolean;
  readonly onJournalFailed: () => void;
  readonly disk: JournalDisk;
};

/** What the journal is written with; empty but in tests: the files of the machine, and segments of the usual size. */
export type JournalDisk = Pick<JournalOptions, 'files' | 'segmentBytesMax'>;

export type OpenedState = {
  readonly journal: Journal;
  readonly signedIds: SignedIdStore;
  readonly decided: DecidedIds;
  readonly recovered: Recovered;
  readonly run: RunFold;
  readonly place: Place;
  /** How far Kafka had acknowledged the journal, as kept in a file next to it. */
  readonly outbox: { readonly path: string; readonly position: OutboxPosition | null };
};

/** Throws `JournalRefused` when the directory cannot be used: damaged, or held by another engine. */
export function openState(options: OpenStateOptions): OpenedState {
  const { stateDir, clock, log, book, breaker } = options;
  const watermarkPath = `${stateDir}/journal/outbox.json`;
  const position = readPosition(watermarkPath);
  const checkpoint = new LateBound<() => CheckpointSource | null>('the source of checkpoints');
  const journal = Journal.open({
    stateDir,
    born: options.born,
    checkpoint: () => checkpoint.get()(),
    clock,
    log: log.child('journal'),
    onFailure(error) {
      log.child('journal').error('journal_failed', { failure: error });
      options.onJournalFailed();
    },
    ...options.disk,
    ...(position === null ? {} : { durableAtLeast: position.others }),
  });
  // Only behind the journal's lock: two processes must not write the same files.
  const signedIds = inStateDir(stateDir, () => openSignedIds(options, journal));
  const decided = createDecidedIds({ commanded: signedIds.ids });
  const folds = createFolds({ book, breaker, decided, signedIds, pairFilter: options.pairFilter });
  const folded = recover({ entries: journal.recover(), folds, now: momentOf(clock) });
  if (!folded.ok) throw new Error(folded.problem);
  breaker.watch();
  checkpoint.bind(() => beginCheckpoint(folds.all, momentOf(clock)));
  const place = inStateDir(stateDir, () => placeOf(`${stateDir}/journal`, folds.run.directory()));
  const recovered = withDoubt(folded.recovered, place.finding);
  for (const complaint of [...recovered.doubts, ...recovered.complaints])
    log.warn('recovery_complaint', { detail: complaint });
  return { journal, signedIds, decided, recovered, run: folds.run, place, outbox: { path: watermarkPath, position } };
}

function openSignedIds({ stateDir, clock, random, log, isClockTrusted }: OpenStateOptions, journal: Journal) {
  return new SignedIdStore({
    stateDir,
    clock,
    random,
    log: log.child('ingest'),
    isOwned: () => journal.ownsFiles,
    isClockTrusted: () => isClockTrusted(momentOf(clock)),
  });
}
