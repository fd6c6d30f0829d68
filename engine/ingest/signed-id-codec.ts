// Layout of a file of signed ids: a header, then batches, all numbers little-endian. Pure.
//
//   header   0..7 magic   8..15 seed, two halves   16..19 slots of the table   20..23 CRC-32C of bytes 0..19
//   batch    0..3 CRC-32C of the rest   4..7 number of ids   8..15 time of the newest id, two 32-bit halves, low half first
//            16.. ids, 8 bytes each: position, tag
//
// Reading stops at the first batch that is not whole: a crash while it was written; its ids are in the journal still.

import { crc32c } from '../lib/crc32c.ts';
import type { IdHash, IdSeed } from './id-hash.ts';
import { idTableLimit } from './id-table.ts';
import { type FlatHashes, SLOTS_MAX } from './signed-ids.ts';

const MAGIC = new TextEncoder().encode('unripI1\n');
export const ID_HEADER_BYTES = 24;
const BATCH_HEADER_BYTES = 16;
const HALF_ID_BYTES = 4;
const ID_BYTES = 2 * HALF_ID_BYTES;
const HALF = 2 ** 32;
/** A batch is written and checked as one. */
export const BATCH_IDS_MAX = 8192;

export function encodeIdHeader(seed: IdSeed, slots: number): Uint8Array {
  const bytes = new Uint8Array(ID_HEADER_BYTES);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, seed.a, true);
  view.setUint32(12, seed.b, true);
  view.setUint32(16, slots, true);
  view.setUint32(20, crc32c(bytes, 0, 20), true);
  return bytes;
}

/** @param hashes of BATCH_IDS_MAX ids at most */
export function encodeIdBatch(hashes: FlatHashes, newestAtMs: number): Uint8Array {
  const bytes = new Uint8Array(BATCH_HEADER_BYTES + hashes.length * HALF_ID_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, hashes.length / 2, true);
  view.setUint32(8, newestAtMs % HALF, true);
  view.setUint32(12, Math.floor(newestAtMs / HALF), true);
  for (const [at, half] of hashes.entries()) view.setUint32(BATCH_HEADER_BYTES + at * HALF_ID_BYTES, half, true);
  view.setUint32(0, crc32c(bytes, 4), true);
  return bytes;
}

export type IdFile = {
  readonly seed: IdSeed;
  readonly slots: number;
  readonly newestAtMs: number;
  readonly ids: number;
  /** Up to where it is whole. */
  readonly bytes: number;
  hashes(): Generator<IdHash>;
};

/** What a file holds; null when not even its header is one. */
export function readIdFile(bytes: Uint8Array): IdFile | null {
  if (bytes.length < ID_HEADER_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(20, true) !== crc32c(bytes, 0, 20)) return null;
  const slots = view.getUint32(16, true);
  if (slots === 0 || slots > SLOTS_MAX || (slots & (slots - 1)) !== 0) return null;
  const batches: { readonly start: number; readonly count: number }[] = [];
  let ids = 0;
  let newestAtMs = 0;
  let end = ID_HEADER_BYTES;
  while (end + BATCH_HEADER_BYTES <= bytes.length) {
    const count = view.getUint32(end + 4, true);
    const next = end + BATCH_HEADER_BYTES + count * ID_BYTES;
    if (count === 0 || count > BATCH_IDS_MAX || next > bytes.length || ids + count > idTableLimit(slots)) break;
    if (view.getUint32(end, true) !== crc32c(bytes, end + 4, next)) break;
    newestAtMs = Math.max(newestAtMs, view.getUint32(end + 8, true) + view.getUint32(end + 12, true) * HALF);
    batches.push({ start: end + BATCH_HEADER_BYTES, count });
    ids += count;
    end = next;
  }
  return {
    seed: { a: view.getUint32(8, true), b: view.getUint32(12, true) },
    slots,
    newestAtMs,
    ids,
    bytes: end,
    *hashes() {
      for (const { start, count } of batches) {
        for (let at = start; at < start + count * ID_BYTES; at += ID_BYTES) {
          yield { position: view.getUint32(at, true), tag: view.getUint32(at + 4, true) };
        }
      }
    },
  };
}
