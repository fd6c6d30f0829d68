// Processes that outlive the command which started them: start, recognise again, stop.
// Method: a process is recognised by its command line, which names a path of this checkout that no other process has;
// a number from a pid file alone is never trusted, since after a crash it may belong to a stranger.

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { toolEnvironment } from './tool-environment.ts';

const POLL_MS = 50;

export type Detached = {
  readonly pid: number;
  /** Null while it runs. */
  exitCode(): number | null;
};

let isEnding = false;

/** From now on this process starts no server: it is about to end those that it has started. */
export function startNoMoreServers(): void {
  isEnding = true;
}

/** Starts a process in a session of its own, with both outputs appended to `logFile`; it survives this process. */
export function spawnDetached(
  argv: readonly string[],
  options: { readonly logFile: string; readonly cwd: string; readonly env: Record<string, string> },
): Detached {
  if (isEnding) throw new Error('this process is ending, and starts no server any more');
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = Bun.spawn([...argv], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    return { pid: child.pid, exitCode: () => child.exitCode ?? (child.signalCode === null ? null : 128) };
  } finally {
    closeSync(log);
  }
}

/** The environment that our servers get: enough to run, nothing else (no key, no token, no setting). */
export function serverEnvironment(): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'JAVA_HOME', 'LD_LIBRARY_PATH']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Whether `pid` runs with every one of `marks` in its command line. */
export function isOurs(pid: number, marks: readonly string[]): boolean {
  const line = commandLine(pid);
  return line !== null && marks.every((mark) => line.includes(mark));
}

/** Whether any process has this number, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** Null when there is no such process, or it is already dead and only not yet waited for. */
function commandLine(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      return text === '' ? null : text.replaceAll('\0', ' ');
    } catch {
      return null;
    }
  }
  const ps = Bun.spawnSync(['ps', '-ww', '-o', 'args=', '-p', String(pid)], {
    env: toolEnvironment(),
    stderr: 'ignore',
  });
  const text = ps.stdout.toString().trim();
  return ps.exitCode === 0 && text !== '' ? text : null;
}

/** The number in the first line of a file (a process, a port); null when there is none. */
export function readNumber(path: string): number | null {
  try {
    const number = Number(readFileSync(path, 'utf8').split('\n')[0]);
    return Number.isSafeInteger(number) && number > 1 ? number : null;
  } catch {
    return null;
  }
}

export type StopStep = { readonly signal: NodeJS.Signals; readonly limitMs: number };

/** Sends each signal in turn until the process is gone; fails when the last did not help. */
export async function stopProcess(pid: number, marks: readonly string[], steps: readonly StopStep[]): Promise<void> {
  for (const step of steps) {
    if (!isOurs(pid, marks)) return;
    try {
      process.kill(pid, step.signal);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ESRCH') throw error;
    }
    const endsAtMs = performance.now() + step.limitMs;
    while (isOurs(pid, marks) && performance.now() < endsAtMs) await Bun.sleep(POLL_MS);
  }
  if (isOurs(pid, marks)) throw new Error(`process ${pid} does not end, not even after ${steps.at(-1)?.signal}`);
}

/** Ends what runs with these marks although no pid file knows of it: its directory was deleted under it. */
export async function stopStrays(marks: readonly string[], steps: readonly StopStep[]): Promise<void> {
  for (const pid of runningPids()) if (isOurs(pid, marks)) await stopProcess(pid, marks, steps);
}

/** Small installations of Linux have no `ps`. */
function runningPids(): readonly number[] {
  if (process.platform === 'linux') return readdirSync('/proc').map(Number).filter(Number.isSafeInteger);
  const table = Bun.spawnSync(['ps', '-A', '-o', 'pid='], { env: toolEnvironment(), stderr: 'ignore' });
  return table.stdout.toString().trim().split('\n').map(Number);
}

/** Last lines of a log file, for an error message. */
export function lastLines(path: string, count = 15): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

export type Readiness = {
  readonly what: string;
  readonly limitMs: number;
  readonly logFile: string;
  /** Resolves to a value once the server answers, to null while it does not. */
  probe(): Promise<string | null>;
};

/** Waits until a server that was just started answers; fails, with the end of its log, when it ends or takes too long. */
export async function untilReady(child: Detached, readiness: Readiness): Promise<string> {
  const endsAtMs = performance.now() + readiness.limitMs;
  for (;;) {
    const answer = await readiness.probe();
    if (answer !== null) return answer;
    const code = child.exitCode();
    const tail = () => `${readiness.logFile} ends with:\n${lastLines(readiness.logFile)}`;
    if (code !== null) throw new Error(`${readiness.what} ended at its start with code ${code}; ${tail()}`);
    if (performance.now() > endsAtMs) {
      throw new Error(`${readiness.what} did not answer within ${readiness.limitMs} ms; ${tail()}`);
    }
    await Bun.sleep(POLL_MS);
  }
}
