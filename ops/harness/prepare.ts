// Gets broker and server ready for one run: topics, a fresh database with the current schema, and the place in each topic
// where the run begins, so that its history holds nothing of what other runs left on the same broker.

import postgres from 'postgres';
import { openReader, type Reader } from '../../contracts/runtime/kafka-reader.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { createDatabase, dropDatabase } from '../stack/databases.ts';
import type { KafkaKind } from '../stack/stack.ts';
import { waitFor } from '../testing/wait.ts';
import { runPart } from './part.ts';

const COMMAND_LIMIT_MS = 60_000;
const OFFSETS_LIMIT_MS = 30_000;

/** What a run stands on; a `Stack` is one. */
export type Services = {
  readonly kafkaBrokers: string;
  readonly kafkaKind: KafkaKind;
  /** Of a server whose role may make databases. */
  readonly databaseUrl: string;
};

export type PrepareOptions = {
  /** Where the logs of the commands go. */
  readonly dir: string;
  /** Dropped first when it is there. */
  readonly database: string;
  /** Consumer group of the history-writer, which starts where topics end now. */
  readonly group: string;
};

/** Gives the URL of the database. */
export async function prepare(services: Services, options: PrepareOptions): Promise<string> {
  const { dir, database, group } = options;
  const env = { KAFKA_BROKERS: services.kafkaBrokers };
  const makeTopics = async (): Promise<readonly NextOffset[]> => {
    // The broker in memory cannot be asked to make topics: it makes them when they are first written to.
    if (services.kafkaKind === 'memory') return [];
    await runPart({ name: 'topics', args: ['topics'], dir, env, limitMs: COMMAND_LIMIT_MS });
    return await endsOfTopics(services.kafkaBrokers);
  };
  const makeDatabase = async (): Promise<string> => {
    await dropDatabase(services, database);
    const url = await createDatabase(services, database);
    await runPart({ name: 'migrate', args: ['migrate'], dir, env: { DATABASE_URL: url }, limitMs: COMMAND_LIMIT_MS });
    return url;
  };
  const [offsets, url] = await Promise.all([makeTopics(), makeDatabase()]);
  await startAt(url, group, offsets);
  return url;
}

export type NextOffset = { readonly topic: string; readonly partition: number; readonly nextOffset: bigint };

/** Where every partition of the registry's topics ends. */
async function endsOfTopics(brokers: string): Promise<readonly NextOffset[]> {
  const reader = openReader({
    brokers,
    clientId: 'unrip-harness',
    topics: TOPICS.map(({ name }) => name),
    startAt: () => 'latest',
    onTrouble: () => {},
  });
  try {
    await reader.connect(OFFSETS_LIMIT_MS);
    return await waitFor(() => knownEnds(reader), {
      what: 'Kafka to tell where its topics end',
      limitMs: OFFSETS_LIMIT_MS,
    });
  } finally {
    await reader.close();
  }
}

async function knownEnds(reader: Reader): Promise<readonly NextOffset[] | null> {
  await reader.poll(1);
  const ends = reader.lag().map(({ topic, partition, endOffset }) => ({ topic, partition, nextOffset: endOffset }));
  return ends.length > 0 && ends.every(isKnown) ? ends.filter(isKnown) : null;
}

function isKnown(end: Omit<NextOffset, 'nextOffset'> & { readonly nextOffset: bigint | null }): end is NextOffset {
  return end.nextOffset !== null;
}

async function startAt(databaseUrl: string, group: string, offsets: readonly NextOffset[]): Promise<void> {
  if (offsets.length === 0) return;
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const rows = offsets.map(({ topic, partition, nextOffset }) => ({
      consumer_group: group,
      topic,
      kafka_partition: partition,
      next_offset: nextOffset.toString(),
    }));
    await sql`insert into consumer_offsets ${sql(rows)}`;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
