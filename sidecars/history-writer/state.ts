// Body of GET /state of the history-writer, after the fields that every sidecar has.

import type { HistoryWriterState } from '../../contracts/control/history-writer-state.ts';
import { databaseHostOf } from '../../contracts/database-url.ts';
import type { Sections } from '../../contracts/runtime/process/state/sections.ts';
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

export function stateOf(parts: Parts): Sections<HistoryWriterState> {
  const { config, writer, stats, group } = parts;
  return {
    paused: () => writer.paused,
    draining: () => writer.status().stopping,
    writing: () => isWriting(writer, group),
    lag_ms: () => writer.lagMs(),
    lag_records: () => lagRecords(writer),
    buffered_records: () => writer.status().buffered,
    last_write_at: () => isoTimeOrNull(stats.totals().lastWriteAtMs),
    batches: () => stats.totals().batches,
    rows: () => stats.totals().rows,
    repeated_rows: () => stats.totals().repeated,
    missed_records: () => Number(stats.totals().missedRecords),
    errors() {
      const { errors, lastError, lastErrorAtMs } = stats.totals();
      return { count: errors, last: lastError, last_at: isoTimeOrNull(lastErrorAtMs) };
    },
    database() {
      const { database, databaseProblem } = writer.status();
      return {
        connected: database === 'connected',
        status: database,
        host: databaseHostOf(config.databaseUrl),
        problem: databaseProblem,
      };
    },
    kafka: () => kafkaState(parts),
    topics: () => topicStates(parts),
  };
}

function kafkaState({ config, writer, group }: Parts): HistoryWriterState['kafka'] {
  const { kafka, assigned, kafkaTrouble, notRead } = writer.status();
  return {
    status: kafka,
    assigned,
    group: config.consumerGroup,
    last_trouble: kafkaTrouble,
    strangers: [...group.strangers],
    not_read: notRead.map(({ topic, partition, next }) => ({ topic, partition, offset: next.toString() })),
  };
}

function topicStates({ writer, stats }: Parts): HistoryWriterState['topics'] {
  const status = writer.status();
  const endOf = writer.endOffsets();
  return TOPICS.map(({ name }) => {
    const { records, deadLetters, lastWriteAtMs } = stats.topics[name];
    const partitions = status.partitions.filter(({ topic }) => topic === name);
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
  });
}
