// Health of the history-writer's parts, and whether it is writing. Pure: reads what the writer and the watch of its group report.

import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import type { GroupWatch } from './kafka/group-watch.ts';
import type { Writer } from './writer.ts';

/** Until the first connections, and the first assignment of partitions. */
export const STARTING_REASONS: ReadonlySet<string> = new Set([
  'consumer_connecting',
  'producer_not_up',
  'not_assigned',
  'unknown',
]);

/** Batches are being written, or there is nothing to write. */
export function isWriting(writer: Writer, { strangers }: GroupWatch): boolean {
  const { assigned, stopping, database, kafka, failures, notRead } = writer.status();
  const reads = assigned && kafka === 'up' && notRead.length === 0 && strangers.length === 0;
  return reads && !stopping && !writer.paused && database === 'connected' && failures === 0;
}

export function kafkaHealth(writer: Writer, { strangers }: GroupWatch, senderUp: boolean): PartHealth {
  const { kafka, assigned, notRead } = writer.status();
  const reasons: string[] = [];
  if (kafka !== 'up') reasons.push(`consumer_${kafka}`);
  if (!senderUp) reasons.push('producer_not_up');
  if (!assigned) reasons.push('not_assigned');
  if (notRead.length > 0) reasons.push('not_reading');
  if (strangers.length > 0) reasons.push('group_shared');
  return partHealth(reasons);
}

export function databaseHealth(writer: Writer): PartHealth {
  const { database } = writer.status();
  return partHealth(database === 'connected' ? [] : [database]);
}

export function writerHealth(writer: Writer): PartHealth {
  const { failures, rejoining, stopping } = writer.status();
  const reasons = [...(failures > 0 ? ['write_failing'] : []), ...(rejoining ? ['partition_taken'] : [])];
  return partHealth(reasons, [...(writer.paused ? ['paused'] : []), ...(stopping ? ['draining'] : [])]);
}
