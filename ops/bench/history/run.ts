// One run of the history bench: a backlog in Kafka, then history-writer reads all of it into a fresh database, then the naive writer
// reads the beginning of it into another one.

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { endsOfTopics, prepare } from '../../harness/prepare.ts';
import { type Service, startHistoryWriter } from '../../harness/service.ts';
import { dropDatabase } from '../../stack/postgres/databases.ts';
import { produceBacklog } from './backlog.ts';
import { writeNaively } from './naive-run.ts';
import { BACKLOG_TOPICS } from './records.ts';
import type { HistoryInput, Written } from './report.ts';
import type { HistoryBenchOptions, Rig } from './rig.ts';
import { rowsIn } from './rows-in.ts';
import { watchProcesses } from './watch.ts';

const SAMPLE_MS = 250;
/** Without a record for so long it is given up. */
const IDLE_LIMIT_MS = 60_000;
/** What a row's durability and cost depend on. */
const SHOWN = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size'] as const;

export async function runHistoryBench(options: HistoryBenchOptions): Promise<Omit<HistoryInput, 'machine'>> {
  const { dir, services, settings, progress } = options;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const run = randomBytes(6).toString('hex');
  const accountId = `bench-${run}.near`;
  const databases = { writer: `bench_${run}`, naive: `bench_naive_${run}` };
  try {
    progress('topics and databases');
    const group = `unrip-bench-${run}`;
    const urls = await prepare(services, { database: databases.writer, group });
    const naiveUrls = await prepare(services, { database: databases.naive, group: `${group}-naive` });
    const begins = await endsOfTopics(services.kafkaBrokers);
    const { kafkaBrokers: brokers } = services;
    const backlog = await produceBacklog({ brokers, accountId, count: settings.records, progress });
    const rig = { ...options, accountId, urls, group };
    progress('history-writer');
    const writer = await writeAll(rig);
    progress('the naive writer');
    const naive = await writeNaively({ ...rig, urls: naiveUrls }, begins);
    const postgres = await settingsOf(urls.reader);
    return { settings, backlogBytes: backlog.bytes, postgres, writer, naive };
  } finally {
    for (const database of Object.values(databases)) await dropDatabase(services, database);
  }
}

async function writeAll({ dir, accountId, services, servers, settings, urls, group, progress }: Rig): Promise<Written> {
  const service = await startHistoryWriter({
    dir: join(dir, 'writer'),
    accountId,
    kafkaBrokers: services.kafkaBrokers,
    database: urls,
    group,
  });
  try {
    const { records } = settings;
    const watch = watchProcesses({ ...servers, writer: service.pid });
    let written = await writtenBy(service);
    let startedMs = performance.now();
    let changedMs = startedMs;
    const steps: { seconds: number; records: number }[] = [];
    while (written < records) {
      await Bun.sleep(SAMPLE_MS);
      watch.sample();
      const now = await writtenBy(service);
      const nowMs = performance.now();
      // From the moment at which it has its partitions: how long a group takes to form is no matter of writing.
      if (written === 0 && now > 0) startedMs = changedMs;
      if (now > written || now === 0) changedMs = nowMs;
      if (nowMs - changedMs > IDLE_LIMIT_MS) break;
      written = now;
      steps.push({ seconds: (nowMs - startedMs) / 1000, records: now });
      if (steps.length % PROGRESS_EVERY === 0) progress(`${now} of ${records} records are in PostgreSQL`);
    }
    const seconds = (changedMs - startedMs) / 1000;
    const taken = watch.taken();
    const rows = await rowsIn(urls.reader, accountId);
    const faults = rows === records ? [] : [`${rows} rows of ${records} records; its log: ${service.logPath}`];
    return { name: 'history-writer', records: rows, seconds, ...taken, progress: steps, faults };
  } finally {
    await service.stop();
  }
}

const PROGRESS_EVERY = 40;

const Topics = Type.Object({ topics: Type.Array(Type.Object({ topic: Type.String(), records: Type.Integer() })) });

/** Records of the backlog's topics that it has written, by its own count; it writes some of its own to others. */
async function writtenBy({ control }: Service): Promise<number> {
  const { topics } = Value.Parse(Topics, await control.get('/state'));
  return topics.reduce((sum, { topic, records }) => sum + (BACKLOG_TOPICS.has(topic) ? records : 0), 0);
}

async function settingsOf(url: string): Promise<Readonly<Record<string, string>>> {
  const sql = openDatabase(url, { name: 'unrip-bench', connections: 1, statementTimeoutMs: null });
  try {
    const rows = await sql`select name, current_setting(name) as value from pg_settings where name in ${sql(SHOWN)}`;
    return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['value'])]));
  } finally {
    await sql.end({ timeout: 2 });
  }
}
