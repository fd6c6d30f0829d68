// `./unrip migrate`: brings the history database to the schema of this checkout, and says what it did.

import { parseArgs } from 'node:util';
import { MIGRATE_VARIABLES } from '../../contracts/config/database.ts';
import { databaseHostOf, parseDatabaseUrl } from '../../contracts/database-url.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import {
  type Database,
  explainDatabase,
  type NamedDatabase,
  openDatabase,
  troubleOf,
} from '../../contracts/runtime/postgres/database.ts';
import {
  type Migration,
  migrate,
  readMigrations,
  roleNotes,
  type SchemaStatus,
  schemaStatus,
} from '../../contracts/runtime/postgres/migrations.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Command } from './command.ts';

const HELP = `./unrip migrate [--check] [--database-url URL]

Brings the history database to the schema of this version: applies the missing files of sql/migrations in order, each in one
transaction; changes that are too large for one transaction are done in steps before it. Safe to run concurrently, and to
repeat after an interruption; existing rows are kept. Then grants the roles unrip_writer and unrip_reader their rights, if
they exist. Stop a history-writer of an older version first.

  --check              change nothing; exit code 1 when a migration is missing
  --database-url URL   instead of DATABASE_OWNER_URL; without a password, because other users can see arguments

${helpText(MIGRATE_VARIABLES)}`;

export const command: Command = {
  name: 'migrate',
  summary: 'bring the database to the current schema',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  let values: { readonly check: boolean; readonly 'database-url'?: string | undefined };
  try {
    const options = { check: { type: 'boolean', default: false }, 'database-url': { type: 'string' } } as const;
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    process.stderr.write(`unrip migrate: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return EXIT.usage;
  }
  const given = values['database-url'];
  if (given !== undefined && holdsPassword(given)) {
    process.stderr.write(
      'unrip migrate: --database-url contains a password, which every user can see in the list of processes: ' +
        'set DATABASE_OWNER_URL, or DATABASE_OWNER_URL_FILE to a file with the URL\n',
    );
    return EXIT.usage;
  }
  const owner = ownerUrlOf('migrate', given);
  return owner === null ? EXIT.config : await migrateTo(owner, values.check);
}

function holdsPassword(url: string): boolean {
  const parsed = parseDatabaseUrl(url);
  return parsed.ok && parsed.value.password !== null;
}

/** From the option, else from the environment; null when it was refused, and reported. */
export function ownerUrlOf(command: string, given?: string): NamedDatabase | null {
  const env = given === undefined ? process.env : { DATABASE_OWNER_URL: given };
  const loaded = loadConfig(MIGRATE_VARIABLES, { env, directory: given === undefined ? process.cwd() : null });
  for (const warning of loaded.warnings) process.stderr.write(`unrip ${command}: ${warning}\n`);
  if (loaded.ok) {
    const { databaseOwnerUrl, databaseUrl } = loaded.config;
    if (databaseOwnerUrl === null) return { url: databaseUrl, variable: 'DATABASE_URL' };
    return { url: databaseOwnerUrl, variable: given === undefined ? 'DATABASE_OWNER_URL' : '--database-url' };
  }
  process.stderr.write(renderProblems(`unrip ${command}`, loaded.problems));
  return null;
}

type Say = (line: string) => void;

const sayOut: Say = (line) => void process.stdout.write(`${line}\n`);

/** Shared with other commands that bring a database up. */
export async function migrateTo(database: NamedDatabase, checkOnly = false, say: Say = sayOut): Promise<ExitCode> {
  const { url } = database;
  const sql = openDatabase(url, { name: 'unrip-migrate', connections: 1, statementTimeoutMs: null });
  try {
    return checkOnly ? await check(sql, url, say) : await apply(sql, url, say);
  } catch (error) {
    const text =
      troubleOf(error).code === '' && error instanceof Error ? error.message : explainDatabase(error, database);
    process.stderr.write(`unrip migrate: ${text}\n`);
    return EXIT.failure;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

async function check(sql: Database, url: string, say: Say): Promise<ExitCode> {
  const status: SchemaStatus = await schemaStatus(sql, readMigrations());
  if (!status.ok) throw new Error(status.problem);
  for (const { version, name } of status.pending) {
    say(`missing: ${String(version).padStart(4, '0')}_${name}`);
  }
  const { length } = status.pending;
  const said = length === 0 ? 'has the current schema' : `lacks ${length} of ${readMigrations().length} migrations`;
  say(`the database at ${databaseHostOf(url)} ${said}`);
  return length === 0 ? EXIT.ok : EXIT.failure;
}

async function apply(sql: Database, url: string, say: Say): Promise<ExitCode> {
  const migrations = readMigrations();
  let count = 0;
  const onApplied = ({ version, name }: Migration): void => {
    count++;
    say(`applied: ${String(version).padStart(4, '0')}_${name}`);
  };
  await migrate(sql, migrations, { onApplied, onStep: say });
  const said = count === 0 ? 'had the current schema already' : 'has the current schema now';
  say(`the database at ${databaseHostOf(url)} ${said} (version ${migrations.length})`);
  for (const note of await roleNotes(sql)) say(`note: ${note}`);
  return EXIT.ok;
}
