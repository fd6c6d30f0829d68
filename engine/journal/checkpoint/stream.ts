// Writes one checkpoint as many records, a part a slice, each slice in a turn of its own, so that no quote waits for more than
// one part. The caller's source fixes the state at its first record; what is appended between the parts is folded on top of it
// by recovery. At most so many bytes are written ahead of the disk: a sync that quotes wait for does not carry more than that.
//
// A checkpoint counts once its end is written; until then the older one does, and a stream that ends early (a crash, a stop,
// trouble of its source) leaves records behind that recovery passes over.

import type { CheckpointBeginFact, CheckpointPartFact } from '../../model/facts.ts';
import type { JournalSeq } from '../../model/ports.ts';

/** Of the checkpoint, written and not yet synced: a slow disk takes it in some 50 ms, well within the allowed lag of syncs. */
const AHEAD_BYTES_MAX = 512 * 1024;

/** The state as of one moment, as records. */
export type CheckpointSource = {
  /** The begin first, then parts; null when there are no more. */
  next(): CheckpointBeginFact | CheckpointPartFact | null;
  /** Resolves when what the checkpoint relies on outside of the journal is durable; rejects when that failed. */
  readonly ready: Promise<void>;
  /** Called once, whole or not: the source need not keep the state of that moment any longer. */
  close(): void;
};

export type WrittenRecord = { readonly seq: JournalSeq; readonly bytes: number };

export type StreamHost = {
  /** Appends a record. Throws when the journal cannot be written. */
  write(fact: CheckpointBeginFact | CheckpointPartFact): WrittenRecord;
  /** Begins a segment with the end of the checkpoint. Throws when the journal cannot be written. */
  finish(end: { readonly beginSeq: JournalSeq; readonly parts: number; readonly bytes: number }): void;
  /** The stream is over; with the error that ended it early, else null. */
  onOver(error: unknown): void;
};

export class CheckpointStream {
  readonly #source: CheckpointSource;
  readonly #host: StreamHost;
  #beginSeq = 0;
  #parts = 0;
  #bytes = 0;
  #aheadBytes = 0;
  #isWaitingForSync = false;
  #isOver = false;

  constructor(source: CheckpointSource, host: StreamHost) {
    this.#source = source;
    this.#host = host;
    // Awaited at the end; a rejection before that is no unhandled one.
    source.ready.catch(() => {});
  }

  /** Writes the begin in this turn: nothing may be appended between the moment that the source fixed and this call. */
  start(): void {
    this.#guarded(() => {
      const begin = this.#source.next();
      if (begin?.kind !== 'checkpoint_begin') throw new Error('a checkpoint has to start with its begin');
      const { seq, bytes } = this.#host.write(begin);
      this.#beginSeq = seq;
      this.#count(bytes);
      this.#schedule();
    });
  }

  /** A sync has finished that covers everything written before it began. */
  synced(): void {
    if (!this.#isWaitingForSync) return;
    this.#isWaitingForSync = false;
    this.#aheadBytes = 0;
    this.#schedule();
  }

  /** Leaves the checkpoint as it is: without its end it counts for nothing. */
  abandon(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.close();
  }

  #schedule(): void {
    setImmediate(() => {
      if (!this.#isOver) this.#guarded(() => this.#slice());
    });
  }

  #slice(): void {
    const part = this.#source.next();
    if (part === null) {
      void this.#end();
      return;
    }
    if (part.kind !== 'checkpoint_part') throw new Error('a checkpoint has one begin');
    this.#parts++;
    this.#count(this.#host.write(part).bytes);
    if (this.#aheadBytes >= AHEAD_BYTES_MAX) this.#isWaitingForSync = true;
    else this.#schedule();
  }

  async #end(): Promise<void> {
    try {
      await this.#source.ready;
    } catch (error) {
      this.#over(error);
      return;
    }
    if (this.#isOver) return;
    this.#guarded(() => {
      this.#host.finish({ beginSeq: this.#beginSeq, parts: this.#parts, bytes: this.#bytes });
      this.#over(null);
    });
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#aheadBytes += bytes;
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#over(error);
    }
  }

  #over(error: unknown): void {
    if (this.#isOver) return;
    this.abandon();
    this.#host.onOver(error);
  }
}
