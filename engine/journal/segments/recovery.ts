// What is on disk when a journal is opened. Every frame of every segment is checked once, in order. Where the chain of
// records breaks, what follows is either a torn tail (a crash, before it was ever durable), which is cut, or damage, which
// is refused. The rule: it is a torn tail unless a later record, or the caller, says that the broken one had been durable.
// That holds within a segment, across segments, and for a segment that is missing. Nothing is cut before all was read.

import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { decodeFact } from '../codec.ts';
import { durableSaidAfter, hasMagic, readFrame, SEGMENT_MAGIC, viewOf } from '../frame.ts';
import { JournalRefused } from '../problems.ts';
import { firstSeqOf, Segment, type SegmentCheckpoint } from './segment.ts';

/** A torn tail that was cut off. */
export type Cut = { readonly path: string; readonly offset: number; readonly bytes: number; readonly why: string };

export type Scan = {
  readonly segments: Segment[];
  readonly cut: Cut | null;
  /** Segments in front of a gap, older than everything that is needed: an earlier removal left them over. */
  readonly leftover: readonly Segment[];
};

type Break = { readonly path: string; readonly offset: number; readonly seq: number; readonly why: string };

/** What is on disk, with nothing changed. */
export type Chain = {
  readonly segments: Segment[];
  readonly leftover: readonly Segment[];
  /** First positions of all files, ascending. */
  readonly starts: readonly number[];
  /** Where the torn tail begins; null: there is none. */
  readonly broken: Break | null;
};

/**
 * Reads the journal in `directory` and cuts its torn tail. `durableAtLeast`: highest position that is known, from
 * elsewhere, to have been durable and published. Throws `JournalRefused` on damage, which leaves the files as they are.
 */
export function scanJournal(directory: string, durableAtLeast: number): Scan {
  const { segments, leftover, starts, broken } = readChain(directory, durableAtLeast);
  const cut = broken === null ? null : cutTail(directory, starts, broken);
  return { segments, cut, leftover };
}

/** The same, for those who only look: nothing is cut. */
export function readChain(directory: string, durableAtLeast: number): Chain {
  const starts = readdirSync(directory)
    .map(firstSeqOf)
    .filter((seq) => seq !== null)
    .sort((a, b) => a - b);

  let segments: Segment[] = [];
  let leftover: Segment[] = [];
  let broken: Break | null = null;
  let durableSaid = durableAtLeast;
  const reader = new FileReader();
  for (const firstSeq of starts) {
    const path = new Segment(directory, firstSeq, null).path;
    const bytes = reader.read(path);
    if (broken !== null) {
      durableSaid = Math.max(durableSaid, durableSaidAfter(bytes, 0, broken.seq));
      continue;
    }
    const before = segments.at(-1);
    const expected = before === undefined ? firstSeq : before.lastSeq + 1;
    if (before !== undefined && firstSeq !== expected) {
      // Removing old segments once went on after a failure. All of these were published; whether a checkpoint makes them
      // superfluous is checked below, when the rest has been read.
      if (leftover.length === 0 && firstSeq > expected && firstSeq - 1 <= durableAtLeast) {
        leftover = segments;
        segments = [];
      } else {
        broken = {
          path: before.path,
          offset: before.bytes,
          seq: expected,
          why: `records from ${expected} on are missing`,
        };
        durableSaid = Math.max(durableSaid, durableSaidAfter(bytes, 0, expected));
        continue;
      }
    }
    const read = readSegment({ directory, firstSeq, path, bytes });
    if (read.segment.lastSeq >= firstSeq) segments.push(read.segment);
    broken = read.broken;
    if (broken !== null) {
      durableSaid = Math.max(durableSaid, durableSaidAfter(bytes, broken.offset, broken.seq));
    }
  }

  if (broken === null) {
    const lastSeq = segments.at(-1)?.lastSeq ?? 0;
    if (durableAtLeast > lastSeq) {
      throw new JournalRefused(
        `the journal in ${directory} ends at record ${lastSeq}, but record ${durableAtLeast} was already published: ` +
          `newer segments are missing; ${REMEDY}`,
      );
    }
  } else if (durableSaid >= broken.seq) {
    throw new JournalRefused(
      `the journal is damaged: ${broken.path}, offset ${broken.offset}: ${broken.why}; record ${broken.seq} had been ` +
        `durable, so this is not the torn last record of a crash; ${REMEDY}`,
    );
  }
  refuseMissingStart(directory, segments);
  if (starts.length > 0) refuseNothingLeft({ directory, segments, oldestSeq: starts[0] ?? 1, durableAtLeast });
  return { segments, leftover, starts, broken };
}

/** Reads whole files one after the other into the same memory: of a large journal, fresh memory would cost as much as the reading. */
class FileReader {
  #buffer = new Uint8Array(0);

  /** The bytes are valid until the next call. */
  read(path: string): Uint8Array {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > this.#buffer.length) this.#buffer = new Uint8Array(size);
      let length = 0;
      while (length < size) {
        const taken = readSync(file, this.#buffer, length, size - length, length);
        if (taken === 0) break;
        length += taken;
      }
      return this.#buffer.subarray(0, length);
    } finally {
      closeSync(file);
    }
  }
}

