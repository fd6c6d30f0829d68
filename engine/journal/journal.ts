// The write-ahead journal: an ordered list of facts on disk that the engine writes before it acts, reads at its start and
// publishes from.
//
// Method. `append` is one write into the page cache, some microseconds, in the turn of the quote. Syncing is a group
// commit off the loop: at most one is under way, it covers all that was written before it began, and what came since goes
// with the next; it starts by itself a little after the turn, or at once when somebody waits. A segment that has grown past its
// limit is followed by a new one. When enough was written since the last checkpoint, the next one is streamed between the
// other records (checkpoint/stream.ts); once it is whole and durable, segments older than its begin can go.
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
import { type JournalFiles, REAL_FILES, syncRound, writeAll } from './files.ts';
import { SEGMENT_MAGIC } from './frame.ts';
import { acquireLock, type Lock } from './lock.ts';
import type { JournalOptions, JournalWatcher } from './options.ts';
import { type OwnedPath, watchOwnership } from './ownership.ts';
import { inStateDir, JournalFailed } from './problems.ts';
import { type Entry, entriesFrom, entriesToFold } from './segments/reader.ts';
import { type Cut, scanJournal, syncPath } from './segments/recovery.ts';
import { SegmentRemoval } from './segments/removal.ts';
import { Segment, type SegmentCheckpoint } from './segments/segment.ts';
import { SegmentList } from './segments/segment-list.ts';
import { SyncLag } from './sync-lag.ts';
import { SyncWaiters } from './sync-waiters.ts';

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/**
 * A segment is followed by a new one after a sync. While none ends, this many times its size is the most that one may hold: a file
 * of some gigabytes could not be read back at a start.
 */
const OVERSIZE_FACTOR = 4;
const OWNER_ONLY_DIRECTORY = 0o700;
/** A sync costs more than many records: without anybody waiting, one a turn would take from the turns what it gives nobody. */
const GATHER_MS = 20;

type OpenFile = { readonly segment: Segment; readonly file: number; readonly owned: OwnedPath };

export class Journal implements JournalPort {
  /** What the opening found and did, for the log. */
  readonly opened: { readonly fresh: boolean; readonly lastSeq: number; readonly cut: Cut | null };
  readonly #options: JournalOptions;
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #segmentBytesMax: number;
  readonly #lock: Lock;
  readonly #directoryFile: number;
  readonly #segments: SegmentList;
  readonly #removal: SegmentRemoval;
  /** Left over by an earlier removal, in front of a gap: removed first. */
  readonly #leftover: Segment[];
  readonly #checkpointer: Checkpointer;
  readonly #lag = new SyncLag();
  readonly #stopOwnershipWatch: () => void;
  readonly #waiters = new SyncWaiters();
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
  /** What lies at the paths belongs to somebody else. */
  #isLost = false;
  #isReleased = false;
  readonly #released = Promise.withResolvers<void>();
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
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.#lock = lock;
    this.#directory = directory;

