// What has been read from Kafka and is not in PostgreSQL yet, and the position in each partition: pure bookkeeping, no clock,
// no socket. A batch is everything buffered when it begins; it is due when it is large or its oldest record has waited long
// enough. While it is being written the next one may be gathered behind it, so that at most two are in memory.
// Invariants: the records buffered of a partition follow each other from its `written` offset on; `next` is one beyond the
// last of them; nothing is buffered of a partition that is not assigned.

import type { DeadLetterReason } from '../../contracts/reasons.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';

export type TopicPartition = { readonly topic: TopicName; readonly partition: number };

/** A record that was read and is not written yet. It becomes a dead letter when it cannot be read or stored. */
export type BufferedRecord = TopicPartition & {
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Uint8Array | null;
  /** Kafka's: when the producer made the record, by its clock. Any number at all. */
  readonly timestampMs: number;
  /**
   * The same, never later than our own clock when the record was read: a producer's clock that is ahead hides no lag. Our clock
   * then when the producer's time is implausible.
   */
  readonly sinceMs: number;
  /** Null: it cannot be read. */
  readonly made: MadeRow | null;
  dead: Dead | null;
};

/**
 * `day`: of the row; `copyRow`: the row for a COPY, null when it can only be inserted; `problem`: why PostgreSQL would refuse
 * the record.
 */
export type MadeRow = { readonly day: string; readonly copyRow: Uint8Array | null } | { readonly problem: string };

export type Dead = {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** Set once the dead letter was given to the sender, which keeps it until Kafka has it: no retry gives it again. */
  sending: Promise<void> | null;
};

/** What a batch does to one partition: from the offset that the table of offsets should have, to the one that it will have. */
export type OffsetRange = TopicPartition & { readonly from: bigint; readonly to: bigint };

export type Limits = {
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** Longest time that a record waits for others to be written with. */
  readonly waitMs: number;
};

/**
 * Something about the offsets that a person should hear of. `gap`: records expired before they were read; `void`: offsets without a
 * record that the log still has (marks of transactions, a log that was compacted); `reset`: the log is another one.
 */
export type OffsetNote = TopicPartition & {
  readonly kind: 'gap' | 'void' | 'reset';
  readonly expected: bigint;
  readonly got: bigint;
  /** Records that are known to be lost; more may be, after a reset. */
  readonly missed: bigint;
};

type PartitionState = TopicPartition & {
  written: bigint;
  next: bigint;
  held: BufferedRecord[];
  /** The first of these that are in the batch under way, how large they are, and to where it reaches; null: not in it. */
  batched: { readonly count: number; readonly bytes: number; readonly to: bigint } | null;
  /** No record has come since the partition was assigned. */
  fresh: boolean;
  /** Records below it were written by a commit that we learned of late, and are passed over when they are read. */
  skipBelow: bigint;
  /** The end of the log when it was last known. */
  lastEnd: bigint | null;
  /**
   * No record that has not been read is older than this: when there was last nothing unread, or what the last record that
   * was read carries, since a partition is in the order of its making. Null: nothing is known yet.
   */
  unreadSinceMs: number | null;
};

type Batched = PartitionState & { readonly batched: NonNullable<PartitionState['batched']> };

export type Assigned = TopicPartition & { readonly written: bigint; readonly next: bigint; readonly held: number };

export type LogStart = (place: TopicPartition) => bigint | null;

