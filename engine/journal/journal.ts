// The write-ahead journal: an ordered list of facts on disk that the engine writes before it acts, reads at its start and
// publishes from.
//
// Method. `append` is one write into the page cache, some microseconds, in the turn of the quote. Syncing is a group
// commit off the loop: at most one is under way, it covers all that was written before it began, and what came since goes
// with the next; it starts by itself a little after the turn, or at once when somebody waits. A segment that has grown past its
// limit is followed by a new one, which begins with a checkpoint of the whole state, so that older segments can go.
// Invariants: positions grow by one without gaps; `durableSeq` never passes what a finished sync has covered; after a
// failed write or sync nothing more is written (what the disk then holds is unknown until the next start).
// Out of scope: what is in a fact, who publishes it (bus), where state is folded (the caller).

import { chmodSync, mkdirSync, unlink } from 'node:fs';
import { join } from 'node:path';
import type { BornFact, CheckpointFact, ClosedFact, Fact } from '../facts.ts';
import type { JournalPort, JournalSeq } from '../ports.ts';
import { encodeFact } from './codec.ts';
import { type JournalFiles, REAL_FILES } from './files.ts';
import { FRAME_HEADER_BYTES, PAYLOAD_BYTES_MAX, SEGMENT_MAGIC, sealFrame } from './frame.ts';
import { acquireLock } from './lock.ts';
import { JournalFailed } from './problems.ts';
import { type Entry, entriesFrom, entriesOf } from './reader.ts';
import { type Cut, scanJournal, syncPath } from './recovery.ts';
import { Segment } from './segment.ts';

export const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
const OWNER_ONLY_DIRECTORY = 0o700;
/** A sync costs more than many records: without anybody waiting, one a turn would take from the turns what it gives nobody. */
const GATHER_MS = 20;
const DONE = Promise.resolve();

