// One file of the journal: its name, which records it holds, and roughly where. The index has an entry for every 64 KiB,
// so that reading from any record on starts close to it.

import { join } from 'node:path';
import { SEGMENT_MAGIC } from '../frame.ts';

const NAME = /^([0-9]{16})\.log$/;
const INDEX_STEP_BYTES = 64 * 1024;

/** File name of the segment whose first record is `firstSeq`: names sort as positions do. */
function segmentName(firstSeq: number): string {
  return `${String(firstSeq).padStart(16, '0')}.log`;
}

/** Position of the first record of the segment with this name; null when it is no segment's name. */
export function firstSeqOf(name: string): number | null {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** A whole checkpoint: recovery may begin with record `beginSeq`. */
export type SegmentCheckpoint = {
  readonly beginSeq: number;
  /** Of its records together; 0 for one of an earlier version, which is a single record. */
  readonly bytes: number;
};

export class Segment {
  readonly path: string;
  readonly firstSeq: number;
  /** What its first record says about a checkpoint; null: nothing. */
  readonly checkpoint: SegmentCheckpoint | null;
  /** One less than `firstSeq` while it is empty. */
  lastSeq: number;
  bytes = SEGMENT_MAGIC.length;
  readonly #indexSeqs: number[] = [];
  readonly #indexOffsets: number[] = [];

  constructor(directory: string, firstSeq: number, checkpoint: SegmentCheckpoint | null) {
    this.path = join(directory, segmentName(firstSeq));
    this.firstSeq = firstSeq;
    this.lastSeq = firstSeq - 1;
    this.checkpoint = checkpoint;
  }

  /** Notes the next record, of `bytes` bytes with its header. */
  add(bytes: number): void {
    this.lastSeq++;
    const indexed = this.#indexOffsets.at(-1);
    if (indexed === undefined || this.bytes - indexed >= INDEX_STEP_BYTES) {
      this.#indexSeqs.push(this.lastSeq);
      this.#indexOffsets.push(this.bytes);
    }
    this.bytes += bytes;
  }

  /** Where to start looking for a record of this segment: the offset of a frame at or before it. */
  offsetBefore(seq: number): number {
    let low = 0;
    let high = this.#indexSeqs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#indexSeqs[middle] as number) <= seq) low = middle;
      else high = middle - 1;
    }
    return this.#indexOffsets[low] ?? SEGMENT_MAGIC.length;
  }
}
