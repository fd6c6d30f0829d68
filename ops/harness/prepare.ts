// Gets broker and server ready for one run: topics, a fresh database with the current schema, and the place in each topic
// where the run begins, so that its history holds nothing of what other runs left on the same broker.

import postgres from 'postgres';
import { createTopics, describeCluster } from '../../contracts/runtime/kafka/admin/cluster.ts';
import { openReader, type Reader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import { openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { createDatabase, dropDatabase } from '../stack/postgres/databases.ts';
import type { DatabaseUrls } from '../stack/postgres/roles.ts';
import type { KafkaKind } from '../stack/stack.ts';
import { waitFor } from '../testing/wait.ts';
import { replicasFor, wantedTopics } from '../topics/drift.ts';
import { mentionTopics } from './memory-topics.ts';

const ADMIN_LIMIT_MS = 30_000;
const OFFSETS_LIMIT_MS = 30_000;

/** What a run needs; a `Stack` is one. */
export type Services = {
  readonly kafkaBrokers: string;
  readonly kafkaKind: KafkaKind;
  /** Of a server, as who may make databases. */
  readonly adminUrl: string;
};

export type PrepareOptions = {
  /** Dropped first when it is there. */
  readonly database: string;
  /** Consumer group of the history-writer, which starts where topics end now. */
  readonly group: string;
};

export async function prepare(services: Services, options: PrepareOptions): Promise<DatabaseUrls> {
  const { database, group } = options;
  // One after the other: a failure then leaves nothing under way.
  const urls = await makeDatabase(services, database);
  const offsets = await makeTopics(services);
  await startAt(urls.owner, group, offsets);
  return urls;
}

/** Gives where each partition of them ends. */
async function makeTopics({ kafkaBrokers: brokers, kafkaKind }: Services): Promise<readonly NextOffset[]> {
  if (kafkaKind === 'memory') {
    await mentionTopics(
      brokers,
      TOPICS.map(({ name }) => name),
    );
    return await endsOfTopics(brokers);
  }
  const admin = { brokers, timeoutMs: ADMIN_LIMIT_MS };
  const cluster = await describeCluster(admin);
  const made = await createTopics(admin, wantedTopics(TOPICS, replicasFor(cluster.brokers.length)));
  for (const topic of made) {
    if (topic.outcome === 'refused') throw new Error(`Kafka refused to make ${topic.name}: ${topic.message}`);
  }
  return await endsOfTopics(brokers);
}

async function makeDatabase(server: Services, name: string): Promise<DatabaseUrls> {
  await dropDatabase(server, name);
  const urls = await createDatabase(server, name);
  const sql = openDatabase(urls.owner, { name: 'unrip-harness', connections: 1, statementTimeoutMs: null });
  try {
    await migrate(sql, readMigrations());
  } finally {
    await sql.end({ timeout: 2 });
  }
  return urls;
}

export type NextOffset = { readonly topic: string; readonly partition: number; readonly nextOffset: bigint };

/** Where every partition of the registry's topics ends. */
export async function endsOfTopics(brokers: string): Promise<readonly NextOffset[]> {
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

async function startAt(ownerUrl: string, group: string, offsets: readonly NextOffset[]): Promise<void> {
  if (offsets.length === 0) return;
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    const rows = offsets.map(({ topic, partition, nextOffset }) => ({
      consumer_group: group,
      topic,
      kafka_partition: partition,
      next_offset: nextOffset.toString(),
      // Nobody: the first member that Kafka assigns the partition to takes it over.
      owner: 'unrip-harness',
    }));
    await sql`insert into consumer_offsets ${sql(rows)}`;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
