// A program that is not ours, as a child: bare environment, output in a file, ended with the run at the latest.

import { closeSync, openSync } from 'node:fs';
import { lastLines } from '../stack/process.ts';
import { within } from '../testing/wait.ts';

const STOP_LIMIT_MS = 5_000;

export type ForeignOptions = {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** All that it gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and standard error. */
  readonly logPath: string;
};

export type Foreign = {
  readonly pid: number;
  readonly logPath: string;
  readonly exited: Promise<number>;
  /** @throws Error when it has ended */
  assertRunning(): void;
  /** SIGTERM, and SIGKILL when that takes too long. */
  stop(): Promise<void>;
};

export function startForeign({ argv, cwd, env, logPath }: ForeignOptions): Foreign {
  const log = openSync(logPath, 'w', 0o600);
  const child = Bun.spawn([...argv], { cwd, env: { ...env }, stdio: ['ignore', log, log] });
  closeSync(log);
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = child.exited.finally(() => process.off('exit', kill));
  return {
    pid: child.pid,
    logPath,
    exited,
    assertRunning() {
      if (child.exitCode === null && child.signalCode === null) return;
      throw new Error(`${argv[0]} has ended with ${child.exitCode}; ${logPath} ends with:\n${lastLines(logPath)}`);
    },
    async stop() {
      child.kill('SIGTERM');
      const what = { what: `the end of ${argv[0]}`, limitMs: STOP_LIMIT_MS };
      await within(exited, what).catch(kill);
      await exited;
    },
  };
}
