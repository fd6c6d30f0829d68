// The history database as the history-writer connects to it.

import { existsSync, statfsSync } from 'node:fs';
import { databaseHostOf, parseDatabaseUrl } from '../../../contracts/database-url.ts';
import {
  type Database,
  explainDatabase,
  openDatabase,
  troubleOf,
} from '../../../contracts/runtime/postgres/database.ts';
import { readMigrations, schemaStatus } from '../../../contracts/runtime/postgres/migrations.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';
import { type Category, fatal, type Line, pass } from '../check.ts';
import type { Context } from '../context.ts';
import { judgeFreeSpace } from '../judge/machine.ts';
import {
  judgeLocks,
  judgeRole,
  judgeSchema,
  judgeServer,
  judgeServerClock,
  type ServerFacts,
} from '../judge/postgres.ts';

const STATEMENT_LIMIT_MS = 3000;
const FIX = 'start PostgreSQL, or correct DATABASE_URL.';
const TABLE_NAMES = Object.values(TABLES).map(({ name }) => name);
const LOOPBACK = /^(?:127\.|localhost$|::1$|\/)/;

export function postgresCategory({ doctor, clock }: Context): Category {
  const url = doctor.databaseUrl;
  const sql = openDatabase(url, { name: 'unrip-doctor', connections: 1, statementTimeoutMs: STATEMENT_LIMIT_MS });

  const serverLines = async (): Promise<readonly Line[]> => {
    try {
      // The first statement connects: that is no latency.
      await sql`select 1`;
      const beganUs = clock.elapsedUs();
      const [found] = await sql<{ version: string; encrypted: boolean | null; standby: boolean; frozen: boolean }[]>`
        select current_setting('server_version_num') as version, pg_is_in_recovery() as standby,
          current_setting('transaction_read_only') = 'on' as frozen,
          (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as encrypted`;
      const facts: ServerFacts = {
        host: databaseHostOf(url),
        versionNumber: Number(found?.version ?? 0),
        isEncrypted: found?.encrypted === true,
        isLocal: isLocal(url),
        isStandby: found?.standby === true,
        isReadOnly: found?.frozen === true,
        latencyMs: (clock.elapsedUs() - beganUs) / 1000,
      };
      return judgeServer(facts);
    } catch (error) {
      if (troubleOf(error).code === '') throw error;
      return [fatal(explainDatabase(error, { url, variable: 'DATABASE_URL' }), FIX)];
    }
  };

  return {
    name: 'postgres',
    checks: [
      { name: 'server', fix: FIX, run: serverLines },
      {
        name: 'clock',
        fix: FIX,
        async run() {
          const askedMs = clock.nowMs();
          const [found] = await sql<
            { ms: string }[]
          >`select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`;
          return [judgeServerClock(Number(found?.ms ?? 0), askedMs, clock.nowMs())];
        },
      },
      { name: 'locks', fix: FIX, run: async () => [judgeLocks(await locksOf(sql))] },
      { name: 'space', fix: FIX, run: () => spaceLines(sql) },
      {
        name: 'migrations',
        fix: './unrip migrate',
        run: async () => [judgeSchema(await schemaStatus(sql, readMigrations()))],
      },
      { name: 'role', fix: 'sql/README.md, "Roles".', run: async () => [judgeRole(await roleOf(sql))] },
    ],
    close: () => sql.end({ timeout: 1 }),
  };
}

function isLocal(url: string): boolean {
  const parsed = parseDatabaseUrl(url);
  return parsed.ok && parsed.value.hosts.every(({ host }) => LOOPBACK.test(host));
}

async function locksOf(sql: Database) {
  const [found] = await sql<{ waiting: number; wait: number | null; idle: number | null }[]>`
    select count(*) filter (where wait_event_type = 'Lock')::int as waiting,
      max(extract(epoch from clock_timestamp() - query_start)) filter (where wait_event_type = 'Lock')::float as wait,
      max(extract(epoch from clock_timestamp() - state_change)) filter (where state like 'idle in transaction%')::float as idle
    from pg_stat_activity where datname = current_database()`;
  return {
    waiting: Number(found?.waiting ?? 0),
    longestWaitSeconds: Number(found?.wait ?? 0),
    longestIdleSeconds: Number(found?.idle ?? 0),
  };
}

/** The server's disk is seen where the server runs on this machine and shows its directory to the role. */
async function spaceLines(sql: Database): Promise<readonly Line[]> {
  const [found] = await sql<{ bytes: string; directory: string | null }[]>`
    select pg_database_size(current_database()) as bytes,
      (select setting from pg_settings where name = 'data_directory') as directory`;
  const size = `the database has ${BigInt(found?.bytes ?? 0) >> 20n} MiB`;
  const directory = found?.directory ?? null;
  if (directory === null || !existsSync(directory)) {
    return [pass(`${size}; how much is free is not visible from here`)];
  }
  const { bavail, bsize } = statfsSync(directory, { bigint: true });
  return [pass(size), judgeFreeSpace('the disk of PostgreSQL', bavail * bsize)];
}

/** Of a partitioned table some columns may be written: whichever shows the right. */
async function roleOf(sql: Database) {
  const [role] = await sql<{ user: string; superuser: boolean }[]>`
    select current_user as user, current_setting('is_superuser') = 'on' as superuser`;
  const tables = await sql<{ name: string; writes: boolean; deletes: boolean }[]>`
    select name, has_any_column_privilege(name, 'INSERT') as writes, has_table_privilege(name, 'DELETE') as deletes
    from unnest(string_to_array(${TABLE_NAMES.join(',')}, ',')) as name where to_regclass(name) is not null`;
  // A batch moves its offsets, makes partitions, and asks what is there already: without one of these no row is written.
  const [needed] = await sql<{ offsets: boolean; partitions: boolean; digests: boolean }[]>`
    select has_any_column_privilege('consumer_offsets', 'INSERT') and has_any_column_privilege('consumer_offsets', 'UPDATE')
        and has_any_column_privilege('consumer_offsets', 'SELECT') as offsets,
      has_function_privilege('ensure_partitions(date)', 'EXECUTE') as partitions,
      has_function_privilege('envelope_digests(name, date[], text[])', 'EXECUTE') as digests`;
  const lacking = Object.entries({
    consumer_offsets: needed?.offsets,
    'ensure_partitions()': needed?.partitions,
    'envelope_digests()': needed?.digests,
  }).flatMap(([name, has]) => (has === true ? [] : [name]));
  return {
    user: role?.user ?? '',
    isSuperuser: role?.superuser === true,
    mayDelete: tables.some(({ deletes }) => deletes),
    notWritable: [...tables.filter(({ writes }) => !writes).map(({ name }) => name), ...lacking],
  };
}
