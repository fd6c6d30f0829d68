// A copy of the checkout in which files may be changed: a run that breaks off leaves the checkout as it was.

import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { type Change, changed } from './change.ts';

export type Ended = 'passed' | 'failed' | 'not over in time';

export type TreeCopy = {
  /** Runs the work with the change in its file, which is then as before. */
  with<T>(change: Change, work: () => Promise<T>): Promise<T>;
  /** Until the first failure. */
  tests(files: readonly string[], limitMs: number): Promise<Ended>;
  types(limitMs: number): Promise<Ended>;
};

const PARTS = [
  'contracts',
  'engine',
  'sidecars',
  'ops',
  'sql',
  'package.json',
  'tsconfig.json',
  'bunfig.toml',
] as const;
const TEST_LIMIT_MS = 60_000;

/** @param parts of the root that are copied; its packages are linked */
export function copyOf(root: string, dir: string, parts: readonly string[] = PARTS): TreeCopy {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'tmp'), { recursive: true });
  for (const part of parts) cpSync(join(root, part), join(dir, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const env = toolEnvironment({ TMPDIR: join(dir, 'tmp'), LOG_LEVEL: 'silent', UNRIP_TEST_SEED: '1' });

  const ended = async (args: readonly string[], limitMs: number): Promise<Ended> => {
    const child = Bun.spawn([process.execPath, ...args], {
      cwd: dir,
      env,
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const code = await child.exited;
    if (child.signalCode === 'SIGKILL') return 'not over in time';
    return code === 0 ? 'passed' : 'failed';
  };
  return {
    async with(change, work) {
      const path = join(dir, change.file);
      const before = readFileSync(path, 'utf8');
      writeFileSync(path, changed(before, change));
      try {
        return await work();
      } finally {
        writeFileSync(path, before);
      }
    },
    tests: (files, limitMs) =>
      ended(
        ['test', '--no-orphans', '--bail', `--timeout=${TEST_LIMIT_MS}`, ...files.map((file) => `./${file}`)],
        limitMs,
      ),
    types: (limitMs) => ended(['node_modules/typescript/bin/tsc', '-p', '.'], limitMs),
  };
}
