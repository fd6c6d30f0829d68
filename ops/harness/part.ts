// One of our processes as a child: started with a bare environment, its output in a file, stopped with patience and then
// without. Demo, bench and whole-system tests start everything this way, so that they see what an operator would see.
//
// Each child is a session of its own: a Ctrl-C at the terminal reaches the parent alone, which then stops its children in
// order, once. A `.part` file next to it names the process, so that a later run finds what a killed parent left (stale.ts).

import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { serverEnvironment } from '../stack/process.ts';
import { within } from '../testing/wait.ts';
import { notePart, PART_FILE_SUFFIX } from './stale.ts';

const MAIN = 'ops/cli/main.ts';

/** Longer than the longest drain that a part is started with. */
const STOP_LIMIT_MS = 15_000;
const KILL_LIMIT_MS = 5_000;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

export type PartOptions = {
  /** Names its log and its file in the table of children; one at a time in a directory. */
  readonly name: string;
  /** Program that it runs, from the root of the checkout: that of `./unrip` unless said otherwise. */
  readonly main?: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** Where it runs, its log lies, and no `.env` does. */
  readonly dir: string;
  /** In addition to the bare environment; nothing of the caller's own is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Checkout whose program it runs: this one unless said otherwise. */
  readonly checkout?: string;
};

export type Part = {
  readonly name: string;
  readonly pid: number;
  /** Standard output and standard error, appended to. */
  readonly logPath: string;
  /** Resolves to the exit code; 128 and the signal's number when a signal ended it. */
  readonly exited: Promise<number>;
  /** Null while it runs. */
  exitCode(): number | null;
  /** SIGTERM, and SIGKILL when that takes too long. Gives the exit code; also when it had ended before. */
  stop(): Promise<number>;
  /** SIGKILL. */
  kill(): Promise<number>;
};

/** Starts `./unrip ARGS` and does not wait for anything of it. */
export function startPart(options: PartOptions): Part {
  const { name, dir } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const logPath = join(dir, `${name}.log`);
  const partFile = join(dir, `${name}${PART_FILE_SUFFIX}`);
  const log = openSync(logPath, 'a', 0o600);
  const child = spawn(options, log);
  closeSync(log);
  notePart(partFile, { pid: child.pid, command: options.args[0] ?? name });

  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let code: number | null = null;
  const exited = child.exited.then((status) => {
    code = child.signalCode === null ? status : 128 + (SIGNAL_NUMBERS[child.signalCode] ?? 0);
    process.off('exit', kill);
    rmSync(partFile, { force: true });
    return code;
  });
  const end = async (signal: NodeJS.Signals, limitMs: number): Promise<number> => {
    child.kill(signal);
    return await within(exited, { what: `the end of ${name} (process ${child.pid}) after ${signal}`, limitMs });
  };
  return {
    name,
    pid: child.pid,
    logPath,
    exited,
    exitCode: () => code,
    async stop() {
      if (code !== null) return code;
      try {
        return await end('SIGTERM', STOP_LIMIT_MS);
      } catch {
        return await end('SIGKILL', KILL_LIMIT_MS);
      }
    },
    kill: async () => code ?? (await end('SIGKILL', KILL_LIMIT_MS)),
  };
}

/** What ./unrip sets as well. */
function launcherEnvironment(command: string | undefined): Readonly<Record<string, string>> {
  return { UV_THREADPOOL_SIZE: '8', ...(command === 'history-writer' ? { BUN_JSC_forceRAMSize: '335544320' } : {}) };
}

function spawn({ main = MAIN, args, dir, env, checkout = CHECKOUT }: PartOptions, log: number) {
  const config = `--config=${join(checkout, 'bunfig.toml')}`;
  return Bun.spawn([process.execPath, '--no-env-file', config, join(checkout, main), ...args], {
    cwd: dir,
    env: { ...serverEnvironment(), ...launcherEnvironment(args[0]), ...env },
    stdio: ['ignore', log, log],
    detached: true,
  });
}
