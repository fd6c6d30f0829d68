// What a journal is opened with, and what it reports to whoever follows it.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { BornFact, Fact } from '../model/facts.ts';
import type { JournalSeq, LogPort } from '../model/ports.ts';
import type { CheckpointSource } from './checkpoint/stream.ts';
import type { JournalFiles } from './files.ts';
import type { JournalFailed } from './problems.ts';

export type JournalOptions = {
  /** The journal is in `journal/` below it, the lock next to that folder. */
  readonly stateDir: string;
  /** First record of a journal that did not exist. */
  readonly born: () => BornFact;
  /**
   * Fixes the state as of the last appended fact; called between turns, must not append. null: that is not possible now, as
   * facts are appended that are not applied yet.
   */
  readonly checkpoint: () => CheckpointSource | null;
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedUs' | 'every'>;
  readonly log: LogPort;
  /** Called once, with what happened, when the journal cannot be written any more. */
  readonly onFailure: (error: JournalFailed) => void;
  /** A segment that has grown to this size is followed by a new one; a checkpoint is due when so much was written since the last. */
  readonly segmentBytesMax?: number;
  /** Highest position known from elsewhere to have been durable (what was published): its absence is damage. */
  readonly durableAtLeast?: number;
  readonly files?: JournalFiles;
};

/** What the outbox follows. */
export type JournalWatcher = {
  /** A record was appended; not yet durable. Called inside the turn: must be quick and must not append. */
  appended(seq: JournalSeq, fact: Fact): void;
  /** Everything up to `seq` is durable. */
  durable(seq: JournalSeq): void;
};
