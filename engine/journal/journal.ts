// The write-ahead journal: an ordered list of facts on disk that the engine writes before it acts, reads at its start and
// publishes from.
//
// Method. `append` is one write into the page cache, some microseconds, in the turn of the quote (segments/segment-writer.ts).
// Syncing is a group commit off the loop (group-commit.ts). A segment that has grown past its limit is followed by a new one. When
// enough was written since the last checkpoint, the next one is streamed between the other records (checkpoint/stream.ts); once it
// is whole and durable, segments older than its begin can go.
// Invariants: positions grow by one without gaps; `durableSeq` never passes what a finished sync has covered; after a
// failed write or sync, or when another program touched the files, nothing more is written (what the disk then holds is
// unknown until the next start).
// Out of scope: what is in a fact, who publishes it (bus), where state is folded (the caller).

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createTroubleLog } from '../lib/trouble.ts';
import type { CheckpointEndFact, ClosedFact, Fact } from '../model/facts.ts';
import type { JournalPort, JournalSeq } from '../model/ports.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import type { WrittenRecord } from './checkpoint/stream.ts';
import { frameOf } from './codec.ts';
import { type JournalFiles, REAL_FILES } from './files.ts';
import { GroupCommit } from './group-commit.ts';
import { acquireLock, type Lock } from './lock.ts';
import type { JournalOptions, JournalWatcher } from './options.ts';
import { watchOwnership } from './ownership.ts';
import { inStateDir, JournalFailed } from './problems.ts';
import { type Entry, entriesFrom, entriesToFold } from './segments/reader.ts';
import { type Cut, scanJournal, syncPath } from './segments/recovery.ts';
import { SegmentRemoval } from './segments/removal.ts';
import type { Segment, SegmentCheckpoint } from './segments/segment.ts';
import { SegmentList } from './segments/segment-list.ts';
import { SegmentWriter } from './segments/segment-writer.ts';

