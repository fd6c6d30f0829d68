// For tests only: delivery reports in the memory in which the native module hands them over.

import type { DeliveryReport } from './reports.ts';

export type PackedReport = Omit<DeliveryReport, 'memory' | 'keyAt' | 'keyLength'> & { readonly key: Uint8Array | null };

export function packReports(reports: readonly PackedReport[]): Buffer {
  let last: string | null = null;
  const parts = reports.flatMap(({ topic, partition, offset, code, key, sizeBytes }) => {
    const head = Buffer.alloc(28);
    head.writeDoubleLE(offset, 0);
    head.writeInt32LE(code, 8);
    head.writeInt32LE(partition, 12);
    head.writeInt32LE(topic === last ? -1 : Buffer.byteLength(topic), 16);
    head.writeInt32LE(key === null ? -1 : key.length, 20);
    head.writeInt32LE(sizeBytes, 24);
    const name = topic === last ? '' : topic;
    last = topic;
    return [head, Buffer.from(name), key ?? Buffer.alloc(0)];
  });
  return Buffer.concat(parts);
}
