// What the Kafka cluster answered, judged. Pure.

import type { Cluster, TopicRights } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { isDenied } from '../../../contracts/runtime/kafka/denied.ts';
import { batchFix } from '../../../contracts/runtime/kafka/limits/batch-size.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import type { KafkaUser } from '../../../contracts/topics/access.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import type { Drift, WantedTopic } from '../../topics/drift.ts';
import { fail, fatal, type Line, pass, warn } from '../check.ts';

const SLOW_MS = 1000;

export function judgeBrokers(cluster: Cluster, latencyMs: number): Line {
  const { brokers } = cluster;
  const text = `${brokers.length} brokers answer in ${Math.round(latencyMs)} ms`;
  if (brokers.length === 0) return fatal('the cluster names no broker', 'check KAFKA_BROKERS.');
  return latencyMs > SLOW_MS ? warn(text, 'look at the load of the brokers, and at the network.') : pass(text);
}

export type BrokerAddress = { readonly address: string; readonly isReached: boolean };

/** The brokers answered at the address that is configured; records go to and come from the addresses that they name themselves. */
export function judgeAddresses(brokers: readonly BrokerAddress[]): readonly Line[] {
  const isLost = brokers.every(({ isReached }) => !isReached);
  return brokers
    .filter(({ isReached }) => !isReached)
    .map(({ address }) =>
      (isLost ? fatal : fail)(
        `a broker names ${address} to its clients, where nothing answers from here`,
        'correct advertised.listeners of the broker, or the name and the way to it from this machine.',
      ),
    );
}

/** Topics that are declared and do not exist, or that this user is not shown. */
export function judgeTopics(wanted: readonly WantedTopic[], cluster: Cluster): readonly Line[] {
  const there = new Set(cluster.topics.map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !there.has(name));
  if (missing.length === 0) return [pass(`all ${wanted.length} topics exist`)];
  const fix =
    './unrip topics makes them; if they exist, this user lacks rights: contracts/generated/kafka-acls.sh gives them.';
  return missing.map(({ name }) => fail(`the topic ${name} does not exist, or is not shown to this user`, fix));
}

/** A topic that exists, and whose settings Kafka did not give; `code` is Kafka's. */
export type UnreadTopic = { readonly topic: string; readonly code: number; readonly message: string };

/** @param unread what is not compared: without the right to it, that is no fault */
export function judgeDrift(drift: readonly Drift[], unread: readonly UnreadTopic[]): readonly Line[] {
  const fix = "./unrip topics reports what differs; change it with Kafka's own tools.";
  const lines = drift.map(({ topic, what }) => warn(`${topic}: ${what}`, fix));
  const failed = unread
    .filter(({ code }) => !isDenied(code))
    .map(({ topic, message }) => warn(`${topic}: its settings cannot be read: ${message}`, './unrip topics --check'));
  const hidden = unread.length - failed.length;
  const denied = `the settings of ${hidden} topics are not shown to this user, which needs no right to them; ./unrip topics --check compares them`;
  const all = [...lines, ...failed, ...(hidden === 0 ? [] : [pass(denied)])];
  return all.length > 0 ? all : [pass('partitions, retention and copies are as declared')];
}

/** What a topic takes at most, in one batch and so in one record; `settings` are Kafka's. */
export type TopicLimits = { readonly name: string; readonly settings: Readonly<Record<string, string>> };

/**
 * Whether Kafka takes what the producers make: smaller batches cost little, and a record that is larger than a batch may be is lost to
 * Kafka. @param batchBytes at most in one, by KAFKA_CONFIG_JSON
 */
export function judgeBatches(topics: readonly TopicLimits[], batchBytes: number): readonly Line[] {
  return topics.flatMap(({ name, settings }) => {
    const limit = Number(settings['max.message.bytes'] ?? Number.NaN);
    if (limit < RECORD_BYTES_USUAL)
      return [fail(`${name} takes at most ${limit} bytes: larger records become dead letters`, batchFix(name))];
    if (limit < batchBytes)
      return [
        warn(
          `${name} takes at most ${limit} bytes, and the producers make batches of up to ${batchBytes}: they are refused until the producers make smaller ones`,
          batchFix(name),
        ),
      ];
    return [];
  });
}