const OWNER_ONLY_DIRECTORY = 0o700;
export class Journal implements JournalPort {
  /** What the opening found and did, for the log. */
  readonly opened: { readonly fresh: boolean; readonly lastSeq: number; readonly cut: Cut | null };
  readonly #options: JournalOptions;
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #lock: Lock;
  readonly #directoryFile: number;
  readonly #segments: SegmentList;
  readonly #removal: SegmentRemoval;
  /** Left over by an earlier removal, in front of a gap: removed first. */
  readonly #leftover: Segment[];
  readonly #checkpointer: Checkpointer;
  readonly #writer: SegmentWriter;
  readonly #commit: GroupCommit;
  readonly #stopOwnershipWatch: () => void;
  readonly #watchers: JournalWatcher[] = [];
  #lastSeq: number;
  #failure: JournalFailed | null = null;
  #closed = false;
  /** What lies at the paths belongs to somebody else. */
  #isLost = false;
  #isReleased = false;
  /** Of the sync that was under way when the journal was closed. */
  readonly #lastSynced = Promise.withResolvers<void>();
  /** Records below it are needed by nobody but recovery. */
  #dropBelowSeq = 0;
  #keptFromSeq = Number.POSITIVE_INFINITY;
  /** Takes the lock, checks every record, cuts a torn tail. Throws `JournalRefused` when the engine must not start. */
  static open(options: JournalOptions): Journal {
    const directory = join(options.stateDir, 'journal');
    return inStateDir(options.stateDir, () => {
      for (const each of [options.stateDir, directory])
        mkdirSync(each, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
      chmodSync(directory, OWNER_ONLY_DIRECTORY);
      const lock = acquireLock(options.stateDir, directory);
      try {
        return new Journal(options, directory, lock);
      } catch (error) {
        lock.release();
        throw error;
      }
    });
  }

  private constructor(options: JournalOptions, directory: string, lock: Lock) {
    const { clock, log } = options;
    this.#options = options;
    this.#files = options.files ?? REAL_FILES;
    this.#lock = lock;
    this.#directory = directory;

    const { segments, cut, leftover } = scanJournal(directory, options.durableAtLeast ?? 0);
    this.#segments = new SegmentList(segments);
    this.#leftover = [...leftover];
    this.#directoryFile = this.#files.openDirectory(directory);
    const newest = this.#segments.newest;
    // A killed process leaves records in the page cache only: they count as durable from here on, so they are made so.
    for (const segment of segments) syncPath(segment.path);
    if (newest !== undefined) syncPath(directory);
    const since = this.#segments.sinceCheckpoint();
    this.#writer = new SegmentWriter({
      files: this.#files,
      directory,
      directoryFile: this.#directoryFile,
      segments: this.#segments,
      segmentBytesMax: options.segmentBytesMax,
    });
    this.#lastSeq = newest?.lastSeq ?? 0;
    this.#commit = new GroupCommit(this.#lastSeq, {
      files: this.#files,
      isOver: () => this.#closed,
      lastSeq: () => this.#lastSeq,
      takeRound: () => this.#writer.takeRound(),
      onSynced: (error) => this.#synced(error),
    });
    this.#checkpointer = new Checkpointer({
      source: options.checkpoint,
      write: (fact) => this.#writeOfCheckpoint(fact),
      finish: (end) => this.#finishCheckpoint(end),
      dueAfterBytes: this.#writer.segmentBytesMax,
      since,
      clock,
      log,
    });
    this.#removal = new SegmentRemoval({
      files: this.#files,
      directoryFile: this.#directoryFile,
      next: () => (!this.ownsFiles ? null : (this.#leftover[0] ?? this.#superfluous()[0] ?? null)),
      onRemoved: (segment) => {
        if (this.#leftover[0] === segment) this.#leftover.shift();
        else this.#segments.remove(segment);
      },
      trouble: createTroubleLog(log, 'journal_segments_kept'),
    });
    if (newest === undefined) this.append(options.born());
    this.opened = { fresh: newest === undefined, lastSeq: this.#lastSeq, cut };
    this.#stopOwnershipWatch = watchOwnership({
      files: this.#files,
      clock,
      owned: lock.owned,
      segment: () => {
        const { owned, segment } = this.#writer;
        // An empty one that the end of a checkpoint begins again is another object over the same file.
        return { ...owned, bytes: () => (this.#writer.owned === owned ? this.#writer.segment : segment).bytes };
      },
      onLost: (why) => {
        this.#isLost = true;
        this.#fail('keeping', new Error(why));
      },
    });
  }

  /** Position of the newest record. */
  get lastSeq(): JournalSeq {
    return this.#lastSeq;
  }

  /** Everything up to it survives a power cut. */
  get durableSeq(): JournalSeq {
    return this.#commit.durableSeq;
  }

  /** Oldest record that is still kept; those of a segment that is being removed are not. */
  get firstSeq(): JournalSeq {
    return this.#removal.oldestKept(this.#segments.firstSeq);
  }

  get failure(): JournalFailed | null {
    return this.#failure;
  }

  /**
   * Whether what lies in the state directory is this process's own: not after it was moved or replaced, when another engine may
   * work there, nor after the journal was closed. Only then may anything in it be written or removed.
   */
  get ownsFiles(): boolean {
    return !this.#isLost && !this.#closed;
  }

  get segmentCount(): number {
    return this.#segments.count;
  }

  /** Bytes of all segments kept. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Age of the oldest record that is not durable, by the monotonic clock; 0 when all are. */
  syncLagMs(nowUs: number): number {
    return this.#commit.lagMs(nowUs);
  }

  /** A checkpoint is being written. */
  get isCheckpointing(): boolean {
    return this.#checkpointer.isWriting;
  }

  /** Why the last checkpoint could not be written; null when it could. Older segments are kept meanwhile. */
  get checkpointProblem(): string | null {
    return this.#checkpointer.problem;
  }

  /** Why old segments could not be removed the last time; null when they could. */
  get removalProblem(): string | null {
    return this.#removal.problem;
  }

  watch(watcher: JournalWatcher): void {
    this.#watchers.push(watcher);
  }

  append(fact: Fact): JournalSeq {
    const seq = this.#write(fact);
    this.#commit.schedule();
    return seq;
  }

  synced(seq: JournalSeq): Promise<void> {
    if (seq <= this.durableSeq) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (seq > this.#lastSeq) return Promise.reject(new RangeError(`record ${seq} was never written`));
    return this.#commit.waitFor(seq);
  }

  /** The records that state is made of, in the order in which they are folded; see reader.ts. */
  recover(): Generator<Entry> {
    return entriesToFold(this.#segments.all);
  }

  /** Up to `limit` records from `fromSeq` on; fewer, but at least one, when more would be a large read; none beyond the last. */
  async read(fromSeq: JournalSeq, limit: number): Promise<Entry[]> {
    // At its path may be a segment of another engine, with other records in the same places.
    if (this.#isLost && this.#failure !== null) throw this.#failure;
    const segment = this.#segments.holding(fromSeq);
    if (segment === undefined) {
      throw new RangeError(`record ${fromSeq} is no longer kept; the oldest is ${this.firstSeq}`);
    }
    return fromSeq > segment.lastSeq ? [] : entriesFrom(segment, fromSeq, limit);
  }

  /**
   * Records below `seq` are needed by nobody but recovery: whole segments of them go, oldest first, as far as a durable
   * checkpoint stands for them. What fails is tried again with the next call. @returns how many may go now
   */
  dropBefore(seq: JournalSeq): number {
    this.#dropBelowSeq = Math.max(this.#dropBelowSeq, seq);
    const count = this.#leftover.length + this.#superfluous().length;
    if (count > 0 && !this.#closed) this.#removal.start();
    return count;
  }

  /** Keeps records from `seq` on, whatever `dropBefore` was called with; null: no longer. The last call counts. */
  keepFrom(seq: JournalSeq | null): void {
    this.#keptFromSeq = seq ?? Number.POSITIVE_INFINITY;
  }

  /** Ends the journal with a durable `closed` record and lets go of the lock; rejects when that could not be written. */
  async close(fact: ClosedFact): Promise<void> {
    // The last record is the closing one.
    this.#checkpointer.stop();
    try {
      await this.synced(this.append(fact));
    } finally {
      await this.abandon();
    }
  }

  /** Lets go of files and lock without a word in the journal, as a crash would. */
  async abandon(): Promise<void> {
    this.#closed = true;
    this.#stopOwnershipWatch();
    this.#checkpointer.stop();
    // A removal or a sync under way still uses the files: others get them when both are done.
    await this.#removal.idle();
    if (this.#commit.isUnderWay) await this.#lastSynced.promise;
    this.#release();
  }

  #write(fact: Fact): JournalSeq {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closed) throw new JournalFailed('the journal is closed');
    this.#commit.appended(this.#options.clock.elapsedUs());
    const { seq, bytes } = this.#writeFrame(fact);
    this.#checkpointer.recorded(bytes);
    for (const watcher of this.#watchers) watcher.appended(seq, fact);
    return seq;
  }

  #writeFrame(fact: Fact): WrittenRecord {
    if (this.#writer.isOversized) this.#rotate(null);
    const seq = this.#lastSeq + 1;
    const frame = frameOf(fact, seq, this.durableSeq);
    try {
      this.#writer.write(frame);
    } catch (error) {
      throw this.#fail('writing', error);
    }
    this.#lastSeq = seq;
    return { seq, bytes: frame.length };
  }

  #superfluous(): readonly Segment[] {
    return this.#segments.superfluous(Math.min(this.#dropBelowSeq, this.#keptFromSeq), this.durableSeq);
  }

  #rotate(checkpoint: SegmentCheckpoint | null): void {
    try {
      this.#writer.rotate(checkpoint);
    } catch (error) {
      throw this.#fail('starting a new segment of', error);
    }
  }

  #writeOfCheckpoint(fact: Fact): WrittenRecord {
    if (this.#failure !== null) throw this.#failure;
    if (this.#writer.isFull) this.#rotate(null);
    this.#commit.appended(this.#options.clock.elapsedUs());
    const written = this.#writeFrame(fact);
    // Watchers take every record into account; what is in this one concerns nobody but recovery.
    const { kind, atMs } = fact;
    for (const watcher of this.#watchers) watcher.appended(written.seq, { kind, atMs } as Fact);
    this.#commit.schedule();
    return written;
  }

  #finishCheckpoint(end: CheckpointEndFact): void {
    if (this.#failure !== null) throw this.#failure;
    this.#rotate({ beginSeq: end.beginSeq, bytes: end.bytes });
    this.#writeOfCheckpoint(end);
  }

  #synced(error: Error | null): void {
    if (error !== null) this.#fail('syncing', error);
    if (this.#failure === null) {
      for (const watcher of this.#watchers) watcher.durable(this.durableSeq);
      if (!this.#closed) this.#afterSync();
    }
    if (this.#closed) this.#lastSynced.resolve();
  }

  #afterSync(): void {
    try {
      if (this.#writer.isFull) this.#rotate(null);
    } catch {
      // Reported already: the journal has failed.
      return;
    }
    this.#checkpointer.synced();
    this.#commit.goOn(this.#options.clock.elapsedUs());
  }

  #fail(doing: string, cause: unknown): JournalFailed {
    if (this.#failure !== null) return this.#failure;
    const text = cause instanceof Error ? cause.message : String(cause);
    const failure = new JournalFailed(`${doing} the journal in ${this.#directory} failed: ${text}`, { cause });
    this.#failure = failure;
    this.#checkpointer.stop();
    this.#commit.fail(failure);
    this.#options.onFailure(failure);
    return failure;
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#writer.close();
    this.#files.close(this.#directoryFile);
    this.#lock.release();
    this.#commit.fail(new JournalFailed('the journal is closed'));
  }
}
