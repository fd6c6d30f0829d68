// The reading side that group consumer and reader share: one native poll at a time, the position in each assigned
// partition, the distance to its end. Records of partitions that are no longer assigned are dropped here.

import { type Clock, lastingTimers } from '../../clock.ts';
import { pause, within } from '../../wait.ts';
import type { OnKafkaTrouble } from '../client.ts';
import { ERR_FATAL, KafkaClient } from '../client.ts';
import type { NativeConsumer, NativeEnd, NativeError, NativePartition } from '../native.ts';
import { describeError, kafkaAddon, makeNative } from '../native.ts';
import type { ConsumedRecord } from './record.ts';
import { unpackRecords } from './record.ts';

export type TopicPartition = { readonly topic: string; readonly partition: number };

export type PartitionOffset = TopicPartition & { readonly offset: bigint };

/** Where a partition is read from: an offset, an end of the log, or so many records before its end, all where there are fewer. */
export type ReaderStart = bigint | 'earliest' | 'latest' | { readonly last: number };

/** The same, or the group's last commit (the start of the log when there is none). */
export type StartAt = ReaderStart | 'committed';

/** `endOffset` and `lag` (records not read yet) are null until the broker has told the end of the partition. */
export type PartitionLag = TopicPartition & { readonly endOffset: bigint | null; readonly lag: bigint | null };

/**
 * Longest wait for a first record, unless another is asked for. A poll holds a thread of Bun's pool for so long, see UV_THREADPOOL_SIZE in
 * `unrip`.
 */
const POLL_TIMEOUT_MS = 50;
/** A poll that has not come back by then, because every thread is taken, is left to the end of the client. */
const POLL_END_LIMIT_MS = 10_000;
const OFFSETS = { earliest: -2, latest: -1, committed: -1000 } as const;
/** librdkafka's RD_KAFKA_OFFSET_TAIL_BASE: so many less is so many records before the end. */
const OFFSET_TAIL_BASE = -2000;

function nativeOffset(start: StartAt): number {
  if (typeof start === 'bigint') return Number(start);
  return typeof start === 'string' ? OFFSETS[start] : OFFSET_TAIL_BASE - start.last;
}

/** `wanted`: the offset asked for, until the first record has come; `next`: of the next record to read, when known. */
type Position = { readonly partition: TopicPartition; wanted: bigint | null; next: bigint | null };

type RebalanceCallbacks = Record<string, (error: NativeError, partitions: readonly NativePartition[]) => void>;

type PollingOptions = {
  readonly onTrouble: OnKafkaTrouble;
  readonly callbacks?: RebalanceCallbacks;
  /** Made from the settings except in tests. */
  readonly native?: NativeConsumer;
  /** `lastingTimers` but in tests. */
  readonly timers?: Pick<Clock, 'after'> | undefined;
  /** Longest wait for a first record. */
  readonly pollMs?: number;
};

export class Polling {
  readonly native: NativeConsumer;
  readonly client: KafkaClient;
  readonly #timers: Pick<Clock, 'after'>;
  readonly #pollMs: number;
  readonly #positions = new Map<string, Position>();
  /** Ends that were reached behind the last record of a partition, and not asked for yet. */
  readonly #passed = new Map<string, PartitionOffset>();
  /** Read by pumpUntil and not yet asked for; the next poll returns them first. */
  readonly #early: ConsumedRecord[] = [];
  #callerPolls = false;
  /** Whether partitions came or went while a poll was under way: an end in its answer may be of the assignment before. */
  #reassigned = false;
  #everAssigned = false;
  #consuming: Promise<ConsumedRecord[]> | undefined;
  #resolve: ((records: ConsumedRecord[]) => void) | undefined;

  constructor(settings: Record<string, string>, options: PollingOptions) {
    const { onTrouble, callbacks = {}, native, timers, pollMs = POLL_TIMEOUT_MS } = options;
    this.#pollMs = pollMs;
    this.native = native ?? makeNative(kafkaAddon().KafkaConsumer, settings);
    this.#timers = timers ?? lastingTimers;
    this.client = new KafkaClient(this.native, { global: callbacks, topic: {}, event: {} }, { onTrouble, timers });
  }

  get open(): boolean {
    return this.client.state !== 'closed' && this.client.state !== 'failed';
  }

  /** Notes partitions and where each starts; returns them as the native calls want them. */
  assigned(partitions: readonly TopicPartition[], starts: readonly StartAt[]): NativePartition[] {
    // Before the first assignment there was none that an end could be of, and the end of an empty partition comes only once.
    this.#reassigned ||= this.#everAssigned;
    this.#everAssigned = true;
    return partitions.map(({ topic, partition }, index) => {
      const start = starts[index] ?? 'committed';
      const wanted = typeof start === 'bigint' ? start : null;
      this.#positions.set(keyOf(topic, partition), { partition: { topic, partition }, wanted, next: wanted });
      return { topic, partition, offset: nativeOffset(start) };
    });
  }

  revoked(partitions: readonly TopicPartition[]): void {
    this.#reassigned = true;
    for (const { topic, partition } of partitions) {
      this.#positions.delete(keyOf(topic, partition));
      this.#passed.delete(keyOf(topic, partition));
    }
    const kept = this.#early.filter((record) => this.#positions.has(keyOf(record.topic, record.partition)));
    this.#early.splice(0, this.#early.length, ...kept);
  }

