// The scripts as an operator runs them, with nothing in their environment but where programs are.

import { join } from 'node:path';

type Name = 'backup' | 'restore' | 'restore-database';

export const script = (name: Name, ...args: readonly string[]) => scriptWith({}, name, ...args);

export async function scriptWith(env: Readonly<Record<string, string>>, name: Name, ...args: readonly string[]) {
  const child = Bun.spawn(['sh', join(import.meta.dir, `${name}.sh`), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
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
