// `./unrip replay`: has the running simulator play a tape to the engine that is connected to it, shows how far it is, and
// says in the end what came of it. The frames go from the simulator to the engine over the same sockets as ever.

import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { askSim, findSim, SimCounts, TapeStatus } from '../sim/client.ts';
import type { Command } from './command.ts';
import { DEFAULT_DIR, parseReplayArgs, type ReplayOptions } from './sim-options.ts';

const HELP = `./unrip replay TAPE [options]

Plays a tape of quote requests and prices to a running engine, through a running \`./unrip sim\` that the engine is connected
to.

  --speed N|max    speed relative to the recording (default 1), or as fast as the engine can read
  --sim URL|FILE   control URL of the simulator, or its sim.json (default ${DEFAULT_DIR}/sim.json)
  --recorded-ids   keep the recorded quote ids; by default each run uses new ids, because an engine answers no quote id
                   twice

A tape of ten minutes: ops/sim/tape/tapes/btc-eure-10min.tape
`;

export const command: Command = {
  name: 'replay',
  summary: 'play a tape of quote requests to a running engine',
  help: HELP,
  run,
};

const LOOK_EVERY_MS = 500;
/** Without a terminal a line of progress comes this seldom. */
const LINE_EVERY_MS = 10_000;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** One line of progress. */
export function progressLine(status: TapeStatus): string {
  const { played, total, tape_ms, duration_ms, elapsed_ms } = status;
  return `${played} of ${total} frames, ${seconds(tape_ms)} of ${seconds(duration_ms)} of the tape, ${seconds(elapsed_ms)} passed`;
}

function byReason(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return sorted.length === 0 ? '' : `: ${sorted.map(([reason, count]) => `${reason} ${count}`).join(', ')}`;
}

const minus = (after: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );

/** What came of the run: the difference of the counts before and after it. */
export function summaryOf(before: SimCounts, after: SimCounts): string {
  const settled = after.settled - before.settled;
  const failed = after.failed_settlements - before.failed_settlements;
  return [
    `asked     ${after.asked - before.asked}`,
    `answered  ${after.answers - before.answers}`,
    `accepted  ${after.accepted - before.accepted}`,
    `refused   ${after.refused - before.refused}${byReason(minus(after.refusals, before.refusals))}`,
    `settled   ${settled}`,
    `chosen but not settled  ${failed}${byReason(minus(after.failures, before.failures))}`,
    '',
  ].join('\n');
}

async function run(args: readonly string[]): Promise<ExitCode> {
  const parsed = parseReplayArgs(args);
  if (!parsed.ok) {
    process.stderr.write(`unrip replay: ${parsed.reason}\n\n${HELP}`);
    return EXIT.usage;
  }
  const found = await findSim(parsed.options.sim);
  if (!found.ok) return fail(found.reason);
  return await replay(found.body, parsed.options);
}

function fail(reason: string): ExitCode {
  process.stderr.write(`unrip replay: ${reason}\n`);
  return EXIT.failure;
}

async function replay(url: string, options: ReplayOptions): Promise<ExitCode> {
  const before = await askSim(SimCounts, `${url}/counts`);
  if (!before.ok) return fail(before.reason);
  const body = { path: resolve(options.tape), speed: options.speed, quote_ids: options.quoteIds };
  const started = await askSim(TapeStatus, `${url}/tape`, 'POST', body);
  if (!started.ok) return fail(started.reason);
  const ended = await watch(url);
  if (!ended.ok) return fail(ended.reason);
  const after = await askSim(SimCounts, `${url}/counts`);
  if (!after.ok) return fail(after.reason);
  process.stdout.write(`played    ${progressLine(ended.body)}\n${summaryOf(before.body, after.body)}`);
  const { state, reason, refused, first_refusal: first } = ended.body;
  if (refused > 0) process.stderr.write(`unrip replay: ${refused} price frames were not accepted; first: ${first}\n`);
  if (state === 'complete') return EXIT.ok;
  return fail(state === 'stopped' ? 'the tape was stopped' : `the tape stopped with an error: ${reason}`);
}

/** Shows the progress until the tape has ended; an interrupt stops the tape. */
async function watch(url: string) {
  const isTerminal = process.stderr.isTTY;
  const stop = (): void => {
    void askSim(TapeStatus, `${url}/tape`, 'DELETE');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let lineDueAtMs = 0;
  try {
    for (;;) {
      const status = await askSim(TapeStatus, `${url}/tape`);
      const isOver = !status.ok || status.body.state !== 'playing';
      if (status.ok && (isTerminal || performance.now() >= lineDueAtMs)) {
        lineDueAtMs = performance.now() + LINE_EVERY_MS;
        process.stderr.write(isTerminal ? `\r\x1b[K${progressLine(status.body)}` : `${progressLine(status.body)}\n`);
      }
      if (isOver) return status;
      await Bun.sleep(LOOK_EVERY_MS);
    }
  } finally {
    if (isTerminal) process.stderr.write('\n');
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
