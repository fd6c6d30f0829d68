// The scripts as an operator runs them, with nothing in their environment but where programs are.

import { join } from 'node:path';

export async function script(name: 'backup' | 'restore', ...args: readonly string[]) {
  const child = Bun.spawn(['sh', join(import.meta.dir, `${name}.sh`), ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out: out.trim(), err };
}
