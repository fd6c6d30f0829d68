import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';
import { freePorts, isFree } from './ports.ts';
import { isAlive, isOurs, readNumber, spawnDetached, stopProcess, stopStrays, untilReady } from './process.ts';
import { run } from './run.ts';

const steps = [
  { signal: 'SIGTERM', limitMs: 200 },
  { signal: 'SIGKILL', limitMs: 5_000 },
] as const;

function detached(dir: string, script: string) {
  const mark = join(dir, 'mark');
  const logFile = join(dir, 'log');
  const argv = ['sh', '-c', script, mark];
  return { mark, logFile, child: spawnDetached(argv, { logFile, cwd: dir, env: { PATH: process.env['PATH'] ?? '' } }) };
}

test('a detached process leads its own session, logs to its file, and is recognised by its command line only', async () => {
  using dir = tempDir('process');
  const { child, mark, logFile } = detached(dir.path, 'echo started; sleep 60 & wait');
  await waitFor(() => readFileSync(logFile, 'utf8') === 'started\n', { what: 'its first line' });
  // A signal to a group reaches it only where there is one that it leads.
  expect(() => process.kill(-child.pid, 0)).not.toThrow();
  expect(isOurs(child.pid, [mark])).toBe(true);
  expect(isOurs(child.pid, [mark, 'something else'])).toBe(false);
  expect(isOurs(process.pid, [mark])).toBe(false);
  await stopProcess(child.pid, [mark], steps);
  expect(isOurs(child.pid, [mark])).toBe(false);
});

test('one that ignores the first signal gets the next, a stranger gets none', async () => {
  using dir = tempDir('process');
  const { child, mark, logFile } = detached(dir.path, 'trap "" TERM; echo ready; while :; do sleep 0.1; done');
  await waitFor(() => readFileSync(logFile, 'utf8').includes('ready'), { what: 'its trap' });
  await stopProcess(child.pid, ['of another checkout'], steps);
  expect(isAlive(child.pid)).toBe(true);
  await stopProcess(child.pid, [mark], steps);
  expect(isOurs(child.pid, [mark])).toBe(false);
});

test('strays are found without a pid file', async () => {
  using dir = tempDir('process');
  const { child, mark, logFile } = detached(dir.path, 'echo ready; sleep 60 & wait');
  await waitFor(() => readFileSync(logFile, 'utf8').includes('ready'), { what: 'its start' });
  await stopStrays([mark], steps);
  expect(isOurs(child.pid, [mark])).toBe(false);
});

test('a server that ends at its start, or never answers, fails with the end of its log', async () => {
  using dir = tempDir('process');
  const ending = detached(dir.path, 'echo no such setting; exit 7');
  const readiness = { what: 'the server', limitMs: 10_000, logFile: ending.logFile, probe: async () => null };
  await expect(untilReady(ending.child, readiness)).rejects.toThrow(
    /the server ended .* code 7; [\s\S]*no such setting/,
  );
  const silent = detached(dir.path, 'sleep 60 & wait');
  await expect(untilReady(silent.child, { ...readiness, limitMs: 10 })).rejects.toThrow(/did not answer within 10 ms/);
  await stopProcess(silent.child.pid, [silent.mark], steps);
});

test.each([
  ['123\nmore\n', 123],
  ['', null],
  ['x', null],
  ['-5', null],
  ['1', null],
])('the number in a file that holds %j is %p', (text, expected) => {
  using dir = tempDir('process');
  writeFileSync(join(dir.path, 'pid'), text);
  expect(readNumber(join(dir.path, 'pid'))).toBe(expected);
  expect(readNumber(join(dir.path, 'none'))).toBeNull();
});

test('a tool that fails or hangs is an error with what it said', async () => {
  expect(await run(['sh', '-c', 'echo fine'], { limitMs: 5_000 })).toBe('fine\n');
  await expect(run(['sh', '-c', 'echo why >&2; exit 3'], { limitMs: 5_000 })).rejects.toThrow(
    /failed with code 3:\nwhy/,
  );
  await expect(run(['sleep', '60'], { limitMs: 50 })).rejects.toThrow(/sleep 60 was ended after 50 ms/);
});

test('ports are free, different, and below those that systems lend to clients', () => {
  const ports = freePorts(5);
  expect(new Set(ports).size).toBe(5);
  for (const port of ports) expect(port).toBeWithin(15_000, 32_000);
  using taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  expect(isFree(taken.port)).toBe(false);
});
