// A fact as bytes and back: msgpack, where a bigint stays a bigint, a number a number, and null null. Plain maps rather
// than shared structures, so that each record can be read by itself, by later versions and by other programs.
// The encoder writes into one buffer that it keeps: what `encodeFact` gives is valid until its next call.

import { Packr, RESERVE_START_SPACE, RESET_BUFFER_MODE } from 'msgpackr';
import type { Fact } from '../model/facts.ts';
import type { JournalSeq } from '../model/ports.ts';
import { compact, expand } from './compact.ts';
import { FRAME_HEADER_BYTES, PAYLOAD_BYTES_MAX, sealFrame } from './frame.ts';

const packr = new Packr({ useRecords: false, useBigIntExtension: true, mapsAsObjects: true });
const FRAME_MODE = RESERVE_START_SPACE | FRAME_HEADER_BYTES | RESET_BUFFER_MODE;

/** The encoded fact with room for the frame's header before it. Valid until the next call. */
export function encodeFact(fact: Fact): Uint8Array {
  return packr.pack(compact(fact), FRAME_MODE);
}

/** The fact as a whole frame of the journal. Valid until the next call. Throws `RangeError` for a fact that is too large. */
export function frameOf(fact: Fact, seq: JournalSeq, durableSeq: JournalSeq): Uint8Array {
  const frame = encodeFact(fact);
  if (frame.length - FRAME_HEADER_BYTES > PAYLOAD_BYTES_MAX) {
    throw new RangeError(`a ${fact.kind} fact of ${frame.length} bytes is larger than a journal record may be`);
  }
  sealFrame(frame, seq, durableSeq);
  return frame;
}

/** The fact in `bytes[start, end)`; null when it is none. The checksum has said that the bytes are those written. */
export function decodeFact(bytes: Uint8Array, start: number, end: number): Fact | null {
  try {
    const value: unknown = packr.unpack(bytes.subarray(start, end));
    return typeof value === 'object' && value !== null ? expand(value) : null;
  } catch {
    return null;
  }
}