  async poll(recordsMax: number): Promise<ConsumedRecord[]> {
    if (this.#callerPolls) throw new Error('a poll is under way: wait for it before the next');
    this.#callerPolls = true;
    try {
      await this.client.started;
      while (this.#consuming !== undefined) await this.#consuming;
      if (this.#early.length > 0) return this.#early.splice(0, recordsMax);
      return await this.#consume(recordsMax);
    } finally {
      this.#callerPolls = false;
    }
  }

  /** Lets librdkafka deliver its events until `done` settles; records that come along wait for the next poll. */
  async pumpUntil(done: Promise<unknown>): Promise<void> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    const ended = done.then(settle, settle);
    while (!settled && this.open) {
      if (this.#callerPolls) await Promise.race([ended, this.#consuming ?? Promise.resolve()]);
      else await this.#readEarly();
    }
  }

  /** The array is asked for after the wait: partitions may have come and gone meanwhile. */
  async #readEarly(): Promise<void> {
    const records = await this.#consume(1);
    this.#early.push(...records);
  }

  /** Only of partitions whose records have all been given out: an end lies behind them. */
  passed(): PartitionOffset[] {
    const waiting = new Set(this.#early.map(({ topic, partition }) => keyOf(topic, partition)));
    const given = [...this.#passed].filter(([key]) => !waiting.has(key));
    for (const [key] of given) this.#passed.delete(key);
    return given.map(([, end]) => end);
  }

  logStart({ topic, partition }: TopicPartition): bigint | null {
    if (!this.open) return null;
    const marks = this.native.getWatermarkOffsets(topic, partition);
    return typeof marks === 'number' || marks.lowOffset < 0 ? null : BigInt(marks.lowOffset);
  }

  lag(): PartitionLag[] {
    if (!this.open) return [];
    return [...this.#positions.values()].map(({ partition, next }) => {
      const marks = this.native.getWatermarkOffsets(partition.topic, partition.partition);
      const endOffset = typeof marks === 'number' || marks.highOffset < 0 ? null : BigInt(marks.highOffset);
      if (endOffset === null || next === null) return { ...partition, endOffset, lag: null };
      return { ...partition, endOffset, lag: endOffset > next ? endOffset - next : 0n };
    });
  }

  async close(): Promise<void> {
    const consuming: Promise<unknown> = this.#consuming ?? Promise.resolve();
    await within(this.#timers, consuming, POLL_END_LIMIT_MS);
    await this.client.close();
    this.#positions.clear();
    this.#passed.clear();
    this.#early.length = 0;
  }

  #consume(recordsMax: number): Promise<ConsumedRecord[]> {
    // At once would let a caller that only polls spin without ever giving the loop back.
    if (!this.open) return pause(lastingTimers, this.#pollMs).then(() => []);
    const consuming = new Promise<ConsumedRecord[]>((resolve) => {
      this.#resolve = resolve;
    });
    this.#consuming = consuming;
    this.#reassigned = false;
    this.native.consume(this.#pollMs, recordsMax, true, this.#onRecords);
    return consuming;
  }

  /** Lives as long as the client, and all that a call adds to it is the pending promise: see kafka.ts. */
  readonly #onRecords = (error: NativeError, packed: Buffer, ends: readonly NativeEnd[]): void => {
    const resolve = this.#resolve;
    this.#consuming = undefined;
    this.#resolve = undefined;
    if (error === null || error === undefined) {
      resolve?.(this.#follow(unpackRecords(packed), this.#reassigned ? [] : ends));
    } else {
      const { code, message } = describeError(error);
      if (code === ERR_FATAL) this.client.fail(message);
      else this.client.trouble('client_error', message);
      resolve?.([]);
    }
  };

  /** Records and ends in the order in which they were read. */
  #follow(records: readonly ConsumedRecord[], ends: readonly NativeEnd[]): ConsumedRecord[] {
    const read: ConsumedRecord[] = [];
    let ended = 0;
    let topic = '';
    let partition = -1;
    let key = '';
    let position: Position | undefined;
    for (const [index, record] of records.entries()) {
      while (ended < ends.length && (ends[ended]?.messageIndex ?? 0) < index) this.#end(ends[ended++]);
      // Records come partition by partition, many of one after the other.
      if (record.topic !== topic || record.partition !== partition) {
        ({ topic, partition } = record);
        key = keyOf(topic, partition);
        position = this.#positions.get(key);
      }
      if (position === undefined) continue;
      if (position.wanted !== null && record.offset !== position.wanted) {
        const where = `${record.topic}[${record.partition}]`;
        this.client.trouble('offset_gap', `${where} was to start at ${position.wanted}, read ${record.offset}`);
      }
      position.wanted = null;
      position.next = record.offset + 1n;
      if (this.#passed.size > 0) this.#passed.delete(key);
      read.push(record);
    }
    while (ended < ends.length) this.#end(ends[ended++]);
    return read;
  }

  #end(end: NativeEnd | undefined): void {
    if (end === undefined) return;
    const key = keyOf(end.topic, end.partition);
    const position = this.#positions.get(key);
    if (position === undefined) return;
    const offset = BigInt(end.offset);
    position.wanted = null;
    position.next = offset;
    this.#passed.set(key, { topic: end.topic, partition: end.partition, offset });
  }
}

function keyOf(topic: string, partition: number): string {
  return `${partition} ${topic}`;
}
