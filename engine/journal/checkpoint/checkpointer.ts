// When a checkpoint is due, and the one that is being written. Due when as much was recorded since the last one began as a
// segment holds, and at least twice as much as that one was long: at most a third of what is written is checkpoints, and recovery
// reads three checkpoints' worth of facts at most. One that cannot be written costs space, nothing else, and is tried again.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { createTroubleLog, type TroubleLog } from '../../lib/trouble.ts';
import type { CheckpointEndFact, Fact } from '../../model/facts.ts';
import type { LogPort } from '../../model/ports.ts';
import { JournalFailed } from '../problems.ts';
import { type CheckpointSource, CheckpointStream, type WrittenRecord } from './stream.ts';

/** Before a checkpoint that could not be written is tried again. */
const RETRY_MS = 10_000;
/** With many live quotes a checkpoint is as long as the records of half a minute, and takes as much of the loop as they do. */
const FACTS_A_CHECKPOINT = 2;

export type CheckpointerOptions = {
  /** Fixes the state as of the last appended fact; null: not now. */
  readonly source: () => CheckpointSource | null;
  readonly write: (fact: Fact) => WrittenRecord;
  /** Begins a segment with this record. */
  readonly finish: (end: CheckpointEndFact) => void;
  readonly dueAfterBytes: number;
  /** As the segments on disk say it. */
  readonly since: { readonly bytes: number; readonly checkpointBytes: number };
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedUs'>;
  readonly log: LogPort;
};

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #trouble: TroubleLog;
  #stream: CheckpointStream | null = null;
  #notBeforeUs = Number.NEGATIVE_INFINITY;
  /** Bytes of facts since the last whole checkpoint began, and since the one that is being written did. */
  #factBytes: number;
  #factBytesOfStream = 0;
  #lastBytes: number;
  #problem: string | null = null;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#factBytes = options.since.bytes;
    this.#lastBytes = options.since.checkpointBytes;
    this.#trouble = createTroubleLog(options.log, 'journal_checkpoint_failed');
  }

  /** Why the last one could not be written; null when it could. */
  get problem(): string | null {
    return this.#problem;
  }

  /** One is being written. */
  get isWriting(): boolean {
    return this.#stream !== null;
  }

  /** A record was written that is no part of a checkpoint. */
  recorded(bytes: number): void {
    this.#factBytes += bytes;
    this.#factBytesOfStream += bytes;
  }

  /** After each sync: goes on with the one that is being written, or begins one that is due. */
  synced(): void {
    if (this.#stream !== null) this.#stream.synced();
    else if (this.#isDue()) this.#begin();
  }

  /** Ends the one that is being written, which then counts for nothing. */
  stop(): void {
    this.#stream?.abandon();
    this.#stream = null;
  }

  #isDue(): boolean {
    const { clock, dueAfterBytes } = this.#options;
    const dueBytes = Math.max(dueAfterBytes, FACTS_A_CHECKPOINT * this.#lastBytes);
    return this.#factBytes >= dueBytes && clock.elapsedUs() >= this.#notBeforeUs;
  }

  #begin(): void {
    let source: CheckpointSource | null;
    try {
      source = this.#options.source();
    } catch (error) {
      this.#over(error);
      return;
    }
    if (source === null) return;
    this.#factBytesOfStream = 0;
    const stream = new CheckpointStream(source, {
      write: this.#options.write,
      finish: (end) => this.#finish({ kind: 'checkpoint_end', atMs: this.#options.clock.nowMs(), ...end }),
      onOver: (error) => this.#over(error),
    });
    this.#stream = stream;
    stream.start();
  }

  #finish(end: CheckpointEndFact): void {
    this.#options.finish(end);
    this.#lastBytes = end.bytes;
    this.#factBytes = this.#factBytesOfStream;
  }

  #over(error: unknown): void {
    this.#stream = null;
    if (error === null) {
      this.#problem = null;
      this.#trouble.recovered();
      return;
    }
    // A journal that has failed was reported as that.
    if (error instanceof JournalFailed) return;
    this.#notBeforeUs = this.#options.clock.elapsedUs() + RETRY_MS * 1000;
    this.#problem = error instanceof Error ? error.message : String(error);
    this.#trouble.report('not_written', this.#problem);
  }
}
