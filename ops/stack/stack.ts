// A real Kafka and a real PostgreSQL for one directory: up, down, status.
// Both start at once and outlive the caller; `ensureStack` is idempotent, whatever ended the last run. Starts and stops
// of one directory are serialised by a lock; different directories share nothing but the fetched programs.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stackFiles } from './directory.ts';
import { ensureKafka, kafkaStatus, stopKafka } from './kafka/kafka.ts';
import { ensureMemoryBroker, memoryBrokerStatus, stopMemoryBroker } from './kafka/memory.ts';
import { KafkaUnavailable } from './kafka/programs.ts';
import { withLock } from './lock.ts';
import { ensurePostgres, postgresStatus, stopPostgres } from './postgres/postgres.ts';
import { type DatabaseUrls, urlsOf } from './postgres/roles.ts';
import { removePlace } from './server-place.ts';

/** Longest wait for another command on the same directory; a first start may fetch and install much. */
const LOCK_LIMIT_MS = 900_000;

export type KafkaKind = 'kafka' | 'memory';

export type Stack = {
  readonly dir: string;
  /** `host:port`, as Kafka clients take it. */
  readonly kafkaBrokers: string;
  readonly kafkaVersion: string;
  /** `memory`: librdkafka's stand-in, which forgets all and cannot be asked to make topics; see memory-broker.ts. */
  readonly kafkaKind: KafkaKind;
  /** As who may make databases. With its password, as those below: never for a log or a screen without masking. */
  readonly adminUrl: string;
  /** The stack's own database, as its roles. */
  readonly database: DatabaseUrls;
  readonly postgresVersion: string;
};

export type StackOptions = {
  readonly progress: (line: string) => void;
  readonly kafkaPort?: number | undefined;
  readonly postgresPort?: number | undefined;
  /** Take librdkafka's in-memory broker where no real Kafka can be had; for a demo only, and said loudly. */
  readonly allowMemoryBroker?: boolean;
};

/** What could be brought up; a part that could not carries why. */
export type StackParts = {
  readonly kafka: { readonly brokers: string; readonly version: string; readonly kind: KafkaKind } | Error;
  readonly postgres: { readonly adminUrl: string; readonly version: string } | Error;
};

export type StackStatus = {
  readonly dir: string;
  readonly kafka: PartStatus & { readonly kind: KafkaKind };
  readonly postgres: PartStatus;
};
export type PartStatus = { readonly up: boolean; readonly pid: number | null; readonly port: number | null };

/** Brings both up and waits until they answer; fails with what is wrong with either, leaving the other one up. */
export async function ensureStack(dir: string, options: StackOptions): Promise<Stack> {
  const { kafka, postgres } = await ensureParts(dir, options);
  const faults = [kafka, postgres].filter((part) => part instanceof Error);
  if (kafka instanceof Error || postgres instanceof Error) {
    throw new Error(faults.map((fault) => fault.message).join('\n'), { cause: faults[0] });
  }
  return {
    dir: resolve(dir),
    kafkaBrokers: kafka.brokers,
    kafkaVersion: kafka.version,
    kafkaKind: kafka.kind,
    adminUrl: postgres.adminUrl,
    database: urlsOf(postgres.adminUrl),
    postgresVersion: postgres.version,
  };
}

/** Brings up what can be; for callers that can use one of the two alone. */
export async function ensureParts(dir: string, options: StackOptions): Promise<StackParts> {
  const { progress, postgresPort } = options;
  return await locked(dir, progress, async () => {
    const files = stackFiles(resolve(dir));
    const [kafka, postgres] = await Promise.all([
      ensureBroker(files, options).catch(asError),
      ensurePostgres(files.postgres, { progress, ...portOption(postgresPort) }).catch(asError),
    ]);
    writeEnvironment(files.env, { kafka, postgres });
    return { kafka, postgres };
  });
}

async function ensureBroker(files: ReturnType<typeof stackFiles>, options: StackOptions) {
  const { progress, kafkaPort } = options;
  try {
    const kafka = await ensureKafka(files.kafka, { progress, ...portOption(kafkaPort) });
    await stopMemoryBroker(files.memoryBroker);
    return { ...kafka, kind: 'kafka' as const };
  } catch (error) {
    if (!(error instanceof KafkaUnavailable) || options.allowMemoryBroker !== true) throw error;
    progress(`NO REAL KAFKA: ${error.message}`);
    progress("using librdkafka's broker in memory instead: enough for a demo; its records are lost when it stops");
    return { ...(await ensureMemoryBroker(files.memoryBroker)), kind: 'memory' as const };
  }
}

function portOption(port: number | undefined): { readonly port?: number } {
  return port === undefined ? {} : { port };
}

/** Ends both; the data stay. Says which of them ran. */
export async function stopStack(dir: string): Promise<{ readonly kafka: boolean; readonly postgres: boolean }> {
  return await locked(
    dir,
    () => {},
    async () => await stopParts(dir),
  );
}

/** Ends both and removes their data and logs. */
export async function removeStack(dir: string): Promise<void> {
  await locked(
    dir,
    () => {},
    async () => {
      await stopParts(dir);
      const files = stackFiles(resolve(dir));
      removePlace(files.postgres);
      removePlace(files.kafka);
      rmSync(files.env, { force: true });
    },
  );
}

/** Which of the two run; asks the servers nothing. */
export function stackStatus(dir: string): StackStatus {
  const files = stackFiles(resolve(dir));
  const real = kafkaStatus(files.kafka);
  const memory = memoryBrokerStatus(files.memoryBroker);
  return {
    dir: resolve(dir),
    kafka: real.up || !memory.up ? { ...real, kind: 'kafka' } : { ...memory, kind: 'memory' },
    postgres: postgresStatus(files.postgres),
  };
}

async function stopParts(dir: string): Promise<{ readonly kafka: boolean; readonly postgres: boolean }> {
  const files = stackFiles(resolve(dir));
  const [kafka, memory, postgres] = await Promise.all([
    stopKafka(files.kafka),
    stopMemoryBroker(files.memoryBroker),
    stopPostgres(files.postgres),
  ]);
  return { kafka: kafka || memory, postgres };
}

async function locked<T>(dir: string, progress: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const files = stackFiles(resolve(dir));
  // Others may pass through, since the servers may run as other users; the files that hold secrets are closed by themselves.
  mkdirSync(resolve(dir), { recursive: true, mode: 0o711 });
  return await withLock(files.lock, { limitMs: LOCK_LIMIT_MS, what: `the stack in ${resolve(dir)}`, progress }, work);
}

function writeEnvironment(path: string, parts: StackParts): void {
  const lines = [
    ...(parts.kafka instanceof Error ? [] : [`KAFKA_BROKERS=${parts.kafka.brokers}`]),
    ...(parts.postgres instanceof Error ? [] : databaseLines(urlsOf(parts.postgres.adminUrl))),
  ];
  // Written to a temporary file and renamed, so that a reader never meets half of it.
  writeFileSync(`${path}.new`, `${lines.join('\n')}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** In the variables that history-writer, `migrate` and `trace` read, each its own. */
export function databaseLines({ owner, writer, reader }: DatabaseUrls): readonly string[] {
  return [`DATABASE_URL=${writer}`, `DATABASE_OWNER_URL=${owner}`, `DATABASE_READER_URL=${reader}`];
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
