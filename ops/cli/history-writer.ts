// `./unrip history-writer`: the process that writes Kafka to PostgreSQL. Refuses a database whose schema is not current; one
// that cannot be reached yet is waited for by the process itself.

import { parseArgs } from 'node:util';
import { HISTORY_WRITER_VARIABLES, type HistoryWriterConfig } from '../../contracts/config/history-writer.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { explainDatabase, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { readMigrations, schemaStatus } from '../../contracts/runtime/postgres/migrations.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import manifest from '../../package.json' with { type: 'json' };
import { runHistoryWriter } from '../../sidecars/history-writer/main.ts';
import type { Command } from './command.ts';
import { migrateTo, ownerUrlOf } from './migrate.ts';

const HELP = `./unrip history-writer [--migrate]

Writes every record from Kafka to PostgreSQL, each exactly once, until SIGTERM, SIGINT or POST /drain. Several can run: they
share the partitions.

  --migrate   first bring the database to the current schema (like ./unrip migrate, with DATABASE_OWNER_URL)

Control API: GET /livez /healthz /state /metrics /internal/health, POST /pause /resume /drain. Its address is in
STATE_DIR/history-writer.json.

${helpText(HISTORY_WRITER_VARIABLES)}`;

export const command: Command = {
  name: 'history-writer',
  summary: 'the process that writes Kafka to PostgreSQL',
  help: HELP,
  run,
};

async function run(args: readonly string[]): Promise<ExitCode> {
  let migrateFirst: boolean;
  try {
    const options = { migrate: { type: 'boolean', default: false } } as const;
    migrateFirst = parseArgs({ args: [...args], options }).values.migrate;
  } catch (error) {
    process.stderr.write(`unrip history-writer: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return EXIT.usage;
  }
  const loaded = loadConfig(HISTORY_WRITER_VARIABLES, { env: process.env, directory: process.cwd() });
  for (const warning of loaded.warnings) process.stderr.write(`unrip history-writer: ${warning}\n`);
  if (!loaded.ok) {
    process.stderr.write(renderProblems('unrip history-writer', loaded.problems));
    return EXIT.config;
  }
  const { config } = loaded;
  // Standard output is the log's.
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const ownerUrl = migrateFirst ? ownerUrlOf('history-writer') : undefined;
  if (ownerUrl === null) return EXIT.config;
  const ready = ownerUrl === undefined ? await checkSchema(config) : await migrateTo(ownerUrl, false, say);
  if (ready !== EXIT.ok) return ready;
  return await runHistoryWriter({ config, version: manifest.version });
}

async function checkSchema(config: HistoryWriterConfig): Promise<ExitCode> {
  const sql = openDatabase(config.databaseUrl, {
    name: 'unrip-history-writer',
    connections: 1,
    statementTimeoutMs: 5000,
  });
  try {
    const status = await schemaStatus(sql, readMigrations());
    if (status.ok && status.pending.length === 0) return EXIT.ok;
    const problem = status.ok
      ? `the database lacks ${status.pending.length} of ${readMigrations().length} migrations; run ./unrip migrate, or start with --migrate`
      : status.problem;
    process.stderr.write(`unrip history-writer: ${problem}\n`);
    return EXIT.failure;
  } catch (error) {
    // Not a reason to end: the process waits for the server, unhealthy, and checks the schema when it is there.
    const why = explainDatabase(error, { url: config.databaseUrl, variable: 'DATABASE_URL' });
    process.stderr.write(`unrip history-writer: the schema could not be checked yet, retrying: ${why}\n`);
    return EXIT.ok;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
