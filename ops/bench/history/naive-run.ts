// The naive writer as a child, measured from its first record to its last.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import type { NextOffset } from '../../harness/prepare.ts';
import { serverEnvironment } from '../../stack/process.ts';
import type { Written } from './report.ts';
import type { Rig } from './rig.ts';
import { rowsIn } from './rows-in.ts';
import { watchProcesses } from './watch.ts';

const SAMPLE_MS = 250;

/** @param begins where the backlog begins in each partition */
export async function writeNaively(rig: Rig, begins: readonly NextOffset[]): Promise<Written> {
  const { dir, services, servers, settings, urls } = rig;
  await makePartitions(urls.writer);
  const count = Math.min(settings.naiveRecords, settings.records);
  const planFile = join(dir, 'naive.json');
  const from = begins.map(({ topic, partition, nextOffset }) => [`${topic} ${partition}`, String(nextOffset)]);
  const { accountId } = rig;
  const plan = { brokers: services.kafkaBrokers, databaseUrl: urls.writer, accountId, records: count, from };
  writeFileSync(planFile, JSON.stringify(plan), { mode: 0o600 });
  const child = Bun.spawn([process.execPath, '--no-env-file', join(import.meta.dir, 'naive.ts'), planFile], {
    env: { ...serverEnvironment(), UV_THREADPOOL_SIZE: '8' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const watch = watchProcesses({ ...servers, writer: child.pid });
    const timer = setInterval(watch.sample, SAMPLE_MS);
    const { begunMs, doneMs } = await timesOf(child.stdout);
    clearInterval(timer);
    watch.sample();
    const seconds = (doneMs - begunMs) / 1000;
    const rows = await rowsIn(urls.reader, rig.accountId);
    const faults = rows === count ? [] : [`${rows} rows of ${count} records`];
    const progress = [
      { seconds: seconds / 10, records: count / 10 },
      { seconds, records: count },
    ];
    return { name: 'naive', records: count, seconds, ...watch.taken(), progress, faults };
  } finally {
    kill();
    await child.exited;
    process.off('exit', kill);
  }
}

async function timesOf(
  output: ReadableStream<Uint8Array>,
): Promise<{ readonly begunMs: number; readonly doneMs: number }> {
  let [text, begunMs] = ['', 0];
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk);
    if (begunMs === 0 && text.includes('begun\n')) begunMs = performance.now();
    if (text.includes('done\n')) return { begunMs, doneMs: performance.now() };
  }
  throw new Error('the naive writer ended before it was done');
}

/** History-writer makes them when it meets the first record of a day. */
async function makePartitions(url: string): Promise<void> {
  const sql = openDatabase(url, { name: 'unrip-bench', connections: 1, statementTimeoutMs: null });
  try {
    // The backlog reaches a few minutes back: at midnight it is of two days.
    await sql`select ensure_partitions(day::date) from (values (current_date), (current_date - 1)) as days(day)`;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
