// Makes the parts of the history-writer and connects them: store, writer, dead letters, group watch, counts.

import type { HistoryWriterConfig } from '../../contracts/config/history-writer.ts';
import { groupMembers } from '../../contracts/runtime/kafka/admin/cluster.ts';
import type { SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { isWriting } from './health.ts';
import { clientIdOf } from './kafka/consumer-settings.ts';
import { createDeadLetters } from './kafka/dead-letters.ts';
import { GroupWatch } from './kafka/group-watch.ts';
import { lagRecords } from './lag.ts';
import { Store } from './postgres/store.ts';
import { Writer } from './writer.ts';
import { createWriterStats, type WriterStats } from './writer-stats.ts';

const GROUP_LIMIT_MS = 5000;
/** A batch is bounded by what it takes in memory as well. */
const BATCH_BYTES_MAX = 6 * 1024 * 1024;
/** Longest time that a record waits for others to be written with: four transactions a second at most when little comes. */
const BATCH_WAIT_MS = 250;

export type Parts = {
  readonly config: HistoryWriterConfig;
  readonly store: Store;
  readonly writer: Writer;
  readonly group: GroupWatch;
  readonly stats: WriterStats;
};

/** Opens nothing yet: `writer.run()` and `group.start()` do. */
export function createParts(config: HistoryWriterConfig, base: SidecarBase): Parts {
  const { log, timers, sender } = base;
  const stats = createWriterStats(base.metrics, {
    lagMs: () => writer.lagMs(),
    lagRecords: () => lagRecords(writer),
    buffered: () => writer.status().buffered,
    writing: () => isWriting(writer, group),
  });
  const store = new Store({
    url: config.databaseUrl,
    group: config.consumerGroup,
    owner: base.instanceId,
    topicPrefix: base.topicPrefix,
    timers,
  });
  const writer = new Writer({
    brokers: config.kafkaBrokers,
    kafkaSettings: base.kafkaSettings,
    group: config.consumerGroup,
    clientId: clientIdOf(base.instanceId),
    topicPrefix: base.topicPrefix,
    limits: { recordsMax: config.batchRecords, bytesMax: BATCH_BYTES_MAX, waitMs: BATCH_WAIT_MS },
    store,
    deadLetters: createDeadLetters({ sender, render: base.render, stats, timers, log: log.child('dead-letters') }),
    stats,
    log: log.child('writer'),
    timers,
    fraction: Math.random,
  });
  const where = { brokers: config.kafkaBrokers, extra: base.kafkaSettings, timeoutMs: GROUP_LIMIT_MS };
  const group = new GroupWatch({
    instanceId: base.instanceId,
    members: () => groupMembers(where, config.consumerGroup),
    owners: () => store.owners(),
    timers,
    log: log.child('group'),
  });
  return { config, store, writer, group, stats };
}