/** Why the next offset of a partition is not the one expected; null: it is, or it lies before. */
function gapBefore(
  { topic, partition, next, fresh }: PartitionState,
  got: bigint,
  startOf: LogStart,
): OffsetNote | null {
  // A log that begins at 0 has lost nothing when its oldest records have expired before anybody asked for them.
  if (got <= next) return null;
  const start = startOf({ topic, partition }) ?? got;
  if (fresh && next === 0n && start >= got) return null;
  const expired = (start < got ? start : got) - next;
  const missed = expired > 0n ? expired : 0n;
  return { kind: missed > 0n ? 'gap' : 'void', topic, partition, expected: next, got, missed };
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${partition} ${topic}`;

export class PendingBatch {
  readonly #limits: Limits;
  readonly #partitions = new Map<string, PartitionState>();
  #records = 0;
  #bytes = 0;
  /** Monotonic time at which the oldest record was taken that is buffered and not in the batch under way. */
  #sinceUs: number | null = null;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many more records may be taken, beyond those of the batch under way. */
  get room(): number {
    let [records, bytes] = [this.#records, this.#bytes];
    for (const { batched } of this.#partitions.values()) {
      records -= batched?.count ?? 0;
      bytes -= batched?.bytes ?? 0;
    }
    return bytes >= this.#limits.bytesMax ? 0 : Math.max(0, this.#limits.recordsMax - records);
  }

  /** A partition is ours from `written` on; what is buffered of it from before is dropped. */
  assign(place: TopicPartition, written: bigint): void {
    this.revoke(place);
    const { topic, partition } = place;
    this.#partitions.set(keyOf(place), {
      topic,
      partition,
      written,
      next: written,
      held: [],
      batched: null,
      fresh: true,
      skipBelow: 0n,
      lastEnd: null,
      unreadSinceMs: null,
    });
  }

  /** No longer ours: what is buffered of it is dropped, to be read by whoever has it next. */
  revoke(place: TopicPartition): void {
    const state = this.#partitions.get(keyOf(place));
    if (state === undefined) return;
    this.#partitions.delete(keyOf(place));
    this.#forget(state.held);
  }

  revokeAll(): void {
    for (const state of [...this.#partitions.values()]) this.revoke(state);
  }

  /**
   * Takes records as they were polled; those of partitions that are not assigned are passed over. @param startOf oldest offset that
   * the log still has; null: not known, and then what is missing counts as expired
   */
  take(records: readonly BufferedRecord[], nowUs: number, startOf: LogStart = () => null): OffsetNote[] {
    const notes: OffsetNote[] = [];
    let state: PartitionState | undefined;
    let last: BufferedRecord | undefined;
    for (const record of records) {
      const { topic, partition, offset } = record;
      // Records come partition by partition, many of one after the other.
      if (last === undefined || last.topic !== topic || last.partition !== partition) {
        state = this.#partitions.get(keyOf(record));
      }
      last = record;
      if (state === undefined) continue;
      if (offset < state.skipBelow) continue;
      state.skipBelow = 0n;
      const gap = gapBefore(state, offset, startOf);
      if (gap !== null) {
        notes.push(gap);
      } else if (offset < state.next) {
        // A topic that was made again. Should it be the same log after all, the tables pass over what they have.
        const { next: expected, lastEnd } = state;
        const missed = lastEnd !== null && lastEnd > expected ? lastEnd - expected : 0n;
        notes.push({ kind: 'reset', topic, partition, expected, got: offset, missed });
        state.lastEnd = null;
      }
      state.fresh = false;
      state.next = offset + 1n;
      state.unreadSinceMs = Math.max(record.sinceMs, state.unreadSinceMs ?? record.sinceMs);
      state.held.push(record);
      this.#records++;
      this.#bytes += sizeOf(record);
      this.#sinceUs ??= nowUs;
    }
    return notes;
  }

  /** No record lies between what was taken of this partition and `offset`. */
  passOver(place: TopicPartition, offset: bigint, startOf: LogStart): OffsetNote[] {
    const state = this.#partitions.get(keyOf(place));
    // An end below is that of a log that was made again: its first record tells.
    if (state === undefined || offset <= state.next) return [];
    const note = gapBefore(state, offset, startOf);
    state.next = offset;
    state.fresh = false;
    return note === null || note.kind === 'void' ? [] : [note];
  }

  /** Whether what is buffered should be written now; a batch that has begun and is not written, always. */
  isDue(nowUs: number): boolean {
    if (this.#underWay().length > 0) return true;
    if (this.#records === 0 || this.#sinceUs === null) return false;
    return this.room === 0 || nowUs - this.#sinceUs >= this.#limits.waitMs * 1000;
  }

  /**
   * Everything buffered, partition by partition in order, with the partitions in which offsets were passed over. The same again
   * until it is written, whatever has been taken meanwhile.
   */
  batch(): { readonly held: readonly BufferedRecord[]; readonly ranges: readonly OffsetRange[] } {
    if (this.#underWay().length === 0) this.#begin();
    const batched = this.#underWay();
    return {
      held: batched.flatMap(({ held, batched }) => held.slice(0, batched.count)),
      ranges: batched.map(({ topic, partition, written, batched: { to } }) => ({
        topic,
        partition,
        from: written,
        to,
      })),
    };
  }

  /** The batch is in PostgreSQL. */
  written(ranges: readonly OffsetRange[]): void {
    for (const range of ranges) {
      const state = this.#partitions.get(keyOf(range));
      if (state === undefined) continue;
      this.#forget(state.held.splice(0, state.batched?.count ?? 0));
      state.batched = null;
      state.written = range.to;
    }
  }

  /** The partitions of the batch that has begun. */
  #underWay(): Batched[] {
    return [...this.#partitions.values()].filter((state): state is Batched => state.batched !== null);
  }

  #begin(): void {
    for (const state of this.#partitions.values()) {
      const { held, written, next } = state;
      if (held.length === 0 && next <= written) continue;
      state.batched = { count: held.length, bytes: held.reduce((sum, record) => sum + sizeOf(record), 0), to: next };
    }
    this.#sinceUs = null;
  }

  /** The table of offsets is further than assumed: an earlier commit had succeeded, although its answer was lost. */
  advanceTo(place: TopicPartition, written: bigint): void {
    const state = this.#partitions.get(keyOf(place));
    if (state === undefined) return;
    const { batched } = state;
    // That commit was of the batch under way. What was read behind it may be of a topic that was made again, with lower offsets.
    const count = batched?.to === written ? batched.count : null;
    const isDone = ({ offset }: BufferedRecord, index: number) => (count === null ? offset < written : index < count);
    const done = state.held.filter(isDone);
    state.held = state.held.filter((record, index) => !isDone(record, index));
    state.batched = null;
    // What is left has waited for a whole write already.
    if (state.held.length > 0) this.#sinceUs = Number.NEGATIVE_INFINITY;
    state.written = written;
    if (count === null && state.next < written) {
      state.next = written;
      state.skipBelow = written;
    }
    this.#forget(done);
  }

  /** `held`: how many records buffered are of it. */
  assigned(): readonly Assigned[] {
    return [...this.#partitions.values()].map(({ topic, partition, written, next, held }) => ({
      topic,
      partition,
      written,
      next,
      held: held.length,
    }));
  }

  /**
   * Age of the oldest record that is not in PostgreSQL: 0 when there is none, null when it is not known. Of what Kafka
   * has and we have not read only `unreadSinceMs` is known, so that the age may be
   * reported too high, never too low.
   * @param endOf offset behind the last record of a partition; null: not known yet
   */
  lagMs(endOf: (place: TopicPartition) => bigint | null, nowMs: number): number | null {
    let oldestMs: number | null = nowMs;
    for (const state of this.#partitions.values()) {
      const sinceMs = this.#unwrittenSinceMs(state, endOf(state), nowMs);
      oldestMs = oldestMs === null || sinceMs === null ? null : Math.min(oldestMs, sinceMs);
    }
    return oldestMs === null ? null : Math.max(0, nowMs - oldestMs);
  }

  #unwrittenSinceMs(state: PartitionState, end: bigint | null, nowMs: number): number | null {
    if (end === null) return null;
    if (end >= state.next) state.lastEnd = end;
    const [oldest] = state.held;
    if (oldest !== undefined) return oldest.sinceMs;
    if (end > state.next) return state.unreadSinceMs;
    state.unreadSinceMs = nowMs;
    return nowMs;
  }

  #forget(held: readonly BufferedRecord[]): void {
    this.#records -= held.length;
    for (const record of held) this.#bytes -= sizeOf(record);
    if (this.#records === 0) this.#sinceUs = null;
  }
}

function sizeOf({ value, key }: BufferedRecord): number {
  return (value?.byteLength ?? 0) + (key?.length ?? 0);
}
