// Packages of the judges, from the registries into a directory of the run: every version is fixed and every file has its
// checksum, in npm/bun.lock and python/requirements.txt. No code of an installation runs.

import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { run } from '../stack/run.ts';
import type { Verdict } from './verdict.ts';

const PINS = join(CHECKOUT, 'ops/judges');
const INSTALL_LIMIT_MS = 300_000;
const SCRIPT_LIMIT_MS = 120_000;

export type Call = (...args: readonly unknown[]) => Promise<unknown>;
export type Class = new (options: object) => Readonly<Record<string, Call>>;
export type Module = Readonly<Record<string, Call | Class>>;

export type Packages = {
  /** A module of npm. */
  load(name: string): Promise<Module>;
  /** Path of a file of an npm package. */
  file(path: string): string;
  /** A program that came with the Python packages. */
  program(name: string): string;
  /** Runs a script of ops/judges/python, which writes one verdict a line. */
  python(script: string, args: readonly string[]): Promise<readonly Verdict[]>;
};

/** @param dir of this run alone */
export async function installPackages(dir: string): Promise<Packages> {
  const npm = join(dir, 'npm');
  const venv = join(dir, 'python');
  await installNpm(npm);
  await installPython(venv);
  return {
    load: (name) => import(Bun.resolveSync(name, npm)),
    file: (path) => join(npm, 'node_modules', path),
    program: (name) => join(venv, 'bin', name),
    async python(script, args) {
      // Without compiled files in the checkout.
      const argv = [join(venv, 'bin/python'), '-B', join(PINS, 'python', script), ...args];
      const lines = (await run(argv, { limitMs: SCRIPT_LIMIT_MS })).trim().split('\n');
      return lines.filter((line) => line !== '').map((line): Verdict => JSON.parse(line));
    },
  };
}

async function installNpm(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  cpSync(join(PINS, 'npm'), dir, { recursive: true });
  await run([process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts'], {
    cwd: dir,
    limitMs: INSTALL_LIMIT_MS,
  });
}

async function installPython(dir: string): Promise<void> {
  await run(['python3', '-m', 'venv', dir], { limitMs: INSTALL_LIMIT_MS });
  const pins = ['--require-hashes', '--only-binary', ':all:', '-r', join(PINS, 'python/requirements.txt')];
  await run([join(dir, 'bin/python'), '-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', ...pins], {
    limitMs: INSTALL_LIMIT_MS,
  });
}
