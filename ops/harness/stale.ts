// Children that a killed parent left behind: each is noted in a file of its directory, found there by the next run, and
// ended. A number alone is never trusted: the process must run this checkout's command and have been started at the
// moment that was noted, so that a stranger who got the number since is left in peace.

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { CHECKOUT } from '../stack/directory.ts';
import { isOurs, stopProcess } from '../stack/process.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';

export const PART_FILE_SUFFIX = '.part';

const KILL_LIMIT_MS = 5_000;

const Noted = Type.Object({
  pid: Type.Integer({ minimum: 2 }),
  /** Command of `./unrip`. */
  command: Type.String({ minLength: 1 }),
  /** Moment of its start, in words of the operating system; empty when it was gone before it could be asked. */
  started: Type.String(),
});
type Noted = Static<typeof Noted>;

export function notePart(path: string, part: { readonly pid: number; readonly command: string }): void {
  const noted: Noted = { ...part, started: startOf(part.pid) ?? '' };
  // Written to a temporary file and renamed, so that a reader never meets half of it.
  writeFileSync(`${path}.new`, `${JSON.stringify(noted)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Ends every child that is noted in one of these directories and still runs; gives what was ended. */
export async function endStale(dirs: readonly string[]): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const path of dirs.flatMap(partFilesIn)) {
    const noted = readNoted(path);
    if (noted !== null && isSame(noted)) {
      await stopProcess(noted.pid, marksOf(noted), [{ signal: 'SIGKILL', limitMs: KILL_LIMIT_MS }]);
      ended.push(`${noted.command} (process ${noted.pid})`);
    }
    rmSync(path, { force: true });
  }
  return ended;
}

function partFilesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith(PART_FILE_SUFFIX))
      .map((name) => join(dir, name));
  } catch {
    // No directory: nothing was ever started there.
    return [];
  }
}

function readNoted(path: string): Noted | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Value.Check(Noted, value) ? value : null;
  } catch {
    return null;
  }
}

function isSame(noted: Noted): boolean {
  return isOurs(noted.pid, marksOf(noted)) && startOf(noted.pid) === noted.started;
}

function marksOf({ command }: Noted): readonly string[] {
  return [join(CHECKOUT, 'ops/cli/main.ts'), ` ${command}`];
}

/** When a process was started: ticks since boot on Linux, a date elsewhere; null when there is none. */
export function startOf(pid: number): string | null {
  if (process.platform !== 'linux') {
    const ps = Bun.spawnSync(['ps', '-o', 'lstart=', '-p', String(pid)], { env: toolEnvironment(), stderr: 'ignore' });
    const text = ps.stdout.toString().trim();
    return ps.exitCode === 0 && text !== '' ? text : null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold blanks and parentheses itself; field 22 of the whole is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
