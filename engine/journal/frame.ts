// Layout of the journal's files, and how a frame is distinguished from garbage. A segment is eight magic bytes, then frames:
//
//   bytes  0..3   CRC-32C of the rest of the frame        all numbers little-endian
//          4..7   length of the payload
//          8..15  position of the record, from 1          two 32-bit halves, low half first
//         16..23  highest position known durable when this record was written
//         24..    payload
//
// The last number is what lets a recovery tell a torn tail from damage: a frame that is broken although a later one says
// that it had been durable was lost by the disk, not by a crash. Pure. Out of scope: what the payload means (codec.ts).

import { crc32c } from '../lib/crc32c.ts';

export const SEGMENT_MAGIC = new TextEncoder().encode('unripJ1\n');
export const FRAME_HEADER_BYTES = 24;
/**
 * How every payload begins: as a map of less than 256 fields in msgpack. In UTF-8 the first byte is never followed by the second,
 * so that no text inside of a payload holds both.
 */
export const FACT_START = [0xde, 0x00] as const;
/** No record comes near it; a length beyond is rubbish. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

const AT_CHECKSUM = 0;
const AT_LENGTH = 4;
const AT_SEQ = 8;
const AT_DURABLE = 16;
const HALF = 2 ** 32;

export type Frame = {
  readonly ok: true;
  readonly seq: number;
  readonly durableSeq: number;
  readonly payloadStart: number;
  /** One beyond the last byte. */
  readonly end: number;
};

/** `short`: the bytes end before the frame does. */
export type FrameProblem = { readonly ok: false; readonly why: 'short' | 'length' | 'checksum' };

const SHORT: FrameProblem = { ok: false, why: 'short' };
const LENGTH: FrameProblem = { ok: false, why: 'length' };
const CHECKSUM: FrameProblem = { ok: false, why: 'checksum' };

/** Fills in the header of a frame whose payload already follows it; the frame is the whole of `bytes`. */
export function sealFrame(bytes: Uint8Array, seq: number, durableSeq: number): void {
  const view = viewOf(bytes);
  view.setUint32(AT_LENGTH, bytes.length - FRAME_HEADER_BYTES, true);
  setPosition(view, AT_SEQ, seq);
  setPosition(view, AT_DURABLE, durableSeq);
  view.setUint32(AT_CHECKSUM, crc32c(bytes, AT_LENGTH, bytes.length, view), true);
}

/** The frame that begins at `start`. @param view of the same bytes: whoever reads many frames makes one for all of them */
export function readFrame(bytes: Uint8Array, start: number, view = viewOf(bytes)): Frame | FrameProblem {
  if (start + FRAME_HEADER_BYTES > bytes.length) return SHORT;
  const payloadBytes = view.getUint32(start + AT_LENGTH, true);
  if (payloadBytes === 0 || payloadBytes > PAYLOAD_BYTES_MAX) return LENGTH;
  const end = start + FRAME_HEADER_BYTES + payloadBytes;
  if (end > bytes.length) return SHORT;
  if (crc32c(bytes, start + AT_LENGTH, end, view) !== view.getUint32(start + AT_CHECKSUM, true)) return CHECKSUM;
  return {
    ok: true,
    seq: position(view, start + AT_SEQ),
    durableSeq: position(view, start + AT_DURABLE),
    payloadStart: start + FRAME_HEADER_BYTES,
    end,
  };
}

/** Bytes of the whole frame at `start` as its header says, unchecked; null when even the header is not there. */
export function frameBytes(bytes: Uint8Array, start: number): number | null {
  if (start + FRAME_HEADER_BYTES > bytes.length) return null;
  return FRAME_HEADER_BYTES + viewOf(bytes).getUint32(start + AT_LENGTH, true);
}

/** True when the segment begins as it should. */
export function hasMagic(bytes: Uint8Array): boolean {
  return SEGMENT_MAGIC.every((byte, at) => bytes[at] === byte);
}

/**
 * The highest position that any whole frame at or after `start`, of a record from `seqMin` on, says was durable; 0 when
 * there is none. Looks at every byte, since behind a broken frame nothing says where the next one begins.
 */
export function durableSaidAfter(bytes: Uint8Array, start: number, seqMin: number): number {
  const view = viewOf(bytes);
  let highest = 0;
  let at = start;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    const frame = plausible(bytes, view, at, seqMin) ? readFrame(bytes, at, view) : SHORT;
    if (frame.ok) highest = Math.max(highest, frame.durableSeq);
    at = frame.ok ? frame.end : at + 1;
  }
  return highest;
}

/**
 * Whether a frame may begin here, before a checksum is computed over what may be a large part of the file. Texts in a record come
 * from outside and can hold a forged frame, so what decides is what no text can hold; see `FACT_START`.
 */
function plausible(bytes: Uint8Array, view: DataView, at: number, seqMin: number): boolean {
  const payload = at + FRAME_HEADER_BYTES;
  if (bytes[payload] !== FACT_START[0] || bytes[payload + 1] !== FACT_START[1]) return false;
  const seq = position(view, at + AT_SEQ);
  return seq >= seqMin && seq < seqMin + HALF && position(view, at + AT_DURABLE) < seq;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function setPosition(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % HALF, true);
  view.setUint32(at + 4, Math.floor(value / HALF), true);
}

function position(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * HALF;
}
