// The Kafka cluster as the engine's user sees it: brokers, topics with their settings, rights, and what the processes report there.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../../../contracts/envelope.ts';
import { readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { type Cluster, describeCluster, topicRights } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { describeTopics } from '../../../contracts/runtime/kafka/admin/topic-settings.ts';
import { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import { batchLimitsOf } from '../../../contracts/runtime/kafka/limits/batch-size.ts';
import { KAFKA_USERS } from '../../../contracts/topics/access.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import { TOPICS, topicOf } from '../../../contracts/topics/registry.ts';
import { compareTopics, replicasFor, wantedTopics } from '../../topics/drift.ts';
import { foundTopics } from '../../topics/found.ts';
import type { Category, Line } from '../check.ts';
import type { Context } from '../context.ts';
import {
  type FoundReport,
  judgeAddresses,
  judgeBatches,
  judgeBrokers,
  judgeDrift,
  judgeReports,
  judgeRights,
  judgeTopics,
  judgeUnread,
} from '../judge/kafka.ts';
import { isAnswered } from './world.ts';

const LIMIT_MS = 4000;
const CHECK_LIMIT_MS = 7000;
const BROKERS_FIX = 'start Kafka, or correct KAFKA_BROKERS and KAFKA_CONFIG_JSON.';
/** The five processes report every five seconds: some minutes of them. */
const REPORTS_READ = 200;
const CONNECT_LIMIT_MS = 3000;
/** Polls that may give nothing before the end is taken to be reached. */
const EMPTY_POLLS = 8;

const HEALTH_TOPIC = 'ops.service_health';
const healthRecord = TypeCompiler.Compile(topicOf(HEALTH_TOPIC).readerSchema);

const ENGINE_USER = KAFKA_USERS.find(({ command }) => command === 'engine');

export function kafkaCategory({ settings, clock, version }: Context): Category {
  const { config, kafka } = settings;
  const admin = { brokers: config.kafkaBrokers, extra: kafka, timeoutMs: LIMIT_MS };
  let cluster: Cluster = { brokers: [], topics: [] };
  const wanted = () => wantedTopics(TOPICS, replicasFor(cluster.brokers.length));
  const names = () => {
    const there = new Set(cluster.topics.map(({ name }) => name));
    return TOPICS.map(({ name }) => name).filter((name) => there.has(name));
  };

  const driftLines = (): readonly Line[] => {
    const described = describeTopics(admin, names());
    const found = foundTopics(cluster, described);
    const known = new Set(found.map(({ name }) => name));
    const unread = described.flatMap((topic) => (topic.ok ? [] : [topic]));
    const drift = compareTopics(
      wanted().filter(({ name }) => known.has(name)),
      found,
    );
    return [...judgeDrift(drift, unread), ...judgeBatches(found, batchLimitsOf(kafka).bytes)];
  };

  return {
    name: 'kafka',
    checks: [
      {
        name: 'brokers',
        fix: BROKERS_FIX,
        limitMs: CHECK_LIMIT_MS + CONNECT_LIMIT_MS,
        async run() {
          const beganUs = clock.elapsedUs();
          cluster = await describeCluster(admin);
          const answered = judgeBrokers(cluster, (clock.elapsedUs() - beganUs) / 1000);
          const reached = cluster.brokers.map(async (broker) => ({
            address: `${broker.host}:${broker.port}`,
            isReached: await isAnswered(broker.host, broker.port, CONNECT_LIMIT_MS),
          }));
          return [answered, ...judgeAddresses(await Promise.all(reached))];
        },
      },
      { name: 'topics', fix: './unrip topics', run: () => judgeTopics(wanted(), cluster) },
      { name: 'settings', fix: './unrip topics --check', limitMs: CHECK_LIMIT_MS, run: driftLines },
      {
        name: 'rights',
        fix: 'contracts/generated/kafka-acls.sh gives the rights.',
        async run() {
          if (ENGINE_USER === undefined) return [];
          return judgeRights(await topicRights(admin, names()), ENGINE_USER);
        },
      },
      {
        name: 'processes',
        fix: './unrip topics',
        limitMs: CHECK_LIMIT_MS,
        async run() {
          if (!names().includes(HEALTH_TOPIC)) return judgeReports([], clock.nowMs(), version);
          const { reports, isRead, trouble } = await readReports(config.kafkaBrokers, kafka);
          if (!isRead) return [judgeUnread(HEALTH_TOPIC, trouble)];
          return judgeReports(reports, clock.nowMs(), version);
        },
      },
    ],
  };
}

type ReadReports = {
  readonly reports: readonly FoundReport[];
  /** The end of the topic is known, or something came. */
  readonly isRead: boolean;
  readonly trouble: string | null;
};

async function readReports(brokers: string, extra: Context['settings']['kafka']): Promise<ReadReports> {
  let trouble: string | null = null;
  const reader = openReader({
    brokers,
    // The group that a client without one looks up is named after it: the engine's rights cover this one.
    clientId: 'unrip-engine-ops',
    topics: [HEALTH_TOPIC],
    extra,
    startAt: () => ({ last: REPORTS_READ }),
    onTrouble: (_code, message) => {
      trouble = message;
    },
  });
  try {
    await reader.connect(CONNECT_LIMIT_MS);
    const reports: FoundReport[] = [];
    let hasRecords = false;
    for (let empty = 0; empty < EMPTY_POLLS && reports.length < REPORTS_READ; ) {
      const records = await reader.poll(REPORTS_READ);
      if (records.length === 0) empty += 1;
      else hasRecords = true;
      for (const { value, timestampMs } of records) {
        const report = reportIn(value);
        if (report !== null) reports.push({ report, timestampMs });
      }
      if (reader.lag().every(({ lag }) => lag === 0n)) break;
    }
    const isRead = hasRecords || reader.lag().every(({ endOffset }) => endOffset !== null);
    return { reports, isRead, trouble };
  } finally {
    await reader.close();
  }
}

function reportIn(value: Uint8Array | null): OpsServiceHealth | null {
  if (value === null) return null;
  const read = readJson(new TextDecoder().decode(value), SMALL_JSON);
  if (!read.ok || !healthRecord.Check(read.value)) return null;
  return (read.value as Envelope<OpsServiceHealth>).payload;
}
