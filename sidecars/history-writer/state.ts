// Body of GET /state of the history-writer, after the fields that every sidecar has.

import type { HistoryWriterState } from '../../contracts/control/history-writer-state.ts';
import { databaseHostOf } from '../../contracts/database-url.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { isWriting } from './health.ts';
import { lagRecords, unwritten } from './lag.ts';
import type { Parts } from './parts.ts';

/** Behind by so much, its rows are no longer what is happening. */
const STALE_LAG_MS = 30_000;

/** What it reads, whether it can, and whether the tables are up to date. */
export function answersOf({ config, writer, stats, group }: Parts) {
  const { kafka, database, assigned } = writer.status();
  const lagMs = writer.lagMs();
  return {
    connected: kafka === 'up' && database === 'connected',
    input: assigned ? `Kafka, consumer group ${config.consumerGroup}` : null,
    last_success_at: isoTimeOrNull(stats.totals().lastWriteAtMs),
    freshness:
      lagMs === null ? 'unknown' : lagMs > STALE_LAG_MS || !isWriting(writer, group) ? 'stale' : 'authoritative',
  } as const;
}

export function stateOf({ config, writer, stats, group }: Parts): HistoryWriterState {
  const standing = writer.status();
  const totals = stats.totals();
  const endOf = writer.endOffsets();
  return {
    paused: writer.paused,
    draining: standing.stopping,
    writing: isWriting(writer, group),
    lag_ms: writer.lagMs(),
    lag_records: lagRecords(writer),
    buffered_records: standing.buffered,
    last_write_at: isoTimeOrNull(totals.lastWriteAtMs),
    batches: totals.batches,
    rows: totals.rows,
    repeated_rows: totals.repeated,
    missed_records: Number(totals.missedRecords),
    errors: { count: totals.errors, last: totals.lastError, last_at: isoTimeOrNull(totals.lastErrorAtMs) },
    database: {
      connected: standing.database === 'connected',
      status: standing.database,
      host: databaseHostOf(config.databaseUrl),
      problem: standing.databaseProblem,
    },
    kafka: {
      status: standing.kafka,
      assigned: standing.assigned,
      group: config.consumerGroup,
      last_trouble: standing.kafkaTrouble,
      strangers: [...group.strangers],
      not_read: standing.notRead.map(({ topic, partition, next }) => ({ topic, partition, offset: next.toString() })),
    },
    topics: TOPICS.map(({ name }) => {
      const { records, deadLetters, lastWriteAtMs } = stats.topics[name];
      const partitions = standing.partitions.filter(({ topic }) => topic === name);
      return {
        topic: name,
        records,
        dead_letters: deadLetters,
        last_write_at: isoTimeOrNull(lastWriteAtMs),
        partitions: partitions.map((place) => {
          const end = endOf(place);
          const lag = end === null ? null : unwritten(place, end);
          return {
            partition: place.partition,
            persisted_offset: place.written > 0n ? (place.written - 1n).toString() : null,
            next_offset: place.written.toString(),
            end_offset: end?.toString() ?? null,
            lag_records: lag?.toString() ?? null,
          };
        }),
      };
    }),
  };
}
