// Kafka of the simulated machine: topics in memory behind the calls of librdkafka's addon that the processes use.
// Records of a producer leave in order, some time after they were handed over, and are reported when the broker has them. While it is
// away they wait, as with librdkafka.

import type { ConsumedRecord } from '../../../contracts/runtime/kafka/consumer/record.ts';
import type { Random } from './random.ts';
import type { Owner, Schedule } from './schedule.ts';

const ALL_DOWN = '-187 error all brokers are down';
const TRANSPORT = -195;
const QUEUE_FULL = -184;
const FATAL = -150;
const LINGER_US = 100_000;
const CONSUME_US = 1_000_000;
/** librdkafka's base of offsets that count from the end. */
const TAIL = -2000;
const KEPT_MAX = 2_000;

/** What one record meets at the broker; null: nothing. */
type Refusal = { readonly code: number } | null;

type Callbacks = {
  event: {
    event_cb?: (type: string, data: unknown) => void;
    delivery_cb?: (packed: Buffer) => void;
  };
};

/** As the addon hands over the records of a poll: numbers in front of each, then topic, key and value. */
function packed(records: readonly ConsumedRecord[]): Buffer {
  const parts = records.flatMap(({ topic, partition, offset, key, value, timestampMs }) => {
    const head = Buffer.alloc(32);
    head.writeDoubleLE(Number(offset), 0);
    head.writeDoubleLE(timestampMs, 8);
    head.writeInt32LE(partition, 16);
    head.writeInt32LE(Buffer.byteLength(topic), 20);
    head.writeInt32LE(key === null ? -1 : Buffer.byteLength(key), 24);
    head.writeInt32LE(value === null ? -1 : value.length, 28);
    return [head, Buffer.from(topic), Buffer.from(key ?? ''), Buffer.from(value ?? [])];
  });
  return Buffer.concat(parts);
}

type Report = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly code: number;
  readonly key: Buffer | null;
  readonly sizeBytes: number;
};

/** The same for delivery reports. */
function packedReports(reports: readonly Report[]): Buffer {
  const parts = reports.flatMap(({ topic, partition, offset, code, key, sizeBytes }) => {
    const head = Buffer.alloc(28);
    head.writeDoubleLE(offset, 0);
    head.writeInt32LE(code, 8);
    head.writeInt32LE(partition, 12);
    head.writeInt32LE(Buffer.byteLength(topic), 16);
    head.writeInt32LE(key === null ? -1 : key.length, 20);
    head.writeInt32LE(sizeBytes, 24);
    return [head, Buffer.from(topic), Buffer.from(key ?? [])];
  });
  return Buffer.concat(parts);
}

/** Records of a batch as the addon is given them: numbers in front of each, then topic, key and value. */
function unpacked(memory: Buffer): readonly { readonly at: number; readonly record: Queued }[] {
  const records: { at: number; record: Queued }[] = [];
  let topic = '';
  let end = 0;
  const take = (length: number): Buffer | null => {
    if (length < 0) return null;
    end += length;
    // The memory is used again for other records.
    return Buffer.from(memory.subarray(end - length, end));
  };
  while (end < memory.length) {
    const at = end;
    end += 20;
    topic = take(memory.readInt32LE(at + 8))?.toString('utf8') ?? topic;
    const key = take(memory.readInt32LE(at + 12))?.toString('utf8') ?? null;
    const value = take(memory.readInt32LE(at + 16));
    records.push({ at, record: { topic, partition: memory.readInt32LE(at + 4), key, value } });
  }
  return records;
}

type Done = (error: unknown, result?: unknown) => void;
type Partition = { readonly topic: string; readonly partition: number; offset?: number };

class Log {
  readonly records: ConsumedRecord[] = [];
  next = 0;

  add(record: Omit<ConsumedRecord, 'offset'>): number {
    this.records.push({ ...record, offset: BigInt(this.next) });
    if (this.records.length > KEPT_MAX) this.records.splice(0, KEPT_MAX / 2);
    this.next += 1;
    return this.next - 1;
  }

  from(offset: number, most: number): ConsumedRecord[] {
    const first = this.next - this.records.length;
    const at = Math.max(0, offset - first);
    return this.records.slice(at, at + most);
  }
}

