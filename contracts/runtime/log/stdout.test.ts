import { expect, test } from 'bun:test';
import { join } from 'node:path';

const FIXTURE = join(import.meta.dir, 'stdout.fixture.ts');

test('every line reaches the reader, in order, before the process ends', async () => {
  const child = Bun.spawn([process.execPath, FIXTURE, '2000'], { stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  const indexes = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).index);
  expect(indexes).toEqual(Array.from({ length: 2000 }, (_, index) => index));
});

test('a reader that goes away does not keep the process from ending', async () => {
  const child = Bun.spawn([process.execPath, FIXTURE, '20000'], { stdout: 'pipe', stderr: 'pipe' });
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  expect(await child.exited).toBe(0);
});
