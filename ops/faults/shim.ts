// Faults of the machine under one process (its wall clock, its disk), without rights of root: a small library that is
// compiled here and preloaded there. Where no C compiler is, or on another system than Linux, there is none.

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';

export type MachineFaults = {
  /** Added to the wall clock. */
  readonly clockMs: number;
  /** Each sync takes so much longer. */
  readonly syncDelayMs: number;
  /** Syncs fail with ENOSPC, as where space is found only then. */
  readonly diskFull: boolean;
};

export type Shim = {
  /** Variables that a process has to be started with. */
  readonly env: Readonly<Record<string, string>>;
  /** What holds from now on; what is not named is well. */
  set(faults: Partial<MachineFaults>): void;
  close(): void;
};

const SOURCE = join(CHECKOUT, 'ops/faults/shim.c');
const COMPILERS = ['cc', 'gcc', 'clang'] as const;

export class NoShim extends Error {}

/** Compiles it into the directory. @throws NoShim when this machine cannot */
export async function makeShim(dir: string): Promise<Shim> {
  if (process.platform !== 'linux') throw new NoShim('clock and disk of one process can be faked on Linux only');
  const compiler = COMPILERS.map((name) => Bun.which(name)).find((path) => path !== null);
  if (compiler === undefined) throw new NoShim(`no C compiler (${COMPILERS.join(', ')}) is installed`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const library = join(dir, 'fault-shim.so');
  const built = Bun.spawn([compiler, '-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'], {
    env: toolEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [code, errorText] = await Promise.all([built.exited, built.stderr.text()]);
  if (code !== 0) throw new NoShim(`${compiler} failed: ${errorText.trim().slice(-300)}`);

  const path = join(dir, 'fault-shim.state');
  writeFileSync(path, new Uint8Array(24), { mode: 0o600 });
  const file = openSync(path, 'r+');
  return {
    env: { LD_PRELOAD: library, FAULT_SHIM_FILE: path },
    set({ clockMs = 0, syncDelayMs = 0, diskFull = false }) {
      const numbers = new BigInt64Array([BigInt(clockMs), BigInt(syncDelayMs), diskFull ? 1n : 0n]);
      writeSync(file, new Uint8Array(numbers.buffer), 0, 24, 0);
    },
    close: () => closeSync(file),
  };
}
