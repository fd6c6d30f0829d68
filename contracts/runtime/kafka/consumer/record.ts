// A record as our consumers see it, and the records of a poll out of the one piece of memory in which the native module hands them over
// (ops/toolchain/kafka-addon/compat/records.h says how it is laid out).

/** `offset` as Kafka counts; `timestampMs` is the producer's, milliseconds since the epoch; null value: a tombstone. */
export type ConsumedRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  /** A part of the memory of its poll, all of which it keeps. */
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
};

/** The numbers in front of each record. */
const HEAD_BYTES = 32;

/** In the order in which they were read. */
export function unpackRecords(packed: Buffer): ConsumedRecord[] {
  const numbers = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const records: ConsumedRecord[] = [];
  let topic = '';
  let at = 0;
  while (at < packed.length) {
    const topicLength = numbers.getInt32(at + 20, true);
    const keyLength = numbers.getInt32(at + 24, true);
    const valueLength = numbers.getInt32(at + 28, true);
    const topicAt = at + HEAD_BYTES;
    const keyAt = topicAt + Math.max(0, topicLength);
    const valueAt = keyAt + Math.max(0, keyLength);
    const end = valueAt + Math.max(0, valueLength);
    if (topicLength >= 0) topic = packed.toString('utf8', topicAt, keyAt);
    records.push({
      topic,
      partition: numbers.getInt32(at + 16, true),
      offset: BigInt(numbers.getFloat64(at, true)),
      key: keyLength < 0 ? null : packed.toString('utf8', keyAt, valueAt),
      value: valueLength < 0 ? null : packed.subarray(valueAt, end),
      timestampMs: numbers.getFloat64(at + 8, true),
    });
    at = end;
  }
  return records;
}
