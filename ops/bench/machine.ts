// What a figure was measured on, in one line: without it a figure says nothing.

import { arch, cpus, release, totalmem, type } from 'node:os';
import { CHECKOUT } from '../stack/directory.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly os: string;
  readonly bun: string;
  /** ISO 8601. */
  readonly date: string;
  /** Short hash of the checkout, with `+` when files differ from it; null: no repository. */
  readonly commit: string | null;
};

const GIB = 1024 ** 3;

export function thisMachine(): Machine {
  const each = cpus();
  return {
    cpu: each[0]?.model ?? 'unknown processor',
    cores: each.length,
    memoryGib: Math.round(totalmem() / GIB),
    os: `${type()} ${release()} ${arch()}`,
    bun: Bun.version,
    date: new Date().toISOString(),
    commit: commitOf(CHECKOUT),
  };
}

export function machineLine({ cpu, cores, memoryGib, os, bun, date, commit }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, ${os}, Bun ${bun}, ${date.slice(0, 16)}Z, commit ${commit ?? 'unknown'}`;
}

function commitOf(dir: string): string | null {
  const head = git(dir, ['rev-parse', '--short=10', 'HEAD']);
  if (head === null) return null;
  return git(dir, ['status', '--porcelain', '--untracked-files=no']) === '' ? head : `${head}+`;
}

function git(dir: string, args: readonly string[]): string | null {
  try {
    const child = Bun.spawnSync(['git', ...args], { cwd: dir, env: toolEnvironment(), stderr: 'ignore' });
    return child.exitCode === 0 ? child.stdout.toString().trim() : null;
  } catch {
    return null;
  }
}
