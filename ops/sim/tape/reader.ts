// Reads a tape from a file, record by record, without holding more of it than one chunk. Total: whatever the file holds,
// the last step is either the end of a whole tape or a fault that names the record and what is wrong with it.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { Unpackr } from 'msgpackr';
import { nextRecord, TAPE_START, type TapeFrame, type TapeHeader, type TapePlace, type TapeSource } from './record.ts';

export type TapeRead =
  | { readonly kind: 'header'; readonly header: TapeHeader }
  | { readonly kind: 'frame'; readonly index: number; readonly frame: TapeFrame }
  | { readonly kind: 'end'; readonly frames: number; readonly durationMs: number }
  | { readonly kind: 'fault'; readonly reason: string };

/** No frame of any source comes near this; a length beyond it is damage, not data. */
const LONGEST_RECORD_BYTES = 16 * 1024 * 1024;

type Decoded = { readonly values: readonly unknown[]; readonly rest: Buffer; readonly reason: string | null };

/** What the error of an unfinished msgpack value carries, next to its message. */
type Unfinished = { readonly incomplete?: boolean; readonly lastPosition?: number };

/** Takes every whole msgpack value off the front; an unfinished one stays as the rest. */
function decode(bytes: Buffer): Decoded {
  const unpackr = new Unpackr({ useRecords: false });
  const values: unknown[] = [];
  if (bytes.length === 0) return { values, rest: bytes, reason: null };
  try {
    unpackr.unpackMultiple(bytes, (value: unknown) => {
      values.push(value);
    });
    return { values, rest: Buffer.alloc(0), reason: null };
  } catch (error) {
    const { incomplete, lastPosition } = error as Unfinished;
    const rest = bytes.subarray(lastPosition ?? 0);
    if (incomplete === true && rest.length <= LONGEST_RECORD_BYTES) return { values, rest, reason: null };
    return {
      values,
      rest,
      reason: incomplete === true ? 'it never ends' : `not msgpack (${(error as Error).message})`,
    };
  }
}

function readOf(place: TapePlace, record: Extract<ReturnType<typeof nextRecord>, { ok: true }>['record']): TapeRead {
  if (record.kind === 'header') return { kind: 'header', header: record };
  if (record.kind === 'end') return { kind: 'end', frames: record.frames, durationMs: record.duration_ms };
  return { kind: 'frame', index: place.frames, frame: record };
}

/** Reads the records out of the bytes of a tape, as they are after decompression. */
export async function* decodeTape(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TapeRead> {
  let place = TAPE_START;
  let count = 0;
  let end: TapeRead | null = null;
  let rest: Buffer = Buffer.alloc(0);
  const fault = (reason: string): TapeRead => ({ kind: 'fault', reason: `record ${count} is damaged: ${reason}` });
  for await (const chunk of chunks) {
    const decoded = decode(rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]));
    for (const value of decoded.values) {
      const next = nextRecord(place, value);
      if (!next.ok) {
        yield fault(next.reason);
        return;
      }
      const read = readOf(place, next.record);
      // The end is held back until nothing followed it and the checksum of the stream was right.
      if (read.kind === 'end') end = read;
      else yield read;
      place = next.place;
      count += 1;
    }
    if (decoded.reason !== null) {
      yield fault(decoded.reason);
      return;
    }
    rest = decoded.rest;
  }
  if (end !== null && rest.length === 0) {
    yield end;
    return;
  }
  const where = rest.length > 0 ? `breaks off inside record ${count}` : `stops after ${count} records, without its end`;
  yield { kind: 'fault', reason: `the tape ${where}` };
}

/** What went wrong below the records: no file, or bytes that are no zstd stream or do not fit its checksum. */
function streamFault(path: string, error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  if (code === 'ENOENT') return `there is no tape at ${path}`;
  if (code?.startsWith('ZSTD') === true) return `not a whole zstd stream (${message ?? code})`;
  return `it cannot be read (${code ?? message ?? String(error)})`;
}

/** Reads a tape file. The generator never throws; stopping early closes the file. */
export async function* readTape(path: string): AsyncGenerator<TapeRead> {
  const bytes = createZstdDecompress();
  // Errors of either end surface in the loop below; the callback only keeps them from being thrown a second time.
  pipeline(createReadStream(path), bytes, () => {});
  try {
    yield* decodeTape(bytes);
  } catch (error) {
    yield { kind: 'fault', reason: streamFault(path, error) };
  } finally {
    bytes.destroy();
  }
}

export type TapeSummary = {
  readonly header: TapeHeader;
  readonly frames: number;
  readonly durationMs: number;
  readonly framesBySource: Readonly<Record<TapeSource, number>>;
};

export type TapeInspection =
  | { readonly ok: true; readonly summary: TapeSummary }
  | { readonly ok: false; readonly reason: string };

/** Reads a whole tape once, so that a damaged one is refused before any of it is played. */
export async function inspectTape(path: string): Promise<TapeInspection> {
  const framesBySource = { relay: 0, kraken: 0, coingecko: 0 };
  let header: TapeHeader | null = null;
  for await (const read of readTape(path)) {
    if (read.kind === 'fault') return { ok: false, reason: read.reason };
    if (read.kind === 'header') header = read.header;
    else if (read.kind === 'frame') framesBySource[read.frame.kind] += 1;
    else if (header !== null) {
      return { ok: true, summary: { header, frames: read.frames, durationMs: read.durationMs, framesBySource } };
    }
  }
  return { ok: false, reason: 'the tape is empty' };
}
