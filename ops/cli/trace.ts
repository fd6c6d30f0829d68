// `./unrip trace QUOTE_ID`: the story of one quote, from PostgreSQL.

import { parseArgs } from 'node:util';
import { TRACE_VARIABLES } from '../../contracts/config/database.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { loadRecords } from '../trace/load.ts';
import { COLOURED, PLAIN, renderStory } from '../trace/render.ts';
import { tellStory } from '../trace/story.ts';
import { printable } from '../trace/words.ts';
import { askHistory } from './ask-history.ts';
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

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip trace: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  return await askHistory({
    command: 'trace',
    connections: 2,
    ask: async (sql, host) => await trace(request, sql, host),
  });
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

async function trace({ quoteId, account, json }: Request, sql: Database, host: string): Promise<ExitCode> {
  const loaded = await loadRecords(sql, quoteId, account);
  if (loaded.kind === 'found') {
    const story = tellStory(loaded.records);
    process.stdout.write(json ? `${JSON.stringify(story)}\n` : renderStory(story, styleOf()));
    return EXIT.ok;
  }
  const shown = printable(quoteId);
  const problem =
    loaded.kind === 'ambiguous'
      ? `quote ${shown} was received by several accounts: add --account ${loaded.accounts.map(printable).join(' or ')}`
      : `no record of quote ${shown}${account === null ? '' : ` for account ${printable(account)}`} in the history at ${host}; a quote that has just arrived may take a second to get there`;
  process.stderr.write(`unrip trace: ${problem}\n`);
  return EXIT.failure;
}

function styleOf() {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' ? COLOURED : PLAIN;
}
