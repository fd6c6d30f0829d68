// A record as the loop holds it, made of what a poll gave. All that takes time is done here, once: the loop does it while PostgreSQL is
// at work on other records. What was parsed is not kept, since it takes several times the memory of its text.

import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import type { BufferedRecord, MadeRow, TopicPartition } from './pending-batch.ts';
import { type CopySource, copyRowOf } from './postgres/copy-row.ts';
import { type Position, problemOf, type RowSource, rowOf } from './postgres/rows.ts';
import { TABLES, type Table } from './postgres/tables.ts';
import { readRecord, waitingSinceMs } from './record.ts';

type Polled = Pick<ConsumedRecord, 'offset' | 'key' | 'value' | 'timestampMs'>;

/** @param nowMs wall time */
export function bufferedRecord({ topic, partition }: TopicPartition, polled: Polled, nowMs: number): BufferedRecord {
  const { offset, key, value, timestampMs } = polled;
  const sinceMs = waitingSinceMs(timestampMs, nowMs);
  const read = readRecord(topic, value, nowMs);
  const made = read.ok && value !== null ? madeRow(TABLES[topic], { ...read, value }, { partition, offset }) : null;
  const dead = read.ok ? null : { reason: read.reason, detail: read.detail, sending: null };
  return { topic, partition, offset, key, value, timestampMs, sinceMs, made, dead };
}

function madeRow(table: Table, source: RowSource & CopySource, position: Position): MadeRow {
  const { day, envelope } = source;
  try {
    const copyRow = copyRowOf(table, source, position);
    if (copyRow !== null) return { day, copyRow };
    const problem = problemOf(table, envelope, rowOf(table, source, position));
    return problem === null ? { day, copyRow } : { problem };
  } catch (error) {
    // Whatever a record does to the code that reads it, the others go on.
    return { problem: `cannot be made a row: ${String(error)}` };
  }
}
