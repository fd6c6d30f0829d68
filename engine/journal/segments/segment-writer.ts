// Writes frames to the newest segment, and begins the next one: files are opened, and kept open until what they hold is durable.
// Every error is thrown to the caller, for whom it is the failure of the journal.

import { type JournalFiles, type SyncRound, writeAll } from '../files.ts';
import { SEGMENT_MAGIC } from '../frame.ts';
import type { OwnedPath } from '../ownership.ts';
import { Segment, type SegmentCheckpoint } from './segment.ts';
import type { SegmentList } from './segment-list.ts';

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/**
 * A segment is followed by a new one after a sync. While none ends, this many times its size is the most that one may hold: a file
 * of some gigabytes could not be read back at a start.
 */
const OVERSIZE_FACTOR = 4;

type OpenFile = { readonly segment: Segment; readonly file: number; readonly owned: OwnedPath };

export type SegmentWriterOptions = {
  readonly files: JournalFiles;
  readonly directory: string;
  readonly directoryFile: number;
  /** Those on disk; what is begun here is added. */
  readonly segments: SegmentList;
  readonly segmentBytesMax: number | undefined;
};

export class SegmentWriter {
  /** A segment that has grown to this size is full. */
  readonly segmentBytesMax: number;
  readonly #options: SegmentWriterOptions;
  #current: OpenFile;
  /** Full segments whose content is not known durable yet, oldest first. */
  #retiring: OpenFile[] = [];
  #directoryChanged = false;

  /** Goes on with the newest segment, or begins the first. */
  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    const { newest } = options.segments;
    this.#current = newest === undefined ? this.#begin(1, null) : this.#open(newest);
  }

  /** The segment that is being written. */
  get segment(): Segment {
    return this.#current.segment;
  }

  /** Its file. */
  get owned(): OwnedPath {
    return this.#current.owned;
  }

  get isFull(): boolean {
    const { segment } = this.#current;
    return segment.bytes >= this.segmentBytesMax && segment.lastSeq >= segment.firstSeq;
  }

  /** Nothing more may be written to it. */
  get isOversized(): boolean {
    return this.#current.segment.bytes >= this.segmentBytesMax * OVERSIZE_FACTOR;
  }

  write(frame: Uint8Array): void {
    writeAll(this.#options.files, this.#current.file, frame);
    this.#current.segment.add(frame.length);
  }

  /** Begins a segment whose first record is the next one. */
  rotate(checkpoint: SegmentCheckpoint | null): void {
    const { segment, file, owned } = this.#current;
    if (segment.lastSeq < segment.firstSeq) {
      // It holds nothing yet, and a new one would have the same name.
      const renewed = new Segment(this.#options.directory, segment.firstSeq, checkpoint);
      this.#options.segments.remove(segment);
      this.#options.segments.add(renewed);
      this.#current = { segment: renewed, file, owned };
      return;
    }
    const next = this.#begin(segment.lastSeq + 1, checkpoint);
    this.#retiring.push(this.#current);
    this.#current = next;
  }

  /** What makes everything that was written so far durable; full files are closed by it. */
  takeRound(): SyncRound {
    const round = {
      full: this.#retiring.map(({ file }) => file),
      current: this.#current.file,
      directory: this.#directoryChanged ? this.#options.directoryFile : null,
    };
    this.#retiring = [];
    this.#directoryChanged = false;
    return round;
  }

  close(): void {
    const { files } = this.#options;
    for (const { file } of this.#retiring) files.close(file);
    files.close(this.#current.file);
  }

  #begin(firstSeq: number, checkpoint: SegmentCheckpoint | null): OpenFile {
    const { files, directory, segments } = this.#options;
    const segment = new Segment(directory, firstSeq, checkpoint);
    const opened = this.#open(segment);
    this.#directoryChanged = true;
    segments.add(segment);
    writeAll(files, opened.file, SEGMENT_MAGIC);
    return opened;
  }

  #open(segment: Segment): OpenFile {
    const { files } = this.#options;
    const { path } = segment;
    const file = files.open(path);
    const { dev, ino } = files.identity(file);
    return { segment, file, owned: { path, dev, ino } };
  }
}