export type JournalOptions = {
  /** The journal lies in `journal/` below it; the lock beside that. */
  readonly stateDir: string;
  /** First record of a journal that did not exist. */
  readonly born: () => BornFact;
  /** The whole state as of the last appended fact; called between turns, must not append. */
  readonly checkpoint: () => CheckpointFact;
  /** Called once, with what happened, when the journal can no longer be written. */
  readonly onFailure: (error: JournalFailed) => void;
  /** A segment that has grown to this size is followed by a new one. */
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

type Waiter = { readonly seq: number; readonly resolve: () => void; readonly reject: (error: Error) => void };
type OpenFile = { readonly segment: Segment; readonly file: number };

export class Journal implements JournalPort {
  /** What the opening found and did, for the log. */
  readonly opened: { readonly fresh: boolean; readonly lastSeq: number; readonly cut: Cut | null };
  readonly #options: JournalOptions;
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #segmentBytesMax: number;
  readonly #releaseLock: () => void;
  readonly #directoryFile: number;
  readonly #segments: Segment[];
  readonly #waiters: Waiter[] = [];
  readonly #watchers: JournalWatcher[] = [];
  /** Full segments whose content is not known durable yet, oldest first. */
  #retiring: OpenFile[] = [];
  #current: OpenFile;
  #directoryChanged = false;
  #lastSeq: number;
  #durableSeq: number;
  #syncUnderWay = false;
  #syncScheduled = false;
  #failure: JournalFailed | null = null;
  #closed = false;
  #isReleased = false;
  readonly #released = Promise.withResolvers<void>();
  #dropping: Promise<void> = DONE;

  /** Takes the lock, checks every record, cuts a torn tail. Throws `JournalRefused` when the engine must not start. */
  static open(options: JournalOptions): Journal {
    mkdirSync(options.stateDir, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    const releaseLock = acquireLock(options.stateDir);
    try {
      return new Journal(options, releaseLock);
    } catch (error) {
      releaseLock();
      throw error;
    }
  }

  private constructor(options: JournalOptions, releaseLock: () => void) {
    this.#options = options;
    this.#files = options.files ?? REAL_FILES;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.#releaseLock = releaseLock;
    this.#directory = join(options.stateDir, 'journal');
    mkdirSync(this.#directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    chmodSync(this.#directory, OWNER_ONLY_DIRECTORY);

    const { segments, cut } = scanJournal(this.#directory, options.durableAtLeast ?? 0);
    this.#segments = segments;
    this.#directoryFile = this.#files.openDirectory(this.#directory);
    const newest = segments.at(-1);
    if (newest === undefined) {
      this.#lastSeq = 0;
      this.#durableSeq = 0;
      this.#current = this.#startSegment(false);
      this.#write(options.born());
      this.#scheduleSync();
    } else {
      // A killed process leaves records in the page cache only: they count as durable from here on, so they are made so.
      for (const segment of segments) syncPath(segment.path);
      syncPath(this.#directory);
      this.#lastSeq = newest.lastSeq;
      this.#durableSeq = newest.lastSeq;
      this.#current = { segment: newest, file: this.#files.open(newest.path) };
    }
    this.opened = { fresh: newest === undefined, lastSeq: this.#lastSeq, cut };
  }

  /** Position of the newest record. */
  get lastSeq(): JournalSeq {
    return this.#lastSeq;
  }

  /** Everything up to it survives a power cut. */
  get durableSeq(): JournalSeq {
    return this.#durableSeq;
  }

  /** Oldest record that is still kept. */
  get firstSeq(): JournalSeq {
    return (this.#segments[0] as Segment).firstSeq;
  }

  get failure(): JournalFailed | null {
    return this.#failure;
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  /** Bytes of all segments kept. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  watch(watcher: JournalWatcher): void {
    this.#watchers.push(watcher);
  }

  append(fact: Fact): JournalSeq {
    const seq = this.#write(fact);
    this.#scheduleSync();
    return seq;
  }

  synced(seq: JournalSeq): Promise<void> {
    if (seq <= this.#durableSeq) return DONE;
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (seq > this.#lastSeq) return Promise.reject(new RangeError(`record ${seq} was never written`));
    const waiting = new Promise<void>((resolve, reject) => this.#waiters.push({ seq, resolve, reject }));
    this.#sync();
    return waiting;
  }

  /** The records that state is made of, in order: from the newest checkpoint on, or from the first ever. */
  recover(): Generator<Entry> {
    return entriesOf(this.#segments.slice(this.#newestCheckpoint()));
  }

  /** Up to `limit` records from `fromSeq` on; fewer, but at least one, when more would be a large read; none beyond the last. */
  async read(fromSeq: JournalSeq, limit: number): Promise<Entry[]> {
    const segment = this.#segments.findLast((candidate) => candidate.firstSeq <= fromSeq);
    if (segment === undefined) {
      throw new RangeError(`record ${fromSeq} is no longer kept; the oldest is ${this.firstSeq}`);
    }
    return fromSeq > segment.lastSeq ? [] : entriesFrom(segment, fromSeq, limit);
  }

  /** Deletes whole segments of records below `seq` that a durable checkpoint stands for; returns how many. */
  dropBefore(seq: JournalSeq): number {
    let count = 0;
    const newest = this.#newestCheckpoint();
    if ((this.#segments[newest] as Segment).firstSeq > this.#durableSeq) return 0;
    while (count < newest && (this.#segments[count] as Segment).lastSeq < seq) count++;
    const dropped = this.#segments.splice(0, count);
    // Oldest first and one after the other: at no moment is there a gap.
    for (const segment of dropped) this.#dropping = this.#dropping.then(() => removeFile(segment.path));
    return count;
  }

  /** Ends the journal with a durable `closed` record and lets go of the lock; rejects when that could not be written. */
  async close(fact: ClosedFact): Promise<void> {
    try {
      await this.synced(this.append(fact));
    } finally {
      await this.abandon();
    }
  }

  /** Lets go of files and lock without a word in the journal, as a crash would. */
  async abandon(): Promise<void> {
    this.#closed = true;
    await this.#dropping;
    // A sync under way still uses the files: they are closed when it is done.
    if (this.#syncUnderWay) await this.#released.promise;
    else this.#release();
  }

  #write(fact: Fact): JournalSeq {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closed) throw new JournalFailed('the journal is closed');
    const frame = encodeFact(fact);
    if (frame.length - FRAME_HEADER_BYTES > PAYLOAD_BYTES_MAX) {
      throw new RangeError(`a ${fact.kind} fact of ${frame.length} bytes is larger than a journal record may be`);
    }
    const seq = this.#lastSeq + 1;
    sealFrame(frame, seq, this.#durableSeq);
    try {
      this.#writeAll(this.#current.file, frame);
    } catch (error) {
      throw this.#fail('writing', error);
    }
    this.#current.segment.add(frame.length);
    this.#lastSeq = seq;
    for (const watcher of this.#watchers) watcher.appended(seq, fact);
    return seq;
  }

  #writeAll(file: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const taken = this.#files.write(file, bytes, from);
      if (taken <= 0) throw new Error('the file took no more bytes');
      from += taken;
    }
  }

  #startSegment(checkpointed: boolean): OpenFile {
    const segment = new Segment(this.#directory, this.#lastSeq + 1, checkpointed);
    const file = this.#files.open(segment.path);
    this.#directoryChanged = true;
    this.#segments.push(segment);
    this.#writeAll(file, SEGMENT_MAGIC);
    return { segment, file };
  }

  #rotate(): void {
    const checkpoint = this.#options.checkpoint();
    this.#retiring.push(this.#current);
    this.#current = this.#startSegment(true);
    this.#write(checkpoint);
  }

  /** Soon: what is written within the time shares one sync. Who waits for one does not come here. */
  #scheduleSync(): void {
    if (this.#syncUnderWay || this.#syncScheduled) return;
    this.#syncScheduled = true;
    const timer = setTimeout(() => {
      this.#syncScheduled = false;
      this.#sync();
    }, GATHER_MS);
    timer.unref();
  }

  #sync(): void {
    if (this.#syncUnderWay || this.#failure !== null || this.#closed || this.#durableSeq === this.#lastSeq) return;
    this.#syncUnderWay = true;
    const retiring = this.#retiring;
    this.#retiring = [];
    const { file } = this.#current;
    const target = this.#lastSeq;
    const directoryChanged = this.#directoryChanged;
    this.#directoryChanged = false;

    const finish = (error: Error | null) => this.#synced(target, error);
    const syncDirectory = (error: Error | null) =>
      error !== null || !directoryChanged ? finish(error) : this.#files.syncDirectory(this.#directoryFile, finish);
    const syncNext = (error: Error | null): void => {
      const oldest = error === null ? retiring.shift() : undefined;
      if (error !== null) finish(error);
      else if (oldest === undefined) this.#files.syncData(file, syncDirectory);
      else
        this.#files.syncData(oldest.file, (problem) => {
          this.#files.close(oldest.file);
          syncNext(problem);
        });
    };
    syncNext(null);
  }

  #synced(target: number, error: Error | null): void {
    this.#syncUnderWay = false;
    if (error === null && this.#failure === null) {
      this.#durableSeq = target;
      this.#settleWaiters();
      for (const watcher of this.#watchers) watcher.durable(target);
      if (!this.#closed) this.#afterSync();
    } else if (error !== null) {
      this.#fail('syncing', error);
    }
    if (this.#closed) this.#release();
  }

  #afterSync(): void {
    const { segment } = this.#current;
    // A checkpoint larger than the limit must not call for the next one by itself.
    if (segment.bytes >= this.#segmentBytesMax && segment.lastSeq > segment.firstSeq) {
      try {
        this.#rotate();
      } catch (error) {
        this.#fail('starting a new segment of', error);
        return;
      }
    }
    if (this.#waiters.length > 0) this.#sync();
    else if (this.#lastSeq > this.#durableSeq) this.#scheduleSync();
  }

  #settleWaiters(): void {
    const ready = this.#waiters.filter((waiter) => waiter.seq <= this.#durableSeq);
    if (ready.length === 0) return;
    const left = this.#waiters.filter((waiter) => waiter.seq > this.#durableSeq);
    this.#waiters.splice(0, this.#waiters.length, ...left);
    for (const waiter of ready) waiter.resolve();
  }

  #fail(doing: string, cause: unknown): JournalFailed {
    if (this.#failure !== null) return this.#failure;
    const text = cause instanceof Error ? cause.message : String(cause);
    const failure = new JournalFailed(`${doing} the journal in ${this.#directory} failed: ${text}`, { cause });
    this.#failure = failure;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(failure);
    this.#options.onFailure(failure);
    return failure;
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const { file } of this.#retiring) this.#files.close(file);
    this.#files.close(this.#current.file);
    this.#files.close(this.#directoryFile);
    this.#releaseLock();
    const ended = new JournalFailed('the journal is closed');
    for (const waiter of this.#waiters.splice(0)) waiter.reject(ended);
    this.#released.resolve();
  }

  #newestCheckpoint(): number {
    const index = this.#segments.findLastIndex((segment) => segment.checkpointed);
    return Math.max(index, 0);
  }
}

function removeFile(path: string): Promise<void> {
  // A segment that cannot be removed costs space, nothing else; the next start finds it again and tries anew.
  return new Promise((resolve) => unlink(path, () => resolve()));
}
