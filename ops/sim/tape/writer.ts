// Writes a tape: msgpack records, one after another, in one zstd stream with a checksum.
// The writer keeps the invariants of record.ts itself, so that no tape is written that no reader takes.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { Packr } from 'msgpackr';
import { nextRecord, TAPE_START, type TapeFrame, type TapeHeader, type TapePlace, type TapeRecord } from './record.ts';

// Plain msgpack maps, so that any msgpack library reads a tape.
const packr = new Packr({ useRecords: false });

export class TapeWriteError extends Error {}

function step(place: TapePlace, record: TapeRecord): TapePlace {
  const next = nextRecord(place, record);
  if (!next.ok) throw new TapeWriteError(`record ${place.frames + 1} of the tape: ${next.reason}`);
  return next.place;
}

/**
 * The bytes of a tape before compression, a chunk a record. `durationMs` is called at the end, so a recorder can say
 * then how long it ran; it is at least the time of the last frame.
 * @throws TapeWriteError for a record that does not belong where it is.
 */
export async function* encodeTape(
  header: TapeHeader,
  frames: Iterable<TapeFrame> | AsyncIterable<TapeFrame>,
  durationMs: () => number,
): AsyncGenerator<Buffer> {
  let place = step(TAPE_START, header);
  yield packr.pack(header);
  for await (const frame of frames) {
    place = step(place, frame);
    yield packr.pack(frame);
  }
  const end = {
    kind: 'end',
    frames: place.frames,
    duration_ms: Math.max(Math.ceil(durationMs()), place.lastAtMs),
  } as const;
  step(place, end);
  yield packr.pack(end);
}

/** Writes a whole tape, streaming; a tape that is already there is replaced. */
export async function writeTape(
  path: string,
  header: TapeHeader,
  frames: Iterable<TapeFrame> | AsyncIterable<TapeFrame>,
  durationMs: () => number = () => 0,
): Promise<void> {
  const params = { [constants.ZSTD_c_compressionLevel]: 15, [constants.ZSTD_c_checksumFlag]: 1 };
  await pipeline(
    Readable.from(encodeTape(header, frames, durationMs)),
    createZstdCompress({ params }),
    createWriteStream(path),
  );
}
