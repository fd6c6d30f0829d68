// The delivery reports of the native module, out of the one piece of memory in which it hands over those that are there
// (ops/toolchain/kafka-addon/compat/reports.h says how it is laid out).

export type DeliveryReport = {
  readonly topic: string;
  readonly partition: number;
  /** Below 0 when it is not known, as of a record that was not written. */
  readonly offset: number;
  /** librdkafka's code; 0: the record is written. */
  readonly code: number;
  /** The key: so many bytes of the memory of all reports, below 0: it has none. An array of each would cost more than the rest. */
  readonly memory: Uint8Array;
  readonly keyAt: number;
  readonly keyLength: number;
  /** Length of the value. */
  readonly sizeBytes: number;
};

/** The numbers in front of each report. */
const HEAD_BYTES = 28;

/** In the order in which they were made. */
export function unpackReports(packed: Buffer): DeliveryReport[] {
  const numbers = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const reports: DeliveryReport[] = [];
  let topic = '';
  let at = 0;
  while (at < packed.length) {
    const topicLength = numbers.getInt32(at + 16, true);
    const keyLength = numbers.getInt32(at + 20, true);
    const topicAt = at + HEAD_BYTES;
    const keyAt = topicAt + Math.max(0, topicLength);
    const end = keyAt + Math.max(0, keyLength);
    if (topicLength >= 0) topic = packed.toString('utf8', topicAt, keyAt);
    reports.push({
      topic,
      partition: numbers.getInt32(at + 12, true),
      offset: numbers.getFloat64(at, true),
      code: numbers.getInt32(at + 8, true),
      memory: packed,
      keyAt,
      keyLength,
      sizeBytes: numbers.getInt32(at + 24, true),
    });
    at = end;
  }
  return reports;
}
