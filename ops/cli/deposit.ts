// `./unrip deposit TX_HASH`: the evidence of one deposit, from PostgreSQL.

import { parseArgs } from 'node:util';
import { TRACE_VARIABLES } from '../../contracts/config/database.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { DEPOSITS_MAX, loadEvidence, ROWS_MAX } from '../deposit/load.ts';
import { renderEvidence } from '../deposit/render.ts';
import { printable } from '../trace/words.ts';
import { askHistory } from './ask-history.ts';
import type { Command } from './command.ts';

const HELP = `./unrip deposit TX_HASH [--all] [--json]

Prints the evidence of one deposit for the support of the bridge: the transaction on the other chain, its confirmations and blocks
with times, what the bridge answered, and what was credited. Exit code 1 for an unknown transaction.

  --all    every record; else the newest ${ROWS_MAX} of its outputs and of its deposits each, and at most ${DEPOSITS_MAX} deposits.
           How many are left out is said in either case.
  --json   one JSON object: observations, actions, and in omitted the numbers of records that are not in it

${helpText(TRACE_VARIABLES)}`;

export const command: Command = { name: 'deposit', summary: 'the evidence of one deposit', help: HELP, run };

type Request = { readonly txHash: string; readonly all: boolean; readonly json: boolean };

const TX_HASH = /^(?:0x)?[0-9a-zA-Z]{16,128}$/;

async function run(args: readonly string[]): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    process.stderr.write(`unrip deposit: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const { txHash, all, json } = request;
  return await askHistory({
    command: 'deposit',
    connections: 1,
    async ask(sql, host) {
      const evidence = await loadEvidence(sql, txHash, all);
      const { observations, actions, omitted } = evidence;
      if (observations.length + actions.length + omitted.unreadable > 0) {
        process.stdout.write(json ? `${JSON.stringify(evidence)}\n` : renderEvidence(txHash, evidence));
        return EXIT.ok;
      }
      process.stderr.write(
        `unrip deposit: no record of transaction ${txHash} in the history at ${host}; one that has just been seen may take a minute to get there\n`,
      );
      return EXIT.failure;
    },
  });
}

/** The request, or what is wrong with it. Transactions are in lower case, as the observers keep them. */
export function parse(args: readonly string[]): Request | string {
  try {
    const options = { all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [txHash] = positionals;
    if (txHash === undefined || positionals.length !== 1) return 'give one transaction of the other chain';
    if (!TX_HASH.test(txHash)) return `${printable(txHash)} is no transaction hash`;
    return { txHash: txHash.toLowerCase(), all: values.all, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
