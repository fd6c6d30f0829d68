// A question to the history, as the commands ask it that only read: which database, and in words what is wrong with it.

import { TRACE_VARIABLES } from '../../contracts/config/database.ts';
import { databaseHostOf } from '../../contracts/database-url.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import { type Database, explainDatabase, openDatabase, troubleOf } from '../../contracts/runtime/postgres/database.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';

const STATEMENT_TIMEOUT_MS = 30_000;
/** SQLSTATE of a table that does not exist. */
const UNDEFINED_TABLE = '42P01';

type Asking = {
  /** Name of the command. */
  readonly command: string;
  /** Statements at a time. */
  readonly connections: number;
  /** Asks, and writes its answer itself. @param host of the database, for messages */
  ask(sql: Database, host: string): Promise<ExitCode>;
};

/** Opens the database of DATABASE_READER_URL, else DATABASE_URL, for one question. Its exit code, or that of what was in the way. */
export async function askHistory({ command, connections, ask }: Asking): Promise<ExitCode> {
  const refuse = (text: string): void => void process.stderr.write(`unrip ${command}: ${text}\n`);
  const loaded = loadConfig(TRACE_VARIABLES, { env: process.env, directory: process.cwd() });
  for (const warning of loaded.warnings) refuse(warning);
  if (!loaded.ok) {
    process.stderr.write(renderProblems(`unrip ${command}`, loaded.problems));
    return EXIT.config;
  }
  const { databaseReaderUrl: reader, databaseUrl } = loaded.config;
  const url = reader ?? databaseUrl;
  const variable = reader === null ? 'DATABASE_URL' : 'DATABASE_READER_URL';
  const host = databaseHostOf(url);
  const sql = openDatabase(url, { name: `unrip-${command}`, connections, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    return await ask(sql, host);
  } catch (error) {
    const isEmpty = troubleOf(error).code === UNDEFINED_TABLE;
    refuse(
      isEmpty
        ? `the database at ${host} has no history tables: run ./unrip migrate`
        : explainDatabase(error, { url, variable }),
    );
    return EXIT.failure;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
