// The segments of a journal in order, and what they say together: where recovery begins, which of them may go, and how much
// was written since the newest checkpoint. Pure.

import type { JournalSeq } from '../../model/ports.ts';
import type { Segment } from './segment.ts';

export class SegmentList {
  readonly #segments: Segment[];

  constructor(segments: Segment[]) {
    this.#segments = segments;
  }

  get count(): number {
    return this.#segments.length;
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  /** Oldest record kept; 1 when there is none yet. */
  get firstSeq(): JournalSeq {
    return this.#segments[0]?.firstSeq ?? 1;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  remove(segment: Segment): void {
    const at = this.#segments.indexOf(segment);
    if (at !== -1) this.#segments.splice(at, 1);
  }

  /** The one that holds the record, or would if it were written. */
  holding(seq: JournalSeq): Segment | undefined {
    return this.#segments.findLast((segment) => segment.firstSeq <= seq);
  }

  /** The segments of records below `seq` that a checkpoint durable at `durableSeq` makes superfluous, oldest first. */
  superfluous(seq: JournalSeq, durableSeq: JournalSeq): readonly Segment[] {
    const checkpointed = this.#segments.findLast(
      ({ checkpoint, firstSeq }) => checkpoint !== null && firstSeq <= durableSeq,
    );
    if (checkpointed?.checkpoint == null) return [];
    const keptFromSeq = this.holding(checkpointed.checkpoint.beginSeq)?.firstSeq ?? this.firstSeq;
    return this.#segments.filter((segment) => segment.firstSeq < keptFromSeq && segment.lastSeq < seq);
  }

  /** Bytes that recovery would read beyond the newest checkpoint itself, and the size of that one. */
  sinceCheckpoint(): { readonly bytes: number; readonly checkpointBytes: number } {
    const newest = this.#segments.findLast(({ checkpoint }) => checkpoint !== null)?.checkpoint ?? null;
    const from = newest === null ? this.firstSeq : newest.beginSeq;
    const checkpointBytes = newest?.bytes ?? 0;
    let bytes = 0;
    for (const segment of this.#segments) {
      if (segment.lastSeq < from) continue;
      bytes += segment.bytes - segment.offsetBefore(Math.max(from, segment.firstSeq));
    }
    return { bytes: Math.max(0, bytes - checkpointBytes), checkpointBytes };
  }
}
