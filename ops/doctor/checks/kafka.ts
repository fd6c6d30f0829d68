// The Kafka cluster as the engine's user sees it: brokers, topics with their settings, rights, and what the processes report there.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../../../contracts/envelope.ts';
import { readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { type Cluster, describeCluster, topicRights } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { describeTopics } from '../../../contracts/runtime/kafka/admin/topic-settings.ts';
import { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import { KAFKA_USERS } from '../../../contracts/topics/access.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import { TOPICS, topicOf } from '../../../contracts/topics/registry.ts';
import { compareTopics, replicasFor, wantedTopics } from '../../topics/drift.ts';
import { foundTopics } from '../../topics/found.ts';
import type { Category, Line } from '../check.ts';
import type { Context } from '../context.ts';
import { type FoundReport, judgeBrokers, judgeDrift, judgeReports, judgeRights, judgeTopics } from '../judge/kafka.ts';

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
    return judgeDrift(
      compareTopics(
        wanted().filter(({ name }) => known.has(name)),
        found,
      ),
      unread,
    );
  };

  return {
    name: 'kafka',
    checks: [
      {
        name: 'brokers',
        fix: BROKERS_FIX,
        async run() {
          const beganUs = clock.elapsedUs();
          cluster = await describeCluster(admin);
          return [judgeBrokers(cluster, (clock.elapsedUs() - beganUs) / 1000)];
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
          const found = await readReports(config.kafkaBrokers, kafka);
          return judgeReports(found, clock.nowMs(), version);
        },
      },
    ],
  };
}

async function readReports(brokers: string, extra: Context['settings']['kafka']): Promise<readonly FoundReport[]> {
  const reader = openReader({
    brokers,
    // The group that a client without one looks up is named after it: the engine's rights cover this one.
    clientId: 'unrip-engine-ops',
    topics: [HEALTH_TOPIC],
    extra,
    startAt: () => ({ last: REPORTS_READ }),
    onTrouble: () => {},
  });
  try {
    await reader.connect(CONNECT_LIMIT_MS);
    const found: FoundReport[] = [];
    for (let empty = 0; empty < EMPTY_POLLS && found.length < REPORTS_READ; ) {
      const records = await reader.poll(REPORTS_READ);
      if (records.length === 0) empty += 1;
      for (const { value, timestampMs } of records) {
        const report = reportIn(value);
        if (report !== null) found.push({ report, timestampMs });
      }
      if (reader.lag().every(({ lag }) => lag === 0n)) break;
    }
    return found;
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
