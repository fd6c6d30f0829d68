// Brings a database to the schema of this checkout. Migrations are the files sql/migrations/NNNN_name.sql: plain SQL,
// forward only, numbered from 1 without gaps. Each is applied in one transaction, under a lock that all migrators of the
// database share, and recorded with its checksum; a file that was applied and changed since is refused. Any number of
// migrators may run at once: who comes second finds the work done.
// What is too much for one transaction is between the lines `-- unrip:steps` and `-- unrip:end`: it is run first, each
// time in a transaction of its own, until its last statement gives no row. A migrator that was ended in between goes on.
// Rights of the roles (sql/grants.sql) are applied at the end, each time: a role may have been made since.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Transaction } from './database.ts';

export type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
  /** Run again and again, a transaction each time, before `sql`; the last statement gives one row with a text, or is done. */
  readonly steps: string | null;
  readonly sql: string;
};

export type Applied = { readonly version: number; readonly name: string; readonly sha256: string };

/** How a database differs from the files. `problem`: it cannot be brought to them, and why and what to do. */
export type SchemaStatus =
  | { readonly ok: true; readonly applied: readonly Applied[]; readonly pending: readonly Migration[] }
  | { readonly ok: false; readonly problem: string };

const DIRECTORY = join(import.meta.dir, '../../../sql/migrations');
const GRANTS = join(import.meta.dir, '../../../sql/grants.sql');
const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const STEPS = /^-- unrip:steps\b(.*?)^-- unrip:end$/ms;

/** Migrations of this checkout, in order. Throws when the files are not numbered as they have to be. */
export function readMigrations(directory: string = DIRECTORY): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql'));
  return files.sort().map((file, index) => {
    const match = FILE.exec(file);
    const version = Number(match?.[1]);
    if (match === null || version !== index + 1) {
      throw new Error(
        `sql/migrations/${file}: expected migration number ${index + 1}: files are named NNNN_name.sql and numbered without gaps from 0001`,
      );
    }
    const text = readFileSync(join(directory, file), 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    const steps = STEPS.exec(text)?.[1] ?? null;
    return { version, name: match[2] ?? '', sha256, steps, sql: text.replace(STEPS, '') };
  });
}

/** Pure: compares what was applied with the files. */
export function compareSchema(migrations: readonly Migration[], applied: readonly Applied[]): SchemaStatus {
  for (const [index, row] of applied.entries()) {
    const file = migrations[index];
    const label = `${String(row.version).padStart(4, '0')}_${row.name}`;
    if (row.version !== index + 1) {
      return { ok: false, problem: `schema_migrations lacks version ${index + 1}, although ${label} was applied` };
    }
    if (file === undefined) {
      return {
        ok: false,
        problem: `the database has migration ${label}, which this version does not have: a newer version of unrip applied it. Use that version, or another database`,
      };
    }
    if (file.sha256 !== row.sha256) {
      return {
        ok: false,
        problem: `sql/migrations/${label}.sql was changed after it was applied. Restore the file (its sha256 was ${row.sha256}) and put the change into a new migration`,
      };
    }
  }
  return { ok: true, applied, pending: migrations.slice(applied.length) };
}

/** Looks only. Throws when the database cannot be asked. */
export async function schemaStatus(sql: Database, migrations: readonly Migration[]): Promise<SchemaStatus> {
  const [found] = await sql`select to_regclass('schema_migrations') is not null as there`;
  const applied = found?.['there'] === true ? await readApplied(sql) : [];
  return compareSchema(migrations, applied);
}

export type MigrationEvents = {
  readonly onApplied?: (migration: Migration) => void;
  /** A step of a migration that has several, in words. */
  readonly onStep?: (done: string) => void;
};

/** Applies what is pending; gives what it applied itself. Throws an Error that says what to do when it must not. */
export async function migrate(
  sql: Database,
  migrations: readonly Migration[],
  { onApplied, onStep }: MigrationEvents = {},
): Promise<void> {
  for (;;) {
    const done = await sql.begin(async (transaction) => await applyNext(transaction, migrations));
    if (done === null) break;
    if (typeof done === 'string') onStep?.(done);
    else onApplied?.(done);
  }
  await sql.begin(async (transaction) => {
    await transaction.unsafe(LOCK);
    await transaction.unsafe(readFileSync(GRANTS, 'utf8'));
  });
}

const LOCK = "select pg_advisory_xact_lock(hashtext('unrip.migrate'))";

/** What is wider than it has to be about the roles of the server and the one that is connected; empty when they are apart. */
export async function roleNotes(sql: Database): Promise<readonly string[]> {
  const [found] = await sql<{ superuser: boolean; user: string; missing: string[] }[]>`
    select current_setting('is_superuser') = 'on' as superuser, current_user as user,
      array_to_json(array(select name from unnest(array['unrip_owner', 'unrip_writer', 'unrip_reader']) as name
        where not exists (select from pg_roles where rolname = name))) as missing`;
  if (found === undefined) return [];
  const { superuser, user, missing } = found;
  return [
    ...(missing.length === 0
      ? []
      : [
          `the server lacks the roles ${missing.join(', ')}: until they exist, history-writer and trace have to connect as the owner (sql/README.md, "Roles")`,
        ]),
    ...(superuser
      ? [`${user} is a superuser and now owns the new tables: migrate as unrip_owner (sql/README.md, "Roles")`]
      : []),
  ];
}

/** What was applied, or the text of one step of it; null: nothing is pending. */
async function applyNext(sql: Transaction, migrations: readonly Migration[]): Promise<Migration | string | null> {
  await sql.unsafe(LOCK);
  await sql`create table if not exists schema_migrations (
    version integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`;
  const status = compareSchema(migrations, await readApplied(sql));
  if (!status.ok) throw new Error(status.problem);
  const [next] = status.pending;
  if (next === undefined) return null;
  if (next.steps !== null) {
    // Several statements in one text: a list of results.
    const results: unknown = await sql.unsafe(`--${next.steps}`);
    const last: unknown = Array.isArray(results) ? results.at(-1) : undefined;
    const [step] = Array.isArray(last) ? last : [];
    if (step !== undefined) return Object.values(step as Record<string, unknown>).join(' ');
  }
  await sql.unsafe(next.sql);
  await sql`insert into schema_migrations (version, name, sha256) values (${next.version}, ${next.name}, ${next.sha256})`;
  return next;
}

async function readApplied(sql: Database | Transaction): Promise<Applied[]> {
  const rows = await sql<Applied[]>`select version, name, sha256 from schema_migrations order by version`;
  return rows.map(({ version, name, sha256 }) => ({ version, name, sha256 }));
}
