// `./unrip top`: the engine of STATE_DIR on a full screen, read again every second, with its events as they come.

import { parseArgs } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { type EngineState, EngineStateAnswer, isComplete } from '../../contracts/control/engine-state.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { helpText } from '../../contracts/runtime/config/help.ts';
import { EXIT, type ExitCode } from '../../contracts/runtime/process/exit.ts';
import { earlierLines, eventLine } from '../console/event-lines.ts';
import { openTerminal, sizeOf, type Terminal } from '../console/terminal.ts';
import { type TopFrame, topLines } from '../console/top-view.ts';
import { printable } from '../trace/words.ts';
import type { Command } from './command.ts';
import { CALL_VARIABLES, type EngineCaller, findEngine, processShell, type Shell } from './engine-call.ts';

const HELP = `./unrip top [--once]

Shows the engine that runs with STATE_DIR on the full screen of the terminal: whether it trades, its parts, price, balances,
counts and latencies, and below them decisions, results, actions and changes of health as they happen. Ends with q or Ctrl-C.

  --once   print one frame as plain text and end; needs no terminal

The token of a viewer is enough. Exit code 1 when the engine does not run, does not answer, or does not accept the token.

${helpText(CALL_VARIABLES)}`;

export const command: Command = {
  name: 'top',
  summary: 'a running engine on a full screen',
  help: HELP,
  run: (args) => top(args, processShell(), () => openTerminal({ input: process.stdin, output: process.stdout })),
};

const REFRESH_MS = 1000;
/** A state that is asked for again and not there after this is shown as old. */
const LATE_MS = 2000;
/** Events are drawn together: more often nobody reads. */
const DRAW_MS = 100;
/** Lines of events that are kept: more than a screen has. */
const EVENTS_MAX = 500;
const QUIT_KEYS: ReadonlySet<string> = new Set(['q', 'Q', '\x03', '\x04']);
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function top(args: readonly string[], shell: Shell, openScreen: () => Terminal | null): Promise<ExitCode> {
  let once: boolean;
  try {
    once = parseArgs({ args: [...args], options: { once: { type: 'boolean', default: false } } }).values.once;
  } catch (error) {
    shell.err(`unrip top: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return EXIT.usage;
  }
  const engine = findEngine('top', shell);
  if (typeof engine === 'number') return engine;
  // Before the screen is taken: why it cannot be shown is to be read after it as well.
  const first = await readState(engine);
  if (typeof first === 'string') {
    shell.err(`unrip top: ${printable(first)}\n`);
    return EXIT.failure;
  }
  if (once) {
    const frame: TopFrame = { state: first, trouble: null, events: earlierLines(first), eventsTrouble: 'not followed' };
    shell.out(
      topLines(frame, sizeOf({}), machineClock.nowMs())
        .map((line) => `${line}\n`)
        .join(''),
    );
    return EXIT.ok;
  }
  const screen = openScreen();
  if (screen === null) {
    shell.err('unrip top: needs a terminal; for scripts: ./unrip top --once, or ./unrip state\n');
    return EXIT.usage;
  }
  try {
    await follow({ engine, shell, first, screen });
  } finally {
    screen.restore();
  }
  return EXIT.ok;
}

/** The state, or why there is none. */
async function readState(engine: EngineCaller): Promise<EngineState | string> {
  const result = await engine.get('/state');
  if (result.kind !== 'done') return result.detail;
  const { answer } = result;
  if (!Value.Check(EngineStateAnswer, answer))
    return 'the engine runs another version of unrip; use ./unrip state of that version';
  return isComplete(answer)
    ? answer
    : `the engine cannot read ${answer.unreadable.join(', ')}: ./unrip state has the rest`;
}

type Following = {
  readonly engine: EngineCaller;
  readonly shell: Shell;
  readonly first: EngineState;
  readonly screen: Terminal;
};

/** Until the operator ends it. An engine that was started again is found again. */
async function follow({ engine: found, shell, first, screen }: Following): Promise<void> {
  const events = earlierLines(first);
  let engine = found;
  let frame: TopFrame = { state: first, trouble: null, events, eventsTrouble: 'connecting' };
  const draw = (over: Partial<TopFrame>): void => {
    frame = { ...frame, ...over };
    screen.draw(topLines(frame, screen.size(), machineClock.nowMs()));
  };
  let isDue = false;
  const stopDrawing = machineClock.every(DRAW_MS, () => {
    if (isDue) draw({});
    isDue = false;
  });
  let stopFollowing: (() => void) | null = null;
  const followEvents = (): void => {
    stopFollowing ??= engine.follow(
      (message) => {
        const line = eventLine(message);
        if (line !== null) events.push(line);
        if (events.length > EVENTS_MAX) events.splice(0, events.length - EVENTS_MAX);
        frame = { ...frame, eventsTrouble: null };
        isDue = true;
      },
      (why) => {
        stopFollowing = null;
        draw({ eventsTrouble: why });
      },
    );
  };
  const refresh = async (): Promise<void> => {
    const stopWaiting = machineClock.after(LATE_MS, () => draw({ trouble: `no answer for ${LATE_MS / 1000} s` }));
    const state = await readState(engine).finally(stopWaiting);
    if (typeof state !== 'string') {
      draw({ state, trouble: null });
      followEvents();
      return;
    }
    draw({ trouble: state });
    const next = findEngine('top', { ...shell, err: () => {} });
    if (typeof next !== 'number') engine = next;
  };
  const ended = whenEnded(screen);
  screen.onResize(() => draw({}));
  draw({});
  followEvents();
  try {
    while (!(await ended.within(REFRESH_MS))) await Promise.race([refresh(), ended.promise]);
  } finally {
    ended.release();
    stopDrawing();
    (stopFollowing as (() => void) | null)?.();
  }
}

/** A key, or a signal that ends the process. */
function whenEnded(screen: Terminal) {
  const { promise, resolve } = Promise.withResolvers<true>();
  const end = (): void => resolve(true);
  screen.onKey((keys) => {
    if ([...keys].some((key) => QUIT_KEYS.has(key))) end();
  });
  for (const signal of SIGNALS) process.once(signal, end);
  return {
    promise,
    async within(ms: number): Promise<boolean> {
      const { promise: passed, resolve: pass } = Promise.withResolvers<false>();
      const stop = machineClock.after(ms, () => pass(false));
      const isOver = await Promise.race([promise, passed]);
      stop();
      return isOver;
    },
    release() {
      for (const signal of SIGNALS) process.off(signal, end);
    },
  };
}
