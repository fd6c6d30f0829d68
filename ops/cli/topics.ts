// `./unrip topics`: makes the Kafka topics of the registry that are missing and tells where existing ones differ from it.
// What differs is never changed here: more partitions move keys, a shorter retention deletes, so that a person decides.

import { parseArgs } from 'node:util';
import { kafkaVariables } from '../../contracts/config/shared.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { createTopics, describeCluster } from '../../contracts/runtime/kafka/admin/cluster.ts';
import type { AdminOptions } from '../../contracts/runtime/kafka/admin/session.ts';
import { describeTopics } from '../../contracts/runtime/kafka/admin/topic-settings.ts';
import { isDenied } from '../../contracts/runtime/kafka/denied.ts';
import { checkKafkaSettings } from '../../contracts/runtime/kafka/settings.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import {
  compareTopics,
  type DeclaredTopic,
  type FoundTopic,
  replicasFor,
  type WantedTopic,
  wantedTopics,
} from '../topics/drift.ts';
import { foundTopics } from '../topics/found.ts';
import type { Command } from './command.ts';

const VARIABLES = kafkaVariables;
const TIMEOUT_MS = 15_000;
const METADATA_PAUSE_MS = 100;

const HELP = `./unrip topics [--check | --allow-drift] [--replication-factor N]

Creates missing Kafka topics and reports drift of existing ones: partitions, retention, cleanup policy, replicas. Existing
topics are never changed. Exit code 0 when all topics are as declared, 1 on drift.

  --check                  create nothing; a missing topic counts as drift
  --allow-drift            report drift, and end with 0 all the same: for jobs that a start waits for
  --replication-factor N   replicas of each partition (default: 3, or the number of brokers if that is lower)

${helpText(VARIABLES)}`;

export const command: Command = {
  name: 'topics',
  summary: 'create missing Kafka topics, report drift',
  help: HELP,
  run,
};

type Request = {
  readonly check: boolean;
  readonly replicas: number | null;
  /** Topics of an earlier version have other settings, with which every process works. */
  readonly allowDrift?: boolean;
};

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip topics: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const admin = adminOptions();
  if (admin === null) return EXIT.config;
  // Nothing else is seen until a broker answers.
  const seconds = admin.timeoutMs / 1000;
  process.stderr.write(`unrip topics: waiting for Kafka at ${admin.brokers} (KAFKA_BROKERS), at most ${seconds} s\n`);
  return await bringUp(admin, { request, topics: TOPICS, say: (line) => process.stdout.write(`${line}\n`) });
}

/** The request, or what is wrong with it. */
export function parse(args: readonly string[]): Request | string {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const options = { check: flag, 'allow-drift': flag, 'replication-factor': { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const given = values['replication-factor'];
    if (given !== undefined && !/^[1-9]\d?$/.test(given)) {
      return `--replication-factor ${given}: a whole number from 1 to 99`;
    }
    const allowDrift = values['allow-drift'];
    if (values.check && allowDrift) return '--check is about drift: it goes without --allow-drift';
    return { check: values.check, replicas: given === undefined ? null : Number(given), allowDrift };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function adminOptions(): AdminOptions | null {
  const loaded = loadConfig(VARIABLES, { env: process.env, directory: process.cwd() });
  for (const warning of loaded.warnings) process.stderr.write(`unrip topics: ${warning}\n`);
  if (!loaded.ok) {
    process.stderr.write(renderProblems('unrip topics', loaded.problems));
    return null;
  }
  const extra = checkKafkaSettings(loaded.config.kafkaConfig);
  if (!extra.ok) {
    const fix = 'remove that setting.';
    const problem = { variable: 'KAFKA_CONFIG_JSON', problem: extra.reason, shape: null, fix };
    process.stderr.write(renderProblems('unrip topics', [problem]));
    return null;
  }
  return { brokers: loaded.config.kafkaBrokers, extra: extra.settings, timeoutMs: TIMEOUT_MS };
}

type BringUpOptions = {
  readonly request: Request;
  readonly topics: readonly DeclaredTopic[];
  readonly say: (line: string) => void;
};

/** Makes and compares; also what other commands and tests call. */
export async function bringUp(admin: AdminOptions, { request, topics, say }: BringUpOptions): Promise<ExitCode> {
  const cluster = await describeCluster(admin);
  const wanted = wantedTopics(topics, request.replicas ?? replicasFor(cluster.brokers.length));
  const there = new Set(cluster.topics.map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !there.has(name));
  let refused = 0;
  if (!request.check && missing.length > 0) {
    for (const made of await createTopics(admin, missing)) {
      if (made.outcome === 'refused') {
        refused++;
        say(`refused: ${made.name}: ${made.message} (${made.code})`);
      } else {
        there.add(made.name);
        say(`${made.outcome === 'created' ? 'created' : 'existed'}: ${made.name}`);
      }
    }
  }
  const drift = compareTopics(
    wanted,
    await findTopics(
      admin,
      wanted,
      wanted.map(({ name }) => name).filter((name) => there.has(name)),
    ),
  );
  for (const { topic, what } of drift) say(`drift: ${topic}: ${what}`);
  const said = drift.length === 0 ? 'as declared' : `${drift.length} differences from what is declared`;
  say(`${wanted.length} topics on ${admin.brokers}: ${said}`);
  const isDriftFine = drift.length === 0 || request.allowDrift === true;
  return isDriftFine && refused === 0 ? EXIT.ok : EXIT.failure;
}

/**
 * A broker tells of a topic some time after it was made, so that those of `known` are waited for. Throws at once when it refuses to
 * tell: waiting would not help, and each try makes a client of its own.
 */
async function findTopics(
  admin: AdminOptions,
  wanted: readonly WantedTopic[],
  known: readonly string[],
): Promise<FoundTopic[]> {
  const endsAtMs = performance.now() + admin.timeoutMs;
  for (;;) {
    const cluster = await describeCluster(admin);
    const there = new Set(cluster.topics.map(({ name }) => name));
    const names = wanted.map(({ name }) => name).filter((name) => there.has(name));
    const described = describeTopics(admin, names);
    const found = foundTopics(cluster, described);
    const refused = described.find((topic) => !topic.ok && isDenied(topic.code));
    if (refused?.ok === false) throw new Error(refusalOf(refused));
    const listed = new Set(found.map(({ name }) => name));
    if (known.every((name) => listed.has(name)) || performance.now() >= endsAtMs) return found;
    await Bun.sleep(METADATA_PAUSE_MS);
  }
}

const refusalOf = ({ topic, code, message }: { topic: string; code: number; message: string }): string =>
  `Kafka does not give the settings of ${topic}: ${message} (${code}). The user of KAFKA_CONFIG_JSON needs DescribeConfigs on topics: ` +
  'see the rights of each user in ops/OPERATIONS.md.';
