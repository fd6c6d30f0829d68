// A file system of a few megabytes, in memory, that can be filled to the last byte: needs root on Linux.

import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type SmallDisk = {
  /** From now on nothing more fits. */
  fill(): void;
  free(): void;
  unmount(): Promise<void>;
};

/** The journal of a situation takes far less. */
const SIZE = '24m';
const BALLAST = 'ballast';
const BLOCK = new Uint8Array(65_536);

/** Whether this machine lets us mount one. */
export const canMount = (): boolean =>
  process.platform === 'linux' && process.getuid?.() === 0 && Bun.which('mount') !== null;

/** Mounts it over the directory, which is made. @throws Error with the message of `mount` */
export async function mountSmallDisk(dir: string): Promise<SmallDisk> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await run(['mount', '-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, 'unrip-soak', dir]);
  const ballast = join(dir, BALLAST);
  return {
    fill() {
      const file = openSync(ballast, 'w', 0o600);
      try {
        for (let size = BLOCK.length; size > 0; size = Math.floor(size / 2)) fillWith(file, BLOCK.subarray(0, size));
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    // Its files may still be open in a process that is ending.
    unmount: () => run(['umount', '--lazy', dir]),
  };
}

/** Until the file system takes no more of them. */
function fillWith(file: number, bytes: Uint8Array): void {
  for (;;) {
    try {
      if (writeSync(file, bytes) === 0) return;
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOSPC') return;
      throw error;
    }
  }
}

async function run(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [code, errorText] = await Promise.all([child.exited, child.stderr.text()]);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${errorText.trim()}`);
}