export class Kafka {
  readonly schedule: Schedule;
  readonly #random: Random;
  readonly #partitions: Readonly<Record<string, number>>;
  readonly #logs = new Map<string, Log>();
  readonly #clients = new Set<Client>();
  /** Most records that a producer takes before it says that its queue is full. */
  queueMax = 100_000;
  refuses: (topic: string) => Refusal = () => null;
  #isAway = false;
  /** The next producer fails for good at its next record. */
  failsNext = false;
  /** Called for each record that is in a log. */
  onRecord: (topic: string, key: string | null, value: string | null) => void = () => {};

  constructor(schedule: Schedule, random: Random, partitions: Readonly<Record<string, number>>) {
    this.schedule = schedule;
    this.#random = random;
    this.#partitions = partitions;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** The broker goes, or comes back. */
  away(on: boolean): void {
    this.#isAway = on;
    for (const client of [...this.#clients]) {
      if (on) this.schedule.after(this.delayUs(), () => client.event('error', ALL_DOWN), client.owner);
      else client.cameBack();
    }
  }

  opened(client: Client): void {
    this.#clients.add(client);
  }

  closed(client: Client): void {
    this.#clients.delete(client);
  }

  processEnded(owner: Owner): void {
    for (const client of [...this.#clients]) if (client.owner === owner) this.#clients.delete(client);
  }

  delayUs(): number {
    return this.#random.around(4_000);
  }

  log(topic: string, partition: number): Log {
    const name = `${topic} ${partition}`;
    const log = this.#logs.get(name) ?? new Log();
    this.#logs.set(name, log);
    return log;
  }

  /** A record of any writer. */
  write(record: { topic: string; partition: number; key: string | null; value: Uint8Array | null }): number {
    const offset = this.log(record.topic, record.partition).add({ ...record, timestampMs: this.schedule.nowMs });
    const value = record.value === null ? null : Buffer.from(record.value).toString('utf8');
    this.onRecord(record.topic, record.key, value);
    return offset;
  }

  metadata(): object {
    const topics = Object.entries(this.#partitions).map(([name, count]) => ({
      name,
      partitions: Array.from({ length: count }, (_, id) => ({ id, leader: 1, replicas: [1] })),
    }));
    return { orig_broker_id: 1, orig_broker_name: 'broker', brokers: [{ id: 1, host: '127.0.0.1', port: 1 }], topics };
  }
}

/** What producer and consumer have in common. */
class Client {
  readonly kafka: Kafka;
  readonly owner: Owner;
  #callbacks: Callbacks = { event: {} };

  constructor(kafka: Kafka) {
    this.kafka = kafka;
    this.owner = kafka.schedule.current;
    kafka.opened(this);
  }

  configureCallbacks(add: boolean, callbacks: Callbacks): void {
    this.#callbacks = add ? callbacks : { event: {} };
  }

  get callbacks(): Callbacks {
    return this.#callbacks;
  }

  event(type: string, message: string): void {
    this.#callbacks.event.event_cb?.(type, { message });
  }

  connect(done: Done): void {
    this.later(() => {
      done(null, {});
      if (this.kafka.isAway) this.event('error', ALL_DOWN);
    });
  }

  disconnect(done: Done): void {
    this.kafka.closed(this);
    this.later(() => done(null, {}));
  }

  getMetadata({ timeout }: { timeout: number }, done: Done): void {
    if (this.kafka.isAway)
      this.kafka.schedule.after(timeout * 1000, () => done({ code: TRANSPORT, message: 'no broker' }), this.owner);
    else this.later(() => done(null, this.kafka.metadata()));
  }

  cameBack(): void {}

  later(run: () => void): void {
    this.kafka.schedule.after(this.kafka.delayUs(), run, this.owner);
  }
}

type Queued = { topic: string; partition: number; key: string | null; value: Uint8Array | null };

export class VirtualProducer extends Client {
  readonly #queue: Queued[] = [];
  #isSending = false;
  #isBroken = false;

  setPollInBackground(_on: boolean): void {}

  produce(topic: string, partition: number, value: Uint8Array | null, key: Uint8Array | null): number {
    const keyText = key === null ? null : Buffer.from(key).toString('utf8');
    return this.#take({ topic, partition, value: value === null ? null : value.slice(), key: keyText });
  }

  produceMany(memory: Uint8Array, bytes: number, passed: number): number {
    const packed = Buffer.from(memory.buffer, memory.byteOffset, bytes);
    let count = passed;
    for (const { at, record } of unpacked(packed).slice(passed)) {
      const code = this.#take(record);
      packed.writeInt32LE(code, at);
      if (code === QUEUE_FULL || code === FATAL) break;
      count++;
    }
    return count;
  }

  /** Gives librdkafka's code. */
  #take(record: Queued): number {
    if (this.#isBroken) return FATAL;
    if (this.#queue.length >= this.kafka.queueMax) return QUEUE_FULL;
    this.#queue.push(record);
    this.#send(LINGER_US);
    return 0;
  }

  override cameBack(): void {
    this.#send(this.kafka.delayUs());
  }

  #send(us: number): void {
    if (this.#isSending) return;
    this.#isSending = true;
    this.kafka.schedule.after(us, () => this.#deliver(), this.owner);
  }

  #deliver(): void {
    this.#isSending = false;
    if (this.kafka.isAway || this.#isBroken) return;
    if (this.kafka.failsNext && this.#queue.length > 0) {
      this.kafka.failsNext = false;
      this.#isBroken = true;
      // What it had in flight may be in the log all the same: it arrives twice.
      for (const record of this.#queue.splice(0, 3)) this.kafka.write(record);
      this.event('error', '-144 fatal the producer was fenced');
      return;
    }
    const reports = this.#queue.splice(0, 500).map((record) => this.#report(record));
    if (reports.length > 0) this.callbacks.event.delivery_cb?.(packedReports(reports));
    if (this.#queue.length > 0) this.#send(this.kafka.delayUs());
  }

  #report(record: Queued): Report {
    const refusal = this.kafka.refuses(record.topic);
    return {
      topic: record.topic,
      partition: record.partition,
      offset: refusal === null ? this.kafka.write(record) : -1001,
      code: refusal === null ? 0 : refusal.code,
      key: record.key === null ? null : Buffer.from(record.key),
      sizeBytes: record.value?.length ?? 0,
    };
  }
}

export class VirtualConsumer extends Client {
  #assigned: { readonly partition: Partition; next: number; isAtEnd: boolean }[] = [];

  assign(partitions: readonly Partition[]): void {
    this.#assigned = partitions.map((partition) => {
      const end = this.kafka.log(partition.topic, partition.partition).next;
      const { offset = -1 } = partition;
      const next = offset >= 0 ? offset : offset === -2 ? 0 : offset === -1 ? end : Math.max(0, end + offset - TAIL);
      return { partition, next, isAtEnd: false };
    });
  }

  unassign(): void {
    this.#assigned = [];
  }

  getWatermarkOffsets(topic: string, partition: number): object {
    const log = this.kafka.log(topic, partition);
    return { lowOffset: log.next - log.records.length, highOffset: log.next };
  }

  consume(_timeoutMs: number, most: number, _first: boolean, done: Done & ((...args: never[]) => void)): void {
    this.kafka.schedule.after(CONSUME_US, () => this.#read(most, done as never), this.owner);
  }

  #read(most: number, done: (error: null, packed: Buffer, ends: readonly object[]) => void): void {
    const records: ConsumedRecord[] = [];
    const ends: object[] = [];
    if (!this.kafka.isAway) {
      for (const assigned of this.#assigned) {
        const { topic, partition } = assigned.partition;
        const log = this.kafka.log(topic, partition);
        const read = log.from(assigned.next, most - records.length);
        records.push(...read);
        const wasAtEnd = assigned.isAtEnd;
        if (read.length > 0) assigned.next = Number(read.at(-1)?.offset ?? 0n) + 1;
        assigned.isAtEnd = assigned.next >= log.next;
        if (assigned.isAtEnd && (!wasAtEnd || read.length > 0))
          ends.push({ topic, partition, offset: log.next, messageIndex: records.length - 1 });
      }
    }
    done(null, packed(records), ends);
  }
}
