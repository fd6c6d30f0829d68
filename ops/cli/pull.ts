// `./unrip pull`: the engine of STATE_DIR withdraws its live quotes. Works whether it is armed or not.

import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { PullAnswer, type PullBody } from '../../contracts/control/pull.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Command } from './command.ts';
import { CALL_VARIABLES, findEngine, processShell, type Shell } from './engine-call.ts';

const HELP = `./unrip pull [--all | --asset BTC|EURe]

Withdraws live quotes of the engine that runs with STATE_DIR: uses up their nonces with an empty intent, over the relay or as a
NEAR transaction (PULL_VIA of the engine), so that none of them can settle any more. Works while the engine is armed, disarmed,
paused or draining, and neither arms nor disarms it: an armed engine goes on quoting. To stop it as well: ./unrip disarm --pull.

  --all          all live quotes (the default)
  --asset NAME   only quotes that pay this asset, BTC or EURe

The command ends when the withdrawal has begun. Until a final block shows a nonce used, which takes some seconds, a quote under it
can still settle, and its capital stays reserved: see pulls in GET /executor/state. Exit code 0 when it has begun, or when nothing
was live; 1 when it was refused or the result is not known.

${helpText(CALL_VARIABLES)}`;

export const command: Command = {
  name: 'pull',
  summary: 'withdraw live quotes of a running engine',
  help: HELP,
  run: (args) => pull(args, processShell()),
};

const Answer = Type.Object({ to: PullAnswer });

/** What is asked for, or what is wrong with the arguments. */
export function parse(args: readonly string[]): PullBody | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { all: { type: 'boolean', default: false }, asset: { type: 'string' } },
    });
    const { all, asset } = values;
    if (asset === undefined) return {};
    if (all) return '--all and --asset exclude each other';
    return asset === 'BTC' || asset === 'EURe' ? { asset } : `--asset is BTC or EURe, not ${JSON.stringify(asset)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function pull(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const body = parse(args);
  if (typeof body === 'string') {
    shell.err(`unrip pull: ${body}\n\n${HELP}`);
    return EXIT.usage;
  }
  const engine = findEngine('pull', shell);
  if (typeof engine === 'number') return engine;
  const result = await engine.pull(body);
  if (result.kind !== 'done') {
    const word = result.kind === 'refused' ? 'refused' : 'it is not known whether quotes are withdrawn';
    shell.err(`unrip pull: ${word}: ${result.detail}\n`);
    return EXIT.failure;
  }
  if (!Value.Check(Answer, result.answer)) {
    shell.err('unrip pull: the answer of the engine does not tell what was withdrawn; see GET /executor/state\n');
    return EXIT.failure;
  }
  shell.out(linesOf(result.answer.to));
  return EXIT.ok;
}

/** What a call came to, in words. */
export function linesOf({ begun, under_way: underWay }: PullAnswer): string {
  const lines = begun.map(
    ({ asset, lane, live_quotes: quotes }) => `withdrawing: lane ${lane} of ${asset}, ${quotes} live quotes\n`,
  );
  if (underWay > 0) lines.push(`begun before: ${underWay} lanes\n`);
  return lines.length === 0 ? 'no live quotes\n' : lines.join('');
}
