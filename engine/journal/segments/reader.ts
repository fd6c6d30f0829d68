// Reading records back: all of them in order at a start, or a few from any position on for the outbox, which is further
// behind than its memory reaches when the broker was away. The second reads off the loop, in bounded pieces.

import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Fact } from '../../model/facts.ts';
import { decodeFact } from '../codec.ts';
import { FRAME_HEADER_BYTES, frameBytes, readFrame, SEGMENT_MAGIC } from '../frame.ts';
import { JournalRefused } from '../problems.ts';
import type { Segment } from './segment.ts';

/** A fact and its position. */
export type Entry = { readonly seq: number; readonly fact: Fact };

const PIECE_BYTES = 256 * 1024;

const NONE: ReadonlySet<number> = new Set();

type Records = {
  readonly fromSeq?: number;
  readonly toSeq?: number;
  /** Passed over unread. */
  readonly without?: ReadonlySet<number>;
};

/** The records from `fromSeq` up to `toSeq`, as far as the segments reach now, in order; one segment in memory at a time. */
export function* entriesOf(
  segments: readonly Segment[],
  { fromSeq = 1, toSeq = Number.POSITIVE_INFINITY, without = NONE }: Records = {},
): Generator<Entry> {
  for (const segment of segments) {
    if (segment.lastSeq < fromSeq || segment.firstSeq > toSeq) continue;
    const bytes = readFileSync(segment.path).subarray(0, segment.bytes);
    let at = SEGMENT_MAGIC.length;
    for (let seq = segment.firstSeq; at < bytes.length && seq <= toSeq; seq++) {
      if (seq < fromSeq || without.has(seq)) {
        at += frameBytes(bytes, at) ?? bytes.length;
        continue;
      }
      const read = entryAt(segment, bytes, at, seq);
      yield read.entry;
      at = read.end;
    }
  }
}

/**
 * The records that state is made of, in the order in which they are folded: the newest whole checkpoint, then everything that
 * was recorded since it began; without one, everything. Records of a checkpoint that has no end are passed over.
 */
export function* entriesToFold(segments: readonly Segment[]): Generator<Entry> {
  const checkpointed = segments.findLast(({ checkpoint }) => checkpoint !== null);
  const beginSeq = checkpointed?.checkpoint?.beginSeq ?? 1;
  const folded = new Set<number>();
  if (checkpointed !== undefined) {
    for (const entry of entriesOf(segments, { fromSeq: beginSeq, toSeq: checkpointed.firstSeq })) {
      if (!isOfCheckpoint(entry.fact)) continue;
      folded.add(entry.seq);
      yield entry;
    }
  }
  for (const entry of entriesOf(segments, { fromSeq: beginSeq, without: folded })) {
    if (!isOfCheckpoint(entry.fact)) yield entry;
  }
}

const isOfCheckpoint = ({ kind }: Fact): boolean =>
  kind === 'checkpoint' || kind === 'checkpoint_begin' || kind === 'checkpoint_part' || kind === 'checkpoint_end';

/** Up to `limit` records of one segment from `fromSeq` on: at least one when it has it, else as many as a piece holds. */
export async function entriesFrom(segment: Segment, fromSeq: number, limit: number): Promise<Entry[]> {
  // What is appended meanwhile is not looked at, so that no half-written record can be met.
  const { bytes: endsAt, lastSeq } = segment;
  const file = await open(segment.path, 'r');
  try {
    return await readPieces(file, segment, { fromSeq, toSeq: Math.min(lastSeq, fromSeq + limit - 1), endsAt });
  } finally {
    await file.close();
  }
}

/** `endsAt`: no byte of the segment from here on is read. */
type Range = { readonly fromSeq: number; readonly toSeq: number; readonly endsAt: number };

async function readPieces(file: FileHandle, segment: Segment, { fromSeq, toSeq, endsAt }: Range): Promise<Entry[]> {
  let offset = segment.offsetBefore(fromSeq);
  let seq: number | null = null;
  let pieceBytes = PIECE_BYTES;
  const entries: Entry[] = [];
  while (entries.length === 0 && offset < endsAt) {
    const wanted = Math.min(pieceBytes, endsAt - offset);
    const piece = await readPiece(file, offset, wanted);
    // The records were complete: something has shortened the file.
    if (piece.length < wanted) throw damaged(segment, offset + piece.length);
    let at = 0;
    while (entries.length === 0 || (entries.at(-1) as Entry).seq < toSeq) {
      const size = frameBytes(piece, at);
      if (size === null || at + size > piece.length) break;
      // The index names the offset of a frame, and the frame its own position.
      seq = seq === null ? positionAt(segment, piece, at, offset) : seq + 1;
      if (seq >= fromSeq) entries.push(entryAt(segment, piece, at, seq, offset).entry);
      at += size;
    }
    // A record larger than the piece: the next piece holds at least that one.
    pieceBytes = Math.max(PIECE_BYTES, frameBytes(piece, at) ?? FRAME_HEADER_BYTES);
    const isAll = piece.length === endsAt - offset;
    if (at === 0 && (isAll || pieceBytes <= piece.length)) throw damaged(segment, offset);
    offset += at;
  }
  return entries;
}

/** Shorter where the file ends. */
async function readPiece(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const piece = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(piece, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return piece.subarray(0, read);
}

function positionAt(segment: Segment, bytes: Uint8Array, at: number, base: number): number {
  const frame = readFrame(bytes, at);
  if (!frame.ok) throw damaged(segment, base + at);
  return frame.seq;
}

function entryAt(
  segment: Segment,
  bytes: Uint8Array,
  at: number,
  seq: number,
  base = 0,
): { entry: Entry; end: number } {
  const frame = readFrame(bytes, at);
  if (!frame.ok || frame.seq !== seq) throw damaged(segment, base + at);
  const fact = decodeFact(bytes, frame.payloadStart, frame.end);
  if (fact === null) throw damaged(segment, base + at);
  return { entry: { seq, fact }, end: frame.end };
}

function damaged(segment: Segment, offset: number): JournalRefused {
  return new JournalRefused(
    `${segment.path}, offset ${offset}: the record was complete when the journal was opened and is now damaged; the disk is ` +
      'failing, or another program wrote to the file',
  );
}
