// `./unrip republish`: makes the engine of STATE_DIR send records of its journal to Kafka again, for topics that lost what they
// had acknowledged. Starts it and follows it to its end; its progress is asked with the same route.

import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { RepublishBody } from '../../contracts/control/republish.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import type { CallResult } from '../../contracts/runtime/control/client.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import type { Command } from './command.ts';
import { CALL_VARIABLES, type EngineCaller, findEngine, processShell, type Shell } from './engine-call.ts';

const HELP = `./unrip republish --from POSITION [--to POSITION] [--topic NAME]... [--detach]
./unrip republish --status
./unrip republish --cancel

Sends records of the journal to Kafka again, when Kafka has lost records that it had acknowledged: a topic was deleted and
created again, or a broker lost its disk. The engine must be running with this STATE_DIR and keeps trading. Each record keeps
its event id, so the history-writer skips records that PostgreSQL has. The command shows the progress until the end; Ctrl-C
stops the command, not the republish.

  --from POSITION   first record to send. After a loss, --status shows a safe position, as do the note
                    republish_from:POSITION of /healthz and the metric unrip_republish_from_position
  --to POSITION     last record to send (default: the newest on disk)
  --topic NAME      only records of this topic; may be repeated (default: all)
  --detach          do not wait for the end
  --status          print what was lost, and the progress of a republish
  --cancel          stop the running republish

Exit code 0 when it is done (with --detach: started; with --cancel: cancelled), 1 when it was refused, stopped early, or the
result is not known.

${helpText(CALL_VARIABLES)}`;

export const command: Command = {
  name: 'republish',
  summary: 'send records of the journal to Kafka again',
  help: HELP,
  run: (args) => republish(args, processShell()),
};

const PATH = '/bus/republish';
const POLL_MS = 1_000;
/** A line of progress at most this often. */
const LINE_EVERY_POLLS = 5;
/** Polls without an answer before it is given up. */
const UNANSWERED_MAX = 5;

export type Call =
  | { readonly kind: 'start'; readonly body: RepublishBody; readonly detach: boolean }
  | { readonly kind: 'status' }
  | { readonly kind: 'cancel' };

const isTopic = (name: string): name is TopicName => TOPICS.some((topic) => topic.name === name);
const positionOf = (text: string): number | null => {
  const position = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(position) ? position : null;
};

/** What is asked for, or what is wrong with the arguments. */
export function parse(args: readonly string[]): Call | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        topic: { type: 'string', multiple: true, default: [] },
        detach: { type: 'boolean', default: false },
        status: { type: 'boolean', default: false },
        cancel: { type: 'boolean', default: false },
      },
    });
    const { from, to, topic: topics, detach, status, cancel } = values;
    if (status || cancel)
      return args.length === 1 ? { kind: status ? 'status' : 'cancel' } : `${args[0]} takes no other option`;
    if (from === undefined) return '--from POSITION is required';
    const [first, last] = [positionOf(from), to === undefined ? undefined : positionOf(to)];
    if (first === null) return '--from takes a position in the journal, a whole number';
    if (last === null) return '--to takes a position in the journal, a whole number';
    const unknown = topics.find((name) => !isTopic(name));
    if (unknown !== undefined)
      return `there is no topic ${unknown}: one of ${TOPICS.map(({ name }) => name).join(', ')}`;
    const named = [...new Set(topics.filter(isTopic))];
    const body = {
      from: first,
      ...(last === undefined ? {} : { to: last }),
      ...(named.length === 0 ? {} : { topics: named }),
    };
    return { kind: 'start', body, detach };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param pollMs between two questions on how far it has come */
export async function republish(args: readonly string[], shell: Shell, pollMs = POLL_MS): Promise<ExitCode> {
  const call = parse(args);
  if (typeof call === 'string') {
    shell.err(`unrip republish: ${call}\n\n${HELP}`);
    return EXIT.usage;
  }
  const engine = findEngine('republish', shell);
  if (typeof engine === 'number') return engine;
  if (call.kind === 'status') return await status(engine, shell);
  if (call.kind === 'cancel') {
    const result = await engine.post(`${PATH}/cancel`, {});
    if (result.kind !== 'done') return failed(result, 'it may still run', shell);
    shell.out('cancelled\n');
    return await status(engine, shell);
  }
  const result = await engine.post(PATH, call.body);
  if (result.kind !== 'done') return failed(result, 'it may have begun: ./unrip republish --status', shell);
  return call.detach ? await status(engine, shell) : await follow(engine, shell, pollMs);
}

