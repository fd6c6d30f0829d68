import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { tempDir } from '../../../ops/testing/temp-dir.ts';

/** What Linux says of a process, after `script` ran in it: 1 when its memory may be dumped and read, 0 when not. */
function dumpableAfter(script: string): string {
  using home = tempDir('closed');
  const runtime = import.meta.dir;
  const child = Bun.spawnSync(
    [
      process.execPath,
      '--no-env-file',
      '-e',
      `${script}
      const { cLibrary } = await import('${runtime}/c-library.ts');
      const library = cLibrary({ prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' } });
      console.log(library.prctl(3, 0n, 0n, 0n, 0n));`,
    ],
    { cwd: home.path, env: { PATH: process.env['PATH'] ?? '', HOME: home.path, STATE_DIR: home.path } },
  );
  return child.stdout.toString().trim();
}

test.skipIf(process.platform !== 'linux')(
  'every command closes its memory to debuggers, and to core dumps that go to a program',
  () => {
    const main = join(import.meta.dir, '../../../ops/cli/main.ts');
    expect(dumpableAfter('')).toBe('1');
    expect(dumpableAfter(`await (await import('${import.meta.dir}/closed-process.ts')).closeProcess();`)).toBe('0');
    expect(dumpableAfter(`await (await import('${main}')).main(['disarm']);`)).toBe('0');
  },
);
