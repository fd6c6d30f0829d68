// The history-writer's process: every topic of the registry into PostgreSQL. `./unrip history-writer` runs it.
// It waits for Kafka and PostgreSQL when they are away, also at the start, and says so; a database whose schema is not that
// of this checkout is refused by the command before it gets here, and kept away from otherwise.

import type { HistoryWriterConfig } from '../../contracts/config/history-writer.ts';
import { HistoryWriterState } from '../../contracts/control/history-writer-state.ts';
import { Flag, shape } from '../../contracts/control/shapes.ts';
import { databaseHostOf, parseDatabaseUrl } from '../../contracts/database-url.ts';
import { NoBody } from '../../contracts/runtime/control/app.ts';
import { type ActionRoute, actionRoute, type ControlRoute } from '../../contracts/runtime/control/route.ts';
import { groupMembers } from '../../contracts/runtime/kafka/admin.ts';
import { type PartHealth, partHealth } from '../../contracts/runtime/process/health.ts';
import {
  runSidecar,
  type SentRecord,
  type Sidecar,
  type SidecarBase,
} from '../../contracts/runtime/process/run-process.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { createDeadLetters } from './dead-letters.ts';
import { GroupWatch } from './group-watch.ts';
import type { Assigned, Held } from './hand.ts';
import { CLIENT_ID } from './reading.ts';
import { readRecord } from './record.ts';
import { Store } from './store.ts';
import { createTally, type Tally } from './tally.ts';
import { Writer } from './writer.ts';

export type HistoryWriterOptions = {
  readonly config: HistoryWriterConfig;
  readonly version: string;
  /** Before the name of every topic, for tests that share a broker. */
  readonly topicPrefix?: string;
};

const GROUP_LIMIT_MS = 5000;
/** A batch is bounded by what it takes in memory as well. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Longest time that a record waits for others to be written with: ten transactions a second at most when little comes. */
const BATCH_WAIT_MS = 100;

/** Runs until it is told to end; gives the exit code. */
export async function runHistoryWriter(options: HistoryWriterOptions): Promise<number> {
  const { config, version, topicPrefix = '' } = options;
  const database = parseDatabaseUrl(config.databaseUrl);
  const password = database.ok ? database.value.password : null;
  const secrets = password === null ? [] : [password, encodeURIComponent(password)];
  return await runSidecar({ service: 'history-writer', version, config, secrets, topicPrefix }, (base) =>
    assemble(config, base),
  );
}

function assemble(config: HistoryWriterConfig, base: SidecarBase): Sidecar {
  const { log, timers, sender } = base;
  const tally = createTally(base.metrics, {
    lagMs: () => writer.lagMs(),
    lagRecords: () => lagRecords(writer),
    inHand: () => writer.standing().inHand,
    writing: () => isWriting(writer, group),
  });
  const store = new Store({
    url: config.databaseUrl,
    group: config.consumerGroup,
    owner: base.instanceId,
    topicPrefix: base.topicPrefix,
  });
  const writer = new Writer({
    brokers: config.kafkaBrokers,
    kafkaSettings: base.kafkaSettings,
    group: config.consumerGroup,
    topicPrefix: base.topicPrefix,
    limits: { recordsMax: config.batchRecords, bytesMax: BATCH_BYTES_MAX, waitMs: BATCH_WAIT_MS },
    store,
    deadLetters: createDeadLetters({ sender, render: base.render, tally, timers, log: log.child('dead-letters') }),
    tally,
    log: log.child('writer'),
    timers,
    fraction: Math.random,
  });
  const where = { brokers: config.kafkaBrokers, extra: base.kafkaSettings, timeoutMs: GROUP_LIMIT_MS };
  const group = new GroupWatch({
    clientId: CLIENT_ID,
    members: () => groupMembers(where, config.consumerGroup),
    timers,
    log: log.child('group'),
  });
  let running: Promise<void> = Promise.resolve();
  return {
    parts: {
      kafka: () => kafkaHealth(writer, group, sender.isUp()),
      database: () => databaseHealth(writer),
      writer: () => writerHealth(writer),
    },
    startingReasons: STARTING_REASONS,
    writing: () => ({ writing: isWriting(writer, group), lagMs: writer.lagMs() }),
    state: { fields: HistoryWriterState.properties, read: () => stateOf({ config, writer, tally, group }) },
    routes: routesOf(writer, base),
    start() {
      running = writer.run();
      group.start();
    },
    async drain(limitMs) {
      writer.stop();
      group.stop();
      const limit = Promise.withResolvers<void>();
      const stopLimit = timers.after(limitMs, () => {
        const detail = 'not written in time; whoever reads next begins there again';
        log.warn('batch_left', { records: writer.abandon(), detail });
        limit.resolve();
      });
      await Promise.race([running, limit.promise]);
      stopLimit();
    },
    async closing(record) {
      try {
        // Nobody may read it for long: what ends a history is written by the one that ends.
        if (record !== null && !writer.paused) await store.insert([heldOf(record, timers.nowMs())]);
      } catch (error) {
        log.warn('closing_row_not_written', { failure: error, detail: 'the next history-writer finds it in Kafka' });
      }
      await store.close();
    },
  };
}

