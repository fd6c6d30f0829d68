import { expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { tempDir } from './temp-dir.ts';
import { waitFor, within } from './wait.ts';

test('waitFor gives the first value that is something, zero and the empty string included', async () => {
  const answers = [false, null, undefined, 0];
  expect(await waitFor(() => answers.shift(), { what: 'a value' })).toBe(0);
  expect(await waitFor(() => Promise.resolve(''), { what: 'a value' })).toBe('');
});

test('waitFor and within fail naming what did not come', async () => {
  await expect(waitFor(() => false, { what: 'rain', limitMs: 10 })).rejects.toThrow('waited 10 ms for rain');
  await expect(within(new Promise(() => {}), { what: 'rain', limitMs: 10 })).rejects.toThrow('waited 10 ms for rain');
});

test('a temporary directory is gone after its block', () => {
  let path: string;
  {
    using dir = tempDir();
    path = dir.path;
    writeFileSync(join(path, 'file'), 'x');
  }
  expect(existsSync(path)).toBe(false);
});

test('a child: lines are awaited, signals and exit codes seen, secrets of the runner not inherited', async () => {
  using dir = tempDir();
  const file = join(dir.path, 'child.ts');
  writeFileSync(
    file,
    `console.log('own', process.env.GIVEN, process.env.NEAR_PRIVATE_KEY);
     process.on('SIGTERM', () => { console.log('ending'); process.exit(3); });
     setInterval(() => {}, 1000);
     console.log('ready');`,
  );
  await using child = startChild([file], { env: { GIVEN: 'yes' } });
  await child.waitForLine(/^ready$/);
  expect(child.lines[0]).toBe('own yes undefined');
  expect(await child.stop()).toBe(3);
  expect(await child.waitForLine(/ending/)).toBe('ending');
});

test('a child that ends without the line says so, with its errors', async () => {
  using dir = tempDir();
  const file = join(dir.path, 'child.ts');
  writeFileSync(file, 'console.error("no key file"); process.exit(78);');
  await using child = startChild([file]);
  await expect(child.waitForLine(/ready/)).rejects.toThrow(/ended with 78 without .*no key file/s);
});
