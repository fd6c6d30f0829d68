// For tests: a database and topics of a test's own, a producer into them, and writers as processes.

import { randomUUID } from 'node:crypto';
import { createTopics } from '../../contracts/runtime/kafka/admin/cluster.ts';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { freshDatabase } from './database.ts';
import { type Produced, produceAll } from './history/produce.ts';
import { startWriterProcess, type WriterProcess } from './history/writer-process.ts';
import { kafkaForTest } from './services.ts';
import { waitFor } from './wait.ts';

const LIMIT_MS = 60_000;

export type Harness = {
  /** As the owner. */
  readonly sql: Database;
  /** As the history-writer. */
  readonly databaseUrl: string;
  readonly ownerUrl: string;
  readonly prefix: string;
  readonly group: string;
  /** Resolves when Kafka has them. */
  produce(records: readonly Produced[]): Promise<void>;
  startWriter(env?: Readonly<Record<string, string>>): Promise<WriterProcess>;
  /** Rows of a table. */
  count(table: string): Promise<number>;
  /** Waits until a table has so many rows. */
  waitForRows(table: string, count: number, limitMs?: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** @param topicSettings of Kafka, for every topic */
export async function makeHarness(
  label: string,
  topicSettings: Readonly<Record<string, string>> = {},
): Promise<Harness> {
  const brokers = kafkaForTest()?.brokers ?? '';
  const prefix = `${label}-${randomUUID().slice(0, 8)}.`;
  const group = `test-${prefix}writer`;
  const database = await freshDatabase('history');
  const sql = openDatabase(database.owner, { name: 'test', connections: 2, statementTimeoutMs: null });
  await migrate(sql, readMigrations());
  const topics = TOPICS.map(({ name, partitions }) => ({
    name: prefix + name,
    partitions,
    replicas: 1,
    settings: topicSettings,
  }));
  await createTopics({ brokers, timeoutMs: LIMIT_MS }, topics);
  const writers: WriterProcess[] = [];

  const count = async (table: string): Promise<number> => {
    const [row] = await sql.unsafe<{ count: number }[]>(`select count(*)::integer as count from ${table}`);
    return row?.count ?? 0;
  };

  return {
    sql,
    databaseUrl: database.writer,
    ownerUrl: database.owner,
    prefix,
    group,
    count,

    produce: (records) => produceAll(brokers, prefix, records),

    async startWriter(env = {}) {
      const writer = await startWriterProcess({ brokers, databaseUrl: database.writer, group, prefix, env });
      writers.push(writer);
      return writer;
    },

    async waitForRows(table, wanted, limitMs = LIMIT_MS) {
      await waitFor(async () => (await count(table)) >= wanted, { what: `${wanted} rows in ${table}`, limitMs });
    },

    async [Symbol.asyncDispose]() {
      for (const writer of writers) await writer[Symbol.asyncDispose]();
      await sql.end({ timeout: 2 });
      await database.drop();
    },
  };
}
