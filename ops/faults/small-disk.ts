// A file system of a few megabytes, in memory, that can be filled to the last byte: needs root on Linux.

import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnvironment } from '../stack/tool-environment.ts';

export type SmallDisk = {
  /** From now on nothing more fits. */
  fill(): void;
  free(): void;
  unmount(): Promise<void>;
};

/** The journal of a situation takes far less. */
const SIZE = '24m';
const BALLAST = 'ballast';
const DEVICE = 'unrip-soak';
const MOUNTS = '/proc/mounts';
const BLOCK = new Uint8Array(65_536);

/** Why none can be mounted here, tried in the directory; null when it can. */
export async function whyNoDisk(dir: string): Promise<string | null> {
  if (process.platform !== 'linux') return 'a disk in memory can be mounted on Linux only';
  try {
    const disk = await mountSmallDisk(join(dir, 'small-disk'));
    await disk.unmount();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Mounts it over the directory, which is made. @throws Error with the message of `mount` */
export async function mountSmallDisk(dir: string): Promise<SmallDisk> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await run(['mount', '-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, DEVICE, dir]);
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

/** Unmounts what an interrupted run left mounted under the directory. */
export async function unmountLeft(under: string): Promise<void> {
  if (!existsSync(MOUNTS)) return;
  const mounted = readFileSync(MOUNTS, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([device, dir = '']) => device === DEVICE && dir.startsWith(`${under}/`));
  for (const [, dir = ''] of mounted) await run(['umount', '--lazy', dir]);
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
  const [program = ''] = argv;
  if (Bun.which(program) === null) throw new Error(`${program} is not installed`);
  const child = Bun.spawn(argv, { env: toolEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  const [code, errorText] = await Promise.all([child.exited, child.stderr.text()]);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${errorText.trim()}`);
}
