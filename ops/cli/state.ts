// `./unrip state`: the state of the engine of STATE_DIR, on one screen or one part in full.

import { parseArgs } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { EngineState, EngineStateAnswer, isComplete } from '../../contracts/control/engine-state.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { stateLines } from '../console/state-view.ts';
import { tree } from '../console/words.ts';
import { printable } from '../trace/words.ts';
import type { Command } from './command.ts';
import { CALL_VARIABLES, findEngine, processShell, type Shell } from './engine-call.ts';

const SECTIONS: readonly string[] = Object.entries(EngineState.properties).flatMap(([name, schema]) =>
  'properties' in schema || 'anyOf' in schema ? [name] : [],
);

const HELP = `./unrip state [PART] [--json]

Prints the state of the engine that runs with STATE_DIR: whether it trades, and for each part whether it is healthy and
connected, what it uses as input, its last success, why it is blocked, and whether its state is authoritative or stale.

  PART     all fields of one part: ${SECTIONS.join(', ')}
  --json   the answer of GET /state, or its part, as JSON

The token of a viewer is enough. Exit code 0 when the state was printed, also of an unhealthy engine; 1 when the engine does
not run, does not answer, or does not accept the token.

${helpText(CALL_VARIABLES)}`;

export const command: Command = {
  name: 'state',
  summary: 'the state of a running engine',
  help: HELP,
  run: (args) => state(args, processShell()),
};

type Request = { readonly part: string | null; readonly json: boolean };

/** What is asked for, or what is wrong with the arguments. */
export function parse(args: readonly string[]): Request | string {
  try {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [part = null, ...more] = positionals;
    if (more.length > 0) return 'takes one PART';
    if (part !== null && !SECTIONS.includes(part)) return `there is no part ${JSON.stringify(part)}`;
    return { part, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function state(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const request = parse(args);
  if (typeof request === 'string') {
    shell.err(`unrip state: ${request}\n\n${HELP}`);
    return EXIT.usage;
  }
  const engine = findEngine('state', shell);
  if (typeof engine === 'number') return engine;
  const result = await engine.get('/state');
  if (result.kind !== 'done') {
    shell.err(`unrip state: ${printable(result.detail)}\n`);
    return EXIT.failure;
  }
  const { answer } = result;
  if (typeof answer !== 'object' || answer === null) {
    shell.err('unrip state: the answer is no state of an engine\n');
    return EXIT.failure;
  }
  return show(answer, request, shell);
}

function show(answer: object, { part, json }: Request, shell: Shell): ExitCode {
  if (Value.Check(EngineStateAnswer, answer) && !isComplete(answer)) {
    shell.err(
      `unrip state: the engine cannot read ${answer.unreadable.join(', ')}; state_unreadable in its log has why\n`,
    );
  }
  const shown: unknown = part === null ? answer : Object.getOwnPropertyDescriptor(answer, part)?.value;
  if (json) {
    shell.out(`${JSON.stringify(shown, null, 2)}\n`);
    return EXIT.ok;
  }
  // An engine of another version has other fields: all of them are shown, in no particular form.
  const isKnown = part === null && Value.Check(EngineState, answer);
  const lines = isKnown ? stateLines(answer, machineClock.nowMs()) : tree(shown);
  shell.out(lines.map((line) => `${printable(line)}\n`).join(''));
  return EXIT.ok;
}
