// How many records are in Kafka and not in PostgreSQL. Pure.

import type { Assigned } from './pending-batch.ts';
import type { Writer } from './writer.ts';

/** Records that are in Kafka and not in PostgreSQL, over all partitions; null when one of them is not known. */
export function lagRecords(writer: Writer): number | null {
  const { assigned, partitions } = writer.status();
  if (!assigned) return null;
  const endOf = writer.endOffsets();
  let total = 0n;
  for (const place of partitions) {
    const end = endOf(place);
    if (end === null) return null;
    total += unwritten(place, end);
  }
  return Number(total);
}

/** Offsets that are known to have no record are none. */
export const unwritten = ({ held, next }: Assigned, end: bigint): bigint =>
  BigInt(held) + (end > next ? end - next : 0n);
