// What the writer has done since its start, counted by topic: for /state and /metrics.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DeadLetterReason } from '../../contracts/reasons.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import type { BufferedRecord, OffsetNote } from './pending-batch.ts';

type TopicStats = {
  records: number;
  deadLetters: number;
  lastWriteAtMs: number | null;
};

type WrittenBatch = {
  readonly rows: number;
  readonly repeated: number;
  readonly nowMs: number;
  /** How long the write took. */
  readonly seconds: number;
};

export type WriterStats = {
  readonly topics: Readonly<Record<TopicName, TopicStats>>;
  totals(): {
    readonly batches: number;
    readonly rows: number;
    readonly repeated: number;
    readonly errors: number;
    readonly lastError: string | null;
    readonly lastErrorAtMs: number | null;
    readonly lastWriteAtMs: number | null;
    readonly missedRecords: bigint;
  };
  written(held: readonly BufferedRecord[], batch: WrittenBatch): void;
  /** A partition was taken over to which somebody, or this process before it ended, wrote at that time. */
  writtenBefore(topic: TopicName, atMs: number): void;
  deadLettered(topic: TopicName, reason: DeadLetterReason): void;
  failed(message: string, nowMs: number): void;
  offsetNoted(note: OffsetNote): void;
};

export type Gauges = {
  readonly lagMs: () => number | null;
  readonly lagRecords: () => number | null;
  readonly buffered: () => number;
  readonly writing: () => boolean;
};

function createCounters(registry: Registry) {
  const registers = [registry];
  return {
    records: new Counter({
      name: 'unrip_history_records_total',
      help: 'records written to PostgreSQL or turned into dead letters',
      labelNames: ['topic'],
      registers,
    }),
    rows: new Counter({ name: 'unrip_history_rows_total', help: 'rows written', registers }),
    repeats: new Counter({
      name: 'unrip_history_repeats_total',
      help: 'records that PostgreSQL already had',
      registers,
    }),
    deadLetters: new Counter({
      name: 'unrip_history_dead_letters_total',
      help: 'records that could not be written, by topic and reason',
      labelNames: ['topic', 'reason'],
      registers,
    }),
    errors: new Counter({
      name: 'unrip_history_write_errors_total',
      help: 'failed attempts to write a batch',
      registers,
    }),
    missed: new Counter({
      name: 'unrip_history_missed_records_total',
      help: 'offsets whose records Kafka had deleted before they could be written',
      labelNames: ['topic'],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'unrip_history_batch_seconds',
      help: 'time taken to write a batch to PostgreSQL',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
  };
}

function registerGauges(registry: Registry, gauges: Gauges): void {
  const registers = [registry];
  const gauge = (name: string, help: string, collect: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(collect());
      },
    });
  };
  gauge('unrip_history_lag_seconds', 'age of the oldest record not yet written; NaN: unknown', () => {
    const lagMs = gauges.lagMs();
    return lagMs === null ? Number.NaN : lagMs / 1000;
  });
  gauge('unrip_history_lag_records', 'records not yet written; NaN: unknown', () => gauges.lagRecords() ?? Number.NaN);
  gauge('unrip_history_buffered_records', 'records read and not yet written', gauges.buffered);
  gauge('unrip_history_writing', '1 while records are being written or there is nothing to write', () =>
    gauges.writing() ? 1 : 0,
  );
}

export function createWriterStats(registry: Registry, gauges: Gauges): WriterStats {
  const counters = createCounters(registry);
  registerGauges(registry, gauges);
  const topics = Object.fromEntries(
    TOPICS.map(({ name }) => [name, { records: 0, deadLetters: 0, lastWriteAtMs: null } satisfies TopicStats]),
  ) as Record<TopicName, TopicStats>;
  // A counter that appears with its first loss shows Prometheus no increase.
  for (const { name: topic } of TOPICS) counters.missed.inc({ topic }, 0);
  let batches = 0;
  let rows = 0;
  let repeated = 0;
  let errors = 0;
  let lastError: string | null = null;
  let lastErrorAtMs: number | null = null;
  let lastWriteAtMs: number | null = null;
  let missedRecords = 0n;

  return {
    topics,
    totals: () => ({ batches, rows, repeated, errors, lastError, lastErrorAtMs, lastWriteAtMs, missedRecords }),
    written(held, batch) {
      const byTopic = new Map<TopicName, number>();
      for (const { topic } of held) byTopic.set(topic, (byTopic.get(topic) ?? 0) + 1);
      for (const [topic, count] of byTopic) {
        const stats = topics[topic];
        stats.records += count;
        stats.lastWriteAtMs = batch.nowMs;
        counters.records.inc({ topic }, count);
      }
      batches++;
      rows += batch.rows;
      repeated += batch.repeated;
      lastWriteAtMs = batch.nowMs;
      counters.rows.inc(batch.rows);
      counters.repeats.inc(batch.repeated);
      counters.batchSeconds.observe(batch.seconds);
    },
    writtenBefore(topic, atMs) {
      const stats = topics[topic];
      stats.lastWriteAtMs = Math.max(stats.lastWriteAtMs ?? atMs, atMs);
    },
    deadLettered(topic, reason) {
      topics[topic].deadLetters++;
      counters.deadLetters.inc({ topic, reason });
    },
    failed(message, nowMs) {
      errors++;
      lastError = message;
      lastErrorAtMs = nowMs;
      counters.errors.inc();
    },
    offsetNoted({ topic, missed }) {
      missedRecords += missed;
      counters.missed.inc({ topic }, Number(missed));
    },
  };
}