const REMEDY =
  'move the whole directory away: the engine then starts a fresh journal and cannot be armed before every quote that the ' +
  'old one could have signed is over; restoring a copy is safe only if nothing was signed after the copy was made';

type SegmentFile = {
  readonly directory: string;
  readonly firstSeq: number;
  readonly path: string;
  readonly bytes: Uint8Array;
};

/** Checks the frames of one segment up to the first that does not fit. */
function readSegment({ directory, firstSeq, path, bytes }: SegmentFile): { segment: Segment; broken: Break | null } {
  if (!hasMagic(bytes)) {
    const segment = new Segment(directory, firstSeq, null);
    return {
      segment,
      broken: { path, offset: 0, seq: firstSeq, why: 'the file does not start with the header of a journal' },
    };
  }
  const segment = new Segment(directory, firstSeq, checkpointAtHead(path, bytes, firstSeq));
  const view = viewOf(bytes);
  while (segment.bytes < bytes.length) {
    const seq = segment.lastSeq + 1;
    const frame = readFrame(bytes, segment.bytes, view);
    if (!frame.ok || frame.seq !== seq) {
      const why = frame.ok ? `holds record ${frame.seq} in the place of ${seq}` : PROBLEM_TEXT[frame.why];
      return { segment, broken: { path, offset: segment.bytes, seq, why } };
    }
    segment.add(frame.end - segment.bytes);
  }
  if (segment.lastSeq >= firstSeq) return { segment, broken: null };
  return { segment, broken: { path, offset: 0, seq: firstSeq, why: 'the file holds no record' } };
}

const PROBLEM_TEXT = {
  short: 'the last record is incomplete',
  length: 'the length of the record is not valid',
  checksum: 'the checksum of the record does not match',
} as const;

/** What the first record says: the end of a whole checkpoint, or one of an earlier version, which is a single record. */
function checkpointAtHead(path: string, bytes: Uint8Array, firstSeq: number): SegmentCheckpoint | null {
  const frame = readFrame(bytes, SEGMENT_MAGIC.length);
  if (!frame.ok) return null;
  const fact = decodeFact(bytes, frame.payloadStart, frame.end);
  if (fact === null) {
    throw new JournalRefused(
      `${path}, offset ${SEGMENT_MAGIC.length}: the record is complete but in an unknown format; it was written by another ` +
        'version of the engine: start that version',
    );
  }
  if (fact.kind === 'checkpoint') return { beginSeq: firstSeq, bytes: 0 };
  return fact.kind === 'checkpoint_end' ? { beginSeq: fact.beginSeq, bytes: fact.bytes } : null;
}

/** The oldest segment kept is the first ever, or a whole checkpoint is kept; else state before it is lost. */
function refuseMissingStart(directory: string, segments: readonly Segment[]): void {
  const oldest = segments[0];
  if (oldest === undefined || oldest.firstSeq === 1) return;
  const newest = segments.findLast(({ checkpoint }) => checkpoint !== null)?.checkpoint ?? null;
  if (newest !== null && newest.beginSeq >= oldest.firstSeq) return;
  throw new JournalRefused(
    `the journal in ${directory} begins with record ${oldest.firstSeq} and has no complete checkpoint: older segments are ` +
      `missing; ${REMEDY}`,
  );
}

/**
 * What is kept reaches up to what was published, whichever files were passed over or are broken; and of a journal whose first
 * segments were removed, which a durable checkpoint allows, something is always left.
 */
function refuseNothingLeft(journal: {
  readonly directory: string;
  readonly segments: readonly Segment[];
  /** Where the oldest file begins. */
  readonly oldestSeq: number;
  readonly durableAtLeast: number;
}): void {
  const { directory, segments, oldestSeq, durableAtLeast } = journal;
  const lastSeq = segments.at(-1)?.lastSeq ?? 0;
  if (lastSeq >= durableAtLeast && (segments.length > 0 || oldestSeq === 1)) return;
  throw new JournalRefused(
    `the journal in ${directory} is damaged: its files begin with record ${oldestSeq}, and records that can be read again end ` +
      `at ${lastSeq}, but more had been durable; ${REMEDY}`,
  );
}

/** Shortens the broken segment and removes what lies behind it; a segment without any record goes as a whole. */
function cutTail(directory: string, starts: readonly number[], broken: Break): Cut {
  let bytes = 0;
  const remove = (path: string) => {
    bytes += statSync(path).size;
    unlinkSync(path);
  };
  // From the newest to the oldest, so that a crash in between leaves a tail that is cut the next time.
  for (const firstSeq of [...starts].reverse()) {
    const path = new Segment(directory, firstSeq, null).path;
    if (firstSeq > broken.seq) remove(path);
  }
  if (broken.offset <= SEGMENT_MAGIC.length) {
    remove(broken.path);
  } else {
    bytes += statSync(broken.path).size - broken.offset;
    truncateSync(broken.path, broken.offset);
    syncPath(broken.path);
  }
  syncPath(directory);
  return { path: broken.path, offset: broken.offset, bytes, why: broken.why };
}

/** Makes a file's content, or a directory's entries, durable. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
