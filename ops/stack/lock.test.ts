import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { withLock } from './lock.ts';

const options = { limitMs: 10_000, what: 'the thing' };

test('works in one process one after the other, and hands on value and failure', async () => {
  using dir = tempDir('lock');
  const path = join(dir.path, 'deep/lock');
  const order: string[] = [];
  const holding = Promise.withResolvers<void>();
  const first = withLock(path, options, async () => {
    order.push('first in');
    await holding.promise;
    order.push('first out');
    return 1;
  });
  const second = withLock(path, { ...options, progress: () => holding.resolve() }, async () => {
    order.push('second in');
    throw new Error('of the work');
  });
  expect(await first).toBe(1);
  await expect(second).rejects.toThrow('of the work');
  expect(order).toEqual(['first in', 'first out', 'second in']);
});

test('another process is waited for up to the limit, and lets go when it is killed', async () => {
  using dir = tempDir('lock');
  const path = join(dir.path, 'lock');
  const program = join(dir.path, 'holder.ts');
  writeFileSync(
    program,
    `import { withLock } from ${JSON.stringify(join(import.meta.dir, 'lock.ts'))};
     await withLock(${JSON.stringify(path)}, { limitMs: 0, what: '' }, async () => {
       console.log('held');
       await new Promise(() => setInterval(() => {}, 1000));
     });`,
  );
  await using holder = startChild([program]);
  await holder.waitForLine(/held/);
  const refused = withLock(path, { limitMs: 0, what: 'the thing' }, async () => 'never');
  await expect(refused).rejects.toThrow(/another \.\/unrip still uses the thing/);
  await holder.stop('SIGKILL');
  expect(await withLock(path, options, async () => 'free')).toBe('free');
});

test('a wait ends when it is interrupted', async () => {
  using dir = tempDir('lock');
  const path = join(dir.path, 'lock');
  const interrupted = new AbortController();
  await withLock(path, options, async () => {
    const progress = () => interrupted.abort();
    const waiting = withLock(path, { ...options, progress, signal: interrupted.signal }, async () => 'never');
    await expect(waiting).rejects.toThrow('interrupted');
  });
});
