// `./unrip trace QUOTE_ID`: the story of one quote, from PostgreSQL.

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
import { loadRecords } from '../trace/load.ts';
import { COLOURED, PLAIN, renderStory } from '../trace/render.ts';
import { tellStory } from '../trace/story.ts';
import { printable } from '../trace/words.ts';
import type { Command } from './command.ts';

const HELP = `./unrip trace QUOTE_ID [--json] [--account ID]

Prints the story of one quote: the request, the price and inventory known at that time, the decision and its reason, the
command and the signed answer, the replies of the venue, the outcome, and which records are missing. Exit code 1 for an
unknown id.

  --json         one JSON object: request, decision, command, transitions, settlement, siblings, missing, and more
  --account ID   the account, if several accounts received the quote

${helpText(TRACE_VARIABLES)}`;

export const command: Command = { name: 'trace', summary: 'the story of one quote', help: HELP, run };

type Request = { readonly quoteId: string; readonly json: boolean; readonly account: string | null };

const STATEMENT_TIMEOUT_MS = 30_000;
/** SQLSTATE of a table that does not exist. */
const UNDEFINED_TABLE = '42P01';

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip trace: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const loaded = loadConfig(TRACE_VARIABLES, { env: process.env, directory: process.cwd() });
  if (loaded.ok) {
    const { databaseReaderUrl, databaseUrl } = loaded.config;
    const reader = databaseReaderUrl === null ? null : { url: databaseReaderUrl, variable: 'DATABASE_READER_URL' };
    return await trace(request, reader ?? { url: databaseUrl, variable: 'DATABASE_URL' });
  }
  process.stderr.write(renderProblems('unrip trace', loaded.problems));
  return EXIT.config;
}

/** The request, or what is wrong with it. */
export function parse(args: readonly string[]): Request | string {
  try {
    const options = { json: { type: 'boolean', default: false }, account: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [quoteId] = positionals;
    if (quoteId === undefined || positionals.length !== 1) return 'give one quote id';
    return { quoteId, json: values.json, account: values.account ?? null };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function trace(request: Request, database: NamedDatabase): Promise<ExitCode> {
  const { url } = database;
  const sql = openDatabase(url, { name: 'unrip-trace', connections: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    const loaded = await loadRecords(sql, request.quoteId, request.account);
    if (loaded.kind === 'found') {
      const story = tellStory(loaded.records);
      process.stdout.write(request.json ? `${JSON.stringify(story)}\n` : renderStory(story, styleOf()));
      return EXIT.ok;
    }
    const shown = printable(request.quoteId);
    const problem =
      loaded.kind === 'ambiguous'
        ? `quote ${shown} was received by several accounts: add --account ${loaded.accounts.map(printable).join(' or ')}`
        : `no record of quote ${shown}${request.account === null ? '' : ` for account ${printable(request.account)}`} in the history at ${databaseHostOf(url)}; a quote that has just arrived may take a second to get there`;
    process.stderr.write(`unrip trace: ${problem}\n`);
    return EXIT.failure;
  } catch (error) {
    const { code } = troubleOf(error);
    const text =
      code === UNDEFINED_TABLE
        ? `the database at ${databaseHostOf(url)} has no history tables: run ./unrip migrate`
        : explainDatabase(error, database);
    process.stderr.write(`unrip trace: ${text}\n`);
    return EXIT.failure;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function styleOf() {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' ? COLOURED : PLAIN;
}
