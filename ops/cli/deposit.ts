// `./unrip deposit TX_HASH`: the evidence of one deposit, from PostgreSQL.

import { parseArgs } from 'node:util';
import { TRACE_VARIABLES } from '../../contracts/config/database.ts';
import { databaseHostOf } from '../../contracts/database-url.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { loadConfig, renderProblems } from '../../contracts/runtime/config/load.ts';
import {
  explainDatabase,
  type NamedDatabase,
  openDatabase,
  troubleOf,
} from '../../contracts/runtime/postgres/database.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { loadEvidence } from '../deposit/load.ts';
import { renderEvidence } from '../deposit/render.ts';
import { printable } from '../trace/words.ts';
import type { Command } from './command.ts';

const HELP = `./unrip deposit TX_HASH [--json]

Prints the evidence of one deposit for the support of the bridge: the transaction on the other chain, its confirmations and blocks
with times, what the bridge answered, and what was credited. Exit code 1 for an unknown transaction.

  --json   one JSON object: observations, actions

${helpText(TRACE_VARIABLES)}`;

export const command: Command = { name: 'deposit', summary: 'the evidence of one deposit', help: HELP, run };

type Request = { readonly txHash: string; readonly json: boolean };

const STATEMENT_TIMEOUT_MS = 30_000;
/** SQLSTATE of a table that does not exist. */
const UNDEFINED_TABLE = '42P01';
const TX_HASH = /^(?:0x)?[0-9a-zA-Z]{16,128}$/;

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip deposit: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const loaded = loadConfig(TRACE_VARIABLES, { env: process.env, directory: process.cwd() });
  if (loaded.ok) {
    const { databaseReaderUrl, databaseUrl } = loaded.config;
    const reader = databaseReaderUrl === null ? null : { url: databaseReaderUrl, variable: 'DATABASE_READER_URL' };
    return await show(request, reader ?? { url: databaseUrl, variable: 'DATABASE_URL' });
  }
  process.stderr.write(renderProblems('unrip deposit', loaded.problems));
  return EXIT.config;
}

/** The request, or what is wrong with it. Transactions are in lower case, as the observers keep them. */
export function parse(args: readonly string[]): Request | string {
  try {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [txHash] = positionals;
    if (txHash === undefined || positionals.length !== 1) return 'give one transaction of the other chain';
    if (!TX_HASH.test(txHash)) return `${printable(txHash)} is no transaction hash`;
    return { txHash: txHash.toLowerCase(), json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function show({ txHash, json }: Request, database: NamedDatabase): Promise<ExitCode> {
  const { url } = database;
  const sql = openDatabase(url, { name: 'unrip-deposit', connections: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    const evidence = await loadEvidence(sql, txHash);
    if (evidence.observations.length + evidence.actions.length > 0) {
      process.stdout.write(json ? `${JSON.stringify(evidence)}\n` : renderEvidence(txHash, evidence));
      return EXIT.ok;
    }
    process.stderr.write(
      `unrip deposit: no record of transaction ${txHash} in the history at ${databaseHostOf(url)}; one that has just been seen may take a minute to get there\n`,
    );
    return EXIT.failure;
  } catch (error) {
    const { code } = troubleOf(error);
    const text =
      code === UNDEFINED_TABLE
        ? `the database at ${databaseHostOf(url)} has no history tables: run ./unrip migrate`
        : explainDatabase(error, database);
    process.stderr.write(`unrip deposit: ${text}\n`);
    return EXIT.failure;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
