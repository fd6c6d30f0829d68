// For tests only: records in the memory in which the native module hands them over.

import type { ConsumedRecord } from './record.ts';

export function packRecords(records: readonly ConsumedRecord[]): Buffer {
  let last = '';
  const parts = records.flatMap(({ topic, partition, offset, key, value, timestampMs }) => {
    const head = Buffer.alloc(32);
    head.writeDoubleLE(Number(offset), 0);
    head.writeDoubleLE(timestampMs, 8);
    head.writeInt32LE(partition, 16);
    head.writeInt32LE(topic === last ? -1 : Buffer.byteLength(topic), 20);
    head.writeInt32LE(key === null ? -1 : Buffer.byteLength(key), 24);
    head.writeInt32LE(value === null ? -1 : value.length, 28);
    const name = topic === last ? '' : topic;
    last = topic;
    return [head, Buffer.from(name), Buffer.from(key ?? ''), value ?? Buffer.alloc(0)];
  });
  return Buffer.concat(parts);
}
