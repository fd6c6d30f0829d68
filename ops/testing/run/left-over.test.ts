// A run of `./unrip test` in a copy of the checkout, with a test that starts what outlives it, and hangs: as a server does that runs
// as another user, it ends with no parent.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf } from '../../mutation/copy.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { isOurs } from '../../stack/process.ts';
import { type Child, startChild } from '../child.ts';
import { type TempDir, tempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';

const LIMIT_MS = 25_000;
const MARK = 'kafka.Kafka';
const HANGING = `import { test } from 'bun:test';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';

test('hangs', async () => {
  const settings = join(tempDir('kafka').path, 'kafka/server.properties');
  const server = ['sh', '-c', 'while :; do sleep 0.1; done', '${MARK}', settings];
  // Put behind a process that ends, so that it is nobody's child.
  const start = ['sh', '-c', '"$@" & echo $! > "$0.new"; mv "$0.new" "$0"', join(import.meta.dir, 'number')];
  Bun.spawn([...start, ...server], { stdio: ['ignore', 'ignore', 'ignore'] });
  await new Promise(() => {});
}, 600_000);
`;

let copy: TempDir;
const numberFile = (): string => join(copy.path, 'ops/left/number');

beforeAll(() => {
  copy = tempDir('left-over');
  copyOf(CHECKOUT, copy.path);
  mkdirSync(join(copy.path, 'ops/left'));
  writeFileSync(join(copy.path, 'ops/left/hanging.story.test.ts'), HANGING);
  writeFileSync(
    join(copy.path, 'ops/left/quick.test.ts'),
    `import { test } from 'bun:test';\ntest('ends', () => {});\n`,
  );
});
afterAll(() => copy?.remove());

const runOf = (file: string): Child =>
  startChild([join(copy.path, 'ops/cli/main.ts'), 'test', '--no-services', file], { cwd: copy.path });

/** Runs until the test has started its server. */
async function hang(): Promise<{ readonly run: Child; readonly server: number }> {
  rmSync(numberFile(), { force: true });
  const run = runOf('ops/left/hanging');
  await waitFor(() => existsSync(numberFile()), { what: 'the server of the test', limitMs: LIMIT_MS });
  const server = Number(readFileSync(numberFile(), 'utf8'));
  await waitFor(() => isOurs(server, [MARK]), { what: 'its command line' });
  return { run, server };
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a run that %s interrupts ends what its tests have started, also when it is interrupted again meanwhile',
  async (signal) => {
    const { run, server } = await hang();
    process.kill(run.pid, signal);
    await run.waitForLine(/^interrupted: /);
    expect(await run.stop(signal)).toBe(1);
    expect(isOurs(server, [MARK])).toBe(false);
    expect(run.lines).toContain('interrupted: the run is not complete');
  },
  LIMIT_MS,
);

test(
  'what a run that was killed has left running ends when the next one begins',
  async () => {
    const { run, server } = await hang();
    await run.stop('SIGKILL');
    expect(isOurs(server, [MARK])).toBe(true);
    expect(await runOf('ops/left/quick').exited).toBe(0);
    expect(isOurs(server, [MARK])).toBe(false);
  },
  LIMIT_MS,
);