    const { segments, cut, leftover } = scanJournal(directory, options.durableAtLeast ?? 0);
    this.#segments = new SegmentList(segments);
    this.#leftover = [...leftover];
    this.#checkpointer = new Checkpointer({
      source: options.checkpoint,
      write: (fact) => this.#writeOfCheckpoint(fact),
      finish: (end) => this.#finishCheckpoint(end),
      dueAfterBytes: this.#segmentBytesMax,
      since: this.#segments.sinceCheckpoint(),
      clock,
      log,
    });
    this.#directoryFile = this.#files.openDirectory(directory);
    this.#removal = new SegmentRemoval({
      files: this.#files,
      directoryFile: this.#directoryFile,
      next: () => (this.#isLost ? null : (this.#leftover[0] ?? this.#superfluous()[0] ?? null)),
      onRemoved: (segment) => {
        if (this.#leftover[0] === segment) this.#leftover.shift();
        else this.#segments.remove(segment);
      },
      trouble: createTroubleLog(log, 'journal_segments_kept'),
    });
    const newest = this.#segments.newest;
    if (newest === undefined) {
      this.#lastSeq = 0;
      this.#durableSeq = 0;
      this.#current = this.#startSegment(null);
      this.#write(options.born());
      this.#scheduleSync();
    } else {
      // A killed process leaves records in the page cache only: they count as durable from here on, so they are made so.
      for (const segment of segments) syncPath(segment.path);
      syncPath(directory);
      this.#lastSeq = newest.lastSeq;
      this.#durableSeq = newest.lastSeq;
      this.#current = this.#opened(newest);
    }
    this.opened = { fresh: newest === undefined, lastSeq: this.#lastSeq, cut };
    this.#stopOwnershipWatch = watchOwnership({
      files: this.#files,
      clock,
      owned: lock.owned,
      segment: () => {
        const { owned, segment } = this.#current;
        return { ...owned, bytes: () => segment.bytes };
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
    return this.#durableSeq;
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
    return this.#lag.ageMs(nowUs);
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
    this.#scheduleSync();
    return seq;
  }

  synced(seq: JournalSeq): Promise<void> {
    if (seq <= this.#durableSeq) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (seq > this.#lastSeq) return Promise.reject(new RangeError(`record ${seq} was never written`));
    const waiting = this.#waiters.waitFor(seq);
    this.#sync();
    return waiting;
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
    await this.#removal.idle();
    // A sync under way still uses the files: they are closed when it is done.
    if (this.#syncUnderWay) await this.#released.promise;
    else this.#release();
  }

  #write(fact: Fact): JournalSeq {
    if (this.#failure !== null) throw this.#failure;
    if (this.#closed) throw new JournalFailed('the journal is closed');
    this.#lag.appended(this.#options.clock.elapsedUs());
    const { seq, bytes } = this.#writeFrame(fact);
    this.#checkpointer.recorded(bytes);
    for (const watcher of this.#watchers) watcher.appended(seq, fact);
    return seq;
  }

  #writeFrame(fact: Fact): WrittenRecord {
    if (this.#current.segment.bytes >= this.#segmentBytesMax * OVERSIZE_FACTOR) this.#rotate(null);
    const seq = this.#lastSeq + 1;
    const frame = frameOf(fact, seq, this.#durableSeq);
    try {
      writeAll(this.#files, this.#current.file, frame);
    } catch (error) {
      throw this.#fail('writing', error);
    }
    this.#current.segment.add(frame.length);
    this.#lastSeq = seq;
    return { seq, bytes: frame.length };
  }

  #superfluous(): readonly Segment[] {
    return this.#segments.superfluous(Math.min(this.#dropBelowSeq, this.#keptFromSeq), this.#durableSeq);
  }

  #startSegment(checkpoint: SegmentCheckpoint | null): OpenFile {
    const segment = new Segment(this.#directory, this.#lastSeq + 1, checkpoint);
    const opened = this.#opened(segment);
    this.#directoryChanged = true;
    this.#segments.add(segment);
    writeAll(this.#files, opened.file, SEGMENT_MAGIC);
    return opened;
  }

  #opened(segment: Segment): OpenFile {
    const { path } = segment;
    const file = this.#files.open(path);
    const { dev, ino } = this.#files.identity(file);
    return { segment, file, owned: { path, dev, ino } };
  }

  #rotate(checkpoint: SegmentCheckpoint | null): void {
    const { segment, file, owned } = this.#current;
    if (segment.lastSeq < segment.firstSeq) {
      // It holds nothing yet, and a new one would have the same name.
      const renewed = new Segment(this.#directory, segment.firstSeq, checkpoint);
      this.#segments.remove(segment);
      this.#segments.add(renewed);
      this.#current = { segment: renewed, file, owned };
      return;
    }
    try {
      this.#retiring.push(this.#current);
      this.#current = this.#startSegment(checkpoint);
    } catch (error) {
      throw this.#fail('starting a new segment of', error);
    }
  }

  /** A full segment is followed by a new one. */
  #rotateWhenFull(): void {
    const { segment } = this.#current;
    if (segment.bytes >= this.#segmentBytesMax && segment.lastSeq >= segment.firstSeq) this.#rotate(null);
  }

  #writeOfCheckpoint(fact: Fact): WrittenRecord {
    if (this.#failure !== null) throw this.#failure;
    this.#rotateWhenFull();
    this.#lag.appended(this.#options.clock.elapsedUs());
    const written = this.#writeFrame(fact);
    // Watchers take every record into account; what is in this one concerns nobody but recovery.
    const { kind, atMs } = fact;
    for (const watcher of this.#watchers) watcher.appended(written.seq, { kind, atMs } as Fact);
    this.#scheduleSync();
    return written;
  }

  #finishCheckpoint(end: CheckpointEndFact): void {
    if (this.#failure !== null) throw this.#failure;
    this.#rotate({ beginSeq: end.beginSeq, bytes: end.bytes });
    this.#writeOfCheckpoint(end);
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
    this.#lag.syncBegan();
    const target = this.#lastSeq;
    const round = {
      full: this.#retiring.map(({ file }) => file),
      current: this.#current.file,
      directory: this.#directoryChanged ? this.#directoryFile : null,
    };
    this.#retiring = [];
    this.#directoryChanged = false;
    syncRound(this.#files, round, (error) => this.#synced(target, error));
  }

  #synced(target: number, error: Error | null): void {
    this.#syncUnderWay = false;
    if (error === null && this.#failure === null) {
      this.#durableSeq = target;
      this.#lag.syncSucceeded();
      this.#waiters.settle(target);
      for (const watcher of this.#watchers) watcher.durable(target);
      if (!this.#closed) this.#afterSync();
    } else if (error !== null) {
      this.#fail('syncing', error);
    }
    if (this.#closed) this.#release();
  }

  #afterSync(): void {
    try {
      this.#rotateWhenFull();
    } catch {
      // Reported already: the journal has failed.
      return;
    }
    this.#checkpointer.synced();
    if (this.#waiters.count > 0) this.#sync();
    else if (this.#lastSeq > this.#durableSeq) this.#scheduleSync();
  }

  #fail(doing: string, cause: unknown): JournalFailed {
    if (this.#failure !== null) return this.#failure;
    const text = cause instanceof Error ? cause.message : String(cause);
    const failure = new JournalFailed(`${doing} the journal in ${this.#directory} failed: ${text}`, { cause });
    this.#failure = failure;
    this.#checkpointer.stop();
    this.#waiters.fail(failure);
    this.#options.onFailure(failure);
    return failure;
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const { file } of this.#retiring) this.#files.close(file);
    this.#files.close(this.#current.file);
    this.#files.close(this.#directoryFile);
    this.#lock.release();
    this.#waiters.fail(new JournalFailed('the journal is closed'));
    this.#released.resolve();
  }
}
