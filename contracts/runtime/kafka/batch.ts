// Small records on their way to the native module: they gather in memory that is used again and are handed over several in one call,
// which costs less than a call for each (ops/toolchain/kafka-addon/compat/produce.h says how the memory is laid out). librdkafka copies
// within the call. Nothing is lost in it: a record that librdkafka has no room for stays, and those behind it, until it is offered again.

import type { InFlightRecord } from './in-flight.ts';
import type { NativeProducer } from './native.ts';

/** Some 150 records of an engine: several times as many as are made in one turn. */
const MEMORY_BYTES = 262_144;
/** A larger value is rare, and handed over by itself. */
const VALUE_LENGTH_MAX = 16_384;
/** The numbers in front of each record. */
const HEAD_BYTES = 20;
const UTF8_BYTES_PER_CHAR_MAX = 3;
const OK = 0;

export type BatchedRecord = { readonly topic: string; readonly partition: number } & {
  -readonly [Field in keyof InFlightRecord]: InFlightRecord[Field];
};

export class Batch {
  #memory = Buffer.from(new ArrayBuffer(MEMORY_BYTES));
  #numbers = new DataView(this.#memory.buffer);
  readonly #records: BatchedRecord[] = [];
  /** Where each of them begins. */
  readonly #places: number[] = [];
  #bytes = 0;
  /** So many of them have been taken or refused. */
  #passed = 0;

  /** Records that librdkafka has not been given yet. */
  get count(): number {
    return this.#records.length - this.#passed;
  }

  /** Takes a record in, and notes in it how long its value is; false when it is too large, or there is no room for it. */
  add(record: BatchedRecord, value: Uint8Array | string | null): boolean {
    const { topic, partition, key } = record;
    const length = value === null ? 0 : value.length;
    const bytesMax = HEAD_BYTES + (topic.length + (key?.length ?? 0) + length) * UTF8_BYTES_PER_CHAR_MAX;
    if (length > VALUE_LENGTH_MAX || this.#bytes + bytesMax > this.#memory.length) return false;
    const memory = this.#memory;
    const numbers = this.#numbers;
    const at = this.#bytes;
    const isSameTopic = this.#records.at(-1)?.topic === topic;
    const topicBytes = isSameTopic ? 0 : memory.write(topic, at + HEAD_BYTES);
    const keyAt = at + HEAD_BYTES + topicBytes;
    const keyBytes = key === null ? 0 : memory.write(key, keyAt);
    const valueAt = keyAt + keyBytes;
    const valueBytes = typeof value === 'string' ? memory.write(value, valueAt) : length;
    if (value !== null && typeof value !== 'string') memory.set(value, valueAt);
    numbers.setInt32(at, OK, true);
    numbers.setInt32(at + 4, partition, true);
    numbers.setInt32(at + 8, isSameTopic ? -1 : topicBytes, true);
    numbers.setInt32(at + 12, key === null ? -1 : keyBytes, true);
    numbers.setInt32(at + 16, value === null ? -1 : valueBytes, true);
    record.sizeBytes = valueBytes;
    this.#records.push(record);
    this.#places.push(at);
    this.#bytes = valueAt + valueBytes;
    return true;
  }

  /**
   * Hands over what is in it, in order. @param onCode called for each record that was taken (code 0) or refused
   * @returns the code of the record that has to be offered again, which ends it; 0: there is none, and nothing is left
   */
  send(native: Pick<NativeProducer, 'produceMany'>, onCode: (record: BatchedRecord, code: number) => void): number {
    if (this.count === 0) return OK;
    const before = this.#passed;
    this.#passed = native.produceMany(this.#memory, this.#bytes, before);
    for (let index = before; index < this.#passed; index++) {
      onCode(this.#records[index] as BatchedRecord, this.#codeOf(index));
    }
    if (this.count > 0) return this.#codeOf(this.#passed);
    this.#records.length = 0;
    this.#places.length = 0;
    this.#bytes = 0;
    this.#passed = 0;
    return OK;
  }

  /** Nothing is handed over any more: the memory goes, and what is in it stays counted. */
  release(): void {
    this.#memory = Buffer.alloc(0);
    this.#numbers = new DataView(new ArrayBuffer(0));
  }

  #codeOf(index: number): number {
    return this.#numbers.getInt32(this.#places[index] as number, true);
  }
}
