// For tests: a database and topics of a test's own, a producer into them, and writers as processes.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTopics } from '../../contracts/runtime/kafka-admin.ts';
import { openProducer } from '../../contracts/runtime/kafka-producer.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import { type Database, openDatabase } from '../../sidecars/shared/database.ts';
import { migrate, readMigrations } from '../../sidecars/shared/migrations.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { type Child, startChild } from './child.ts';
import { freshDatabase } from './database.ts';
import { type DescribedCheck, describedBy } from './described.ts';
import { kafkaForTest } from './services.ts';
import { tempDir } from './temp-dir.ts';
import { waitFor } from './wait.ts';

const LIMIT_MS = 60_000;
const RESIDENT = /^process_resident_memory_bytes(?:\{[^}]*\})? ([0-9.e+]+)$/m;
const TOKEN = 'token-of-the-history-writer-test';

export type WriterProcess = {
  readonly child: Child;
  /** Asks the control API; gives status and body. */
  ask(method: 'GET' | 'POST', path: string, token?: string): Promise<{ status: number; body: WriterState }>;
  /** Resident memory by its own metrics, in bytes. */
  residentBytes(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** What tests look at of /state and /healthz. */
export type WriterState = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly paused: boolean;
  readonly writing: boolean;
  readonly lag_ms: number | null;
  readonly lag_records: number | null;
  readonly rows: number;
  readonly repeated_rows: number;
  readonly missed_records: number;
  readonly errors: { readonly count: number; readonly last: string | null };
  readonly in_hand_records: number;
  readonly kafka: { readonly assigned: boolean };
  readonly database: { readonly connected: boolean };
  readonly topics: readonly {
    readonly topic: string;
    readonly records: number;
    readonly dead_letters: number;
    readonly last_write_at: string | null;
    readonly partitions: readonly { readonly partition: number; readonly next_offset: string }[];
  }[];
};

export type Harness = {
  /** As the owner. */
  readonly sql: Database;
  /** As the history-writer. */
  readonly databaseUrl: string;
  readonly prefix: string;
  readonly group: string;
  /** Resolves when Kafka has them. */
  produce(records: readonly Produced[]): Promise<void>;
  startWriter(env?: Readonly<Record<string, string>>): Promise<WriterProcess>;
  /** Rows of a table. */
  count(table: string): Promise<number>;
  /** Waits until a table has so many rows. */
  waitForRows(table: string, count: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type Produced = {
  readonly topic: TopicName;
  readonly partition?: number;
  readonly value: string | Uint8Array | null;
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
  await migrate(sql, readMigrations(), () => undefined);
  const topics = TOPICS.map(({ name, partitions }) => ({
    name: prefix + name,
    partitions,
    replicas: 1,
    settings: topicSettings,
  }));
  await createTopics({ brokers, timeoutMs: LIMIT_MS }, topics);
  const open: (() => Promise<void>)[] = [];

  const count = async (table: string): Promise<number> => {
    const [row] = await sql.unsafe<{ count: number }[]>(`select count(*)::integer as count from ${table}`);
    return row?.count ?? 0;
  };

  return {
    sql,
    databaseUrl: database.writer,
    prefix,
    group,
    count,

    async produce(records) {
      const producer = openProducer({
        brokers,
        clientId: 'test',
        onDelivered: () => undefined,
        onRefused: (tag, code, message) => {
          throw new Error(`record ${tag} was refused: ${message} (${code})`);
        },
        onTrouble: () => undefined,
      });
      await producer.connect(LIMIT_MS);
      for (const [tag, { topic, partition = 0, value }] of records.entries()) {
        const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
        const outcome = producer.produce(prefix + topic, partition, `key ${tag}`, bytes, tag);
        if (outcome !== 'queued') throw new Error(`record ${tag} was not taken: ${JSON.stringify(outcome)}`);
      }
      if (!(await producer.flush(LIMIT_MS))) throw new Error('Kafka did not take the records');
      await producer.close();
    },

    async startWriter(env = {}) {
      const state = tempDir('history-writer');
      const child = startChild([join(CHECKOUT, 'sidecars/history-writer/process.fixture.ts'), prefix], {
        env: {
          UV_THREADPOOL_SIZE: '8',
          KAFKA_BROKERS: brokers,
          DATABASE_URL: database.writer,
          HISTORY_CONSUMER_GROUP: group,
          STATE_DIR: state.path,
          CONTROL_PORT: '0',
          CONTROL_TOKEN: TOKEN,
          ...env,
        },
      });
      await child.waitForLine(/control_listening/);
      const { url } = JSON.parse(readFileSync(join(state.path, 'history-writer.json'), 'utf8')) as { url: string };
      const dispose = async (): Promise<void> => {
        await child[Symbol.asyncDispose]();
        state.remove();
      };
      open.push(dispose);
      let described: DescribedCheck | null = null;
      return {
        child,
        async ask(method, path, token = TOKEN) {
          const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } });
          const body = await response.text();
          described ??= await describedBy(url, TOKEN);
          const answer = { status: response.status, headers: Object.fromEntries(response.headers), body };
          const deviation = described(method, path, answer);
          if (deviation !== null)
            throw new Error(`${method} ${path}: ${response.status}, not as described: ${deviation}`);
          return { status: response.status, body: JSON.parse(body) as WriterState };
        },
        async residentBytes() {
          const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
          return Number(RESIDENT.exec(await response.text())?.[1] ?? Number.NaN);
        },
        [Symbol.asyncDispose]: dispose,
      };
    },

    async waitForRows(table, wanted) {
      await waitFor(async () => (await count(table)) >= wanted, {
        what: `${wanted} rows in ${table}`,
        limitMs: LIMIT_MS,
      });
    },

    async [Symbol.asyncDispose]() {
      for (const dispose of open) await dispose();
      await sql.end({ timeout: 2 });
      await database.drop();
    },
  };
}
