// The engine as a process of its own, with the simulated world in this one; without Kafka.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../testing/wait.ts';
import type { Setting } from './engine.fixture.ts';

const WAIT = { limitMs: 30_000 };

export type EngineChild = {
  readonly setting: Setting;
  readonly child: Bun.Subprocess;
  readonly url: string;
  readonly token: string;
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response>;
  close(): Promise<void>;
};

/** @param stderr `pipe`: nobody reads it */
export async function startChild(setting: Setting, stderr: 'inherit' | 'pipe' = 'inherit'): Promise<EngineChild> {
  const root = join(import.meta.dir, '../../..');
  const program = `
    const { runEngine } = await import(${JSON.stringify(join(root, 'engine/main.ts'))});
    process.exit(await runEngine(process.env, ${JSON.stringify(setting.directory.path)}));
  `;
  const child = Bun.spawn([process.execPath, '--no-env-file', '-e', program], {
    cwd: root,
    // A broker that is not there holds threads that the journal's syncs need.
    env: { ...setting.env, UV_THREADPOOL_SIZE: '8' },
    stdio: ['ignore', 'ignore', stderr],
  });
  const { url } = await waitFor(
    () => {
      try {
        return JSON.parse(readFileSync(join(setting.stateDir, 'control.json'), 'utf8')) as { url: string };
      } catch {
        return null;
      }
    },
    { what: 'the control API', ...WAIT },
  );
  const token = readFileSync(join(setting.stateDir, 'control-token'), 'utf8').trim();
  return {
    setting,
    child,
    url,
    token,
    call: (method, path, body) =>
      fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async close() {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await child.exited;
      await setting.close();
    },
  };
}