/** Until the first connections, and the first assignment of partitions. */
const STARTING_REASONS: ReadonlySet<string> = new Set([
  'consumer_connecting',
  'producer_not_up',
  'not_assigned',
  'unknown',
]);

/** A record of this process as if it had been read back from Kafka. */
function heldOf({ topic, key, value, report }: SentRecord, nowMs: number): Held {
  const bytes = new TextEncoder().encode(value);
  const { partition, offset } = report;
  const read = readRecord(topic, bytes, nowMs);
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key,
    value: bytes,
    timestampMs: nowMs,
    sinceMs: nowMs,
    read,
    dead: null,
  };
}

/** Batches are being written, or there is nothing to write. */
function isWriting(writer: Writer, { strangers }: GroupWatch): boolean {
  const { assigned, stopping, database, kafka, failures, notRead } = writer.standing();
  const reads = assigned && kafka === 'up' && notRead.length === 0 && strangers.length === 0;
  return reads && !stopping && !writer.paused && database === 'connected' && failures === 0;
}

function kafkaHealth(writer: Writer, { strangers }: GroupWatch, senderUp: boolean): PartHealth {
  const { kafka, assigned, notRead } = writer.standing();
  const reasons: string[] = [];
  if (kafka !== 'up') reasons.push(`consumer_${kafka}`);
  if (!senderUp) reasons.push('producer_not_up');
  if (!assigned) reasons.push('not_assigned');
  if (notRead.length > 0) reasons.push('not_reading');
  if (strangers.length > 0) reasons.push('group_shared');
  return partHealth(reasons);
}

function databaseHealth(writer: Writer): PartHealth {
  const { database } = writer.standing();
  return partHealth(database === 'connected' ? [] : [database]);
}

function writerHealth(writer: Writer): PartHealth {
  const { failures, rejoining, stopping } = writer.standing();
  const reasons = [...(failures > 0 ? ['write_failing'] : []), ...(rejoining ? ['partition_taken'] : [])];
  return partHealth(reasons, [...(writer.paused ? ['paused'] : []), ...(stopping ? ['draining'] : [])]);
}

/** Records that are in Kafka and not in PostgreSQL, over all partitions; null when one of them is not known. */
function lagRecords(writer: Writer): number | null {
  const { assigned, partitions } = writer.standing();
  if (!assigned) return null;
  const endOf = writer.ends();
  let total = 0n;
  for (const place of partitions) {
    const end = endOf(place);
    if (end === null) return null;
    total += unwritten(place, end);
  }
  return Number(total);
}

/** Offsets that are known to have no record are none. */
const unwritten = ({ held, next }: Assigned, end: bigint): bigint => BigInt(held) + (end > next ? end - next : 0n);

type Stated = {
  readonly config: HistoryWriterConfig;
  readonly writer: Writer;
  readonly tally: Tally;
  readonly group: GroupWatch;
};

function stateOf({ config, writer, tally, group }: Stated): HistoryWriterState {
  const standing = writer.standing();
  const totals = tally.totals();
  const endOf = writer.ends();
  return {
    paused: writer.paused,
    draining: standing.stopping,
    writing: isWriting(writer, group),
    lag_ms: writer.lagMs(),
    lag_records: lagRecords(writer),
    in_hand_records: standing.inHand,
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
      const { records, deadLetters, lastWriteAtMs } = tally.topics[name];
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
            next_offset: place.written.toString(),
            end_offset: end?.toString() ?? null,
            lag_records: lag?.toString() ?? null,
          };
        }),
      };
    }),
  };
}

const Paused = shape({ paused: Flag });
const Draining = shape({ draining: Flag });

function routesOf(writer: Writer, base: SidecarBase): ControlRoute[] {
  const setPaused = (action: string, summary: string, paused: boolean): ActionRoute =>
    actionRoute({
      method: 'POST',
      path: `/${action}`,
      part: 'history-writer',
      action,
      summary,
      body: NoBody,
      bodyOptional: true,
      urgent: paused,
      from: Paused,
      to: Paused,
      act: () => {
        const from = writer.paused;
        writer.paused = paused;
        return { ok: true, from: { paused: from }, to: { paused } };
      },
    });
  return [
    setPaused('pause', 'Write nothing until resumed; offsets stay where they are', true),
    setPaused('resume', 'Write again', false),
    actionRoute({
      method: 'POST',
      path: '/drain',
      part: 'history-writer',
      action: 'drain',
      summary: 'Finish the batch in hand, leave the group, end the process',
      body: NoBody,
      bodyOptional: true,
      urgent: true,
      status: 202,
      from: Draining,
      to: Draining,
      act: (_body, caller) => ({
        ok: true,
        from: { draining: writer.standing().stopping },
        to: { draining: true },
        afterwards: () => base.requestEnd(`drain by ${caller.actor}`),
      }),
    }),
  ];
}