/** Decisions and results with all that belongs to them are smaller; a large frame of the relay is not. */
const RECORD_BYTES_USUAL = 65_536;

/** @param user whose rights are needed: the one that KAFKA_CONFIG_JSON names is taken for it */
export function judgeRights(rights: readonly TopicRights[], user: KafkaUser): readonly Line[] {
  const fix = `give the user of KAFKA_CONFIG_JSON the rights of unrip-${user.command}: contracts/generated/kafka-acls.sh.`;
  const byTopic = new Map(rights.map((each) => [each.topic, each]));
  const lacking = (topic: string, may: 'mayRead' | 'mayWrite'): boolean => {
    const found = byTopic.get(topic);
    if (found === undefined) return false;
    return found.ok ? !found[may] : isDenied(found.code);
  };
  const lines = [
    ...user.writes
      .filter((topic) => lacking(topic, 'mayWrite'))
      .map((topic) => fail(`no right to write ${topic}`, fix)),
    ...user.reads.filter((topic) => lacking(topic, 'mayRead')).map((topic) => fail(`no right to read ${topic}`, fix)),
  ];
  const needed = new Set<string>([...user.writes, ...user.reads]);
  const unknown = rights.flatMap((each) =>
    each.ok || isDenied(each.code) || !needed.has(each.topic)
      ? []
      : [warn(`the rights on ${each.topic} are not known: ${each.message}`, 'run it again when Kafka is well.')],
  );
  const all = [...lines, ...unknown];
  return all.length > 0 ? all : [pass(`every right of unrip-${user.command} is there`)];
}

/** Not even the end of the topic came: that nobody reports is not known then. */
export function judgeUnread(topic: string, trouble: string | null): Line {
  return fail(
    `nothing can be read from ${topic}${trouble === null ? '' : `: ${trouble}`}`,
    'see that each broker is reached from here with the settings of KAFKA_CONFIG_JSON, and that the partition has a leader.',
  );
}

/** A report that another process published. */
export type FoundReport = {
  readonly report: OpsServiceHealth;
  /** Of the record, by the clock of the machine that published it. */
  readonly timestampMs: number;
};

/** Reports come every five seconds; an older one is of a process that has ended. */
const RECENT_MS = 30_000;
/** A record cannot be from the future; clocks that are kept by NTP are closer than this. */
const AHEAD_MAX_MS = 2000;

/** Versions and clocks of the processes that reported lately. */
export function judgeReports(found: readonly FoundReport[], nowMs: number, version: string): readonly Line[] {
  const newest = new Map<string, FoundReport>();
  for (const each of found) {
    const { instance_id: id } = each.report;
    if (each.timestampMs >= (newest.get(id)?.timestampMs ?? Number.NEGATIVE_INFINITY)) newest.set(id, each);
  }
  const recent = [...newest.values()].filter(({ timestampMs }) => nowMs - timestampMs <= RECENT_MS);
  if (recent.length === 0)
    return [pass('no process has reported in the last 30 s: none runs, or none reaches this Kafka')];
  return recent.flatMap((each) => [versionLine(each, version), ...clockLines(each, nowMs), ...healthLines(each)]);
}

function versionLine({ report }: FoundReport, version: string): Line {
  const text = `${report.service} runs version ${report.version}`;
  return report.version === version
    ? pass(text)
    : warn(
        `${text}, and this is ${version}`,
        'finish the upgrade, history-writer first, then the engine: ops/deploy/README.md, "Upgrade".',
      );
}

function clockLines({ report, timestampMs }: FoundReport, nowMs: number): readonly Line[] {
  const atMs = Math.max(timestampMs, parseIsoTime(report.at) ?? timestampMs);
  const aheadMs = atMs - nowMs;
  if (aheadMs <= AHEAD_MAX_MS) return [];
  return [
    fail(
      `the clock of ${report.service} is at least ${aheadMs} ms ahead of this machine's, by its records in Kafka`,
      'set the clocks of both machines by NTP (timedatectl set-ntp true).',
    ),
  ];
}

function healthLines({ report }: FoundReport): readonly Line[] {
  if (report.healthy) return [];
  return [
    warn(
      `${report.service} is not healthy: ${report.reasons.slice(0, 8).join(', ')}`,
      'look its reasons up in ops/OPERATIONS.md, "Codes".',
    ),
  ];
}