function failed(result: Exclude<CallResult, { kind: 'done' }>, unknown: string, shell: Shell): ExitCode {
  shell.err(`unrip republish: ${result.detail}${result.kind === 'unknown' ? `; ${unknown}` : ''}\n`);
  return EXIT.failure;
}

const Range = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  acknowledged: Type.Integer(),
  messages: Type.Integer(),
  refused: Type.Integer(),
  begun_at: Type.String(),
  problem: Type.Union([Type.String(), Type.Null()]),
});
const Waiting = Type.Union([Type.Object({ on: Type.String(), for_ms: Type.Number() }), Type.Null()]);
const View = Type.Object({
  lost_records: Type.Object({
    open: Type.Array(Type.Object({ topic: Type.String(), from: Type.Integer() })),
    fix: Type.Union([Type.String(), Type.Null()]),
  }),
  republish: Type.Object({
    running: Type.Union([Type.Composite([Range, Type.Object({ waiting: Waiting })]), Type.Null()]),
    last: Type.Union([Type.Composite([Range, Type.Object({ outcome: Type.String() })]), Type.Null()]),
  }),
});

async function viewOf(engine: EngineCaller) {
  const result = await engine.get(PATH);
  if (result.kind !== 'done') return result.detail;
  return Value.Check(View, result.answer) ? result.answer : 'the engine answered in the format of another version';
}

type View = Exclude<Awaited<ReturnType<typeof viewOf>>, string>;
type Running = NonNullable<View['republish']['running']>;
type Last = NonNullable<View['republish']['last']>;

async function status(engine: EngineCaller, shell: Shell): Promise<ExitCode> {
  const view = await viewOf(engine);
  if (typeof view === 'string') {
    shell.err(`unrip republish: ${view}\n`);
    return EXIT.failure;
  }
  const { running, last } = view.republish;
  shell.out(lostLine(view));
  if (running !== null) shell.out(progressLine(running));
  if (last !== null) shell.out(lastLine(last));
  return EXIT.ok;
}

async function follow(engine: EngineCaller, shell: Shell, pollMs: number): Promise<ExitCode> {
  let unanswered = 0;
  for (let polls = 0; unanswered < UNANSWERED_MAX; polls++) {
    const view = await viewOf(engine);
    if (typeof view === 'string') {
      unanswered++;
      if (unanswered === UNANSWERED_MAX) shell.err(`unrip republish: ${view}; the republish continues in the engine\n`);
    } else {
      unanswered = 0;
      const { running, last } = view.republish;
      if (running === null) {
        shell.out(last === null ? '' : lastLine(last));
        shell.out(lostLine(view));
        return last?.outcome === 'done' ? EXIT.ok : EXIT.failure;
      }
      if (polls % LINE_EVERY_POLLS === 0) shell.out(progressLine(running));
    }
    await new Promise<void>((resolve) => setTimeout(resolve, pollMs));
  }
  return EXIT.failure;
}

function lostLine({ lost_records: { open, fix } }: View): string {
  if (fix === null) return 'no topic is known to lack records\n';
  return `records are gone from ${open.map(({ topic }) => topic).join(', ')}: ${fix}\n`;
}

/** Anything shorter is a matter of course. */
const WAITING_SAID_MS = 1_000;

function progressLine({ from, to, acknowledged, waiting, problem }: Running): string {
  const waits = waiting === null || waiting.for_ms < WAITING_SAID_MS ? '' : `, waits on ${waiting.on}`;
  return `records ${from} to ${to}: Kafka has them up to ${acknowledged}${waits}${problem === null ? '' : ` (${problem})`}\n`;
}

function lastLine({ from, to, acknowledged, messages, refused, problem, outcome }: Last): string {
  const reached = outcome === 'done' ? '' : `, Kafka has them up to ${acknowledged}`;
  const dead = refused === 0 ? '' : `, ${refused} refused by Kafka`;
  return `${outcome}: records ${from} to ${to}, ${messages} messages${dead}${reached}${problem === null ? '' : ` (${problem})`}\n`;
}
