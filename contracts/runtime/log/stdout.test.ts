import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { stdoutLog, type WriteSome } from './stdout.ts';

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

/** A reader that takes nothing until it is said to. */
function heldReader() {
  const texts: string[] = [];
  let held: (() => void) | null = null;
  let isOpen = false;
  const writeSome: WriteSome = (bytes, done) => {
    const take = (): void => {
      texts.push(new TextDecoder().decode(bytes));
      done(null, bytes.length);
    };
    if (isOpen) setImmediate(take);
    else held = take;
  };
  const open = (): void => {
    isOpen = true;
    held?.();
  };
  return { writeSome, texts, open };
}

const line = (index: number): string => `${JSON.stringify({ index, text: 'x'.repeat(1_000) })}\n`;
const indexesOf = (texts: readonly string[]): unknown[] =>
  texts.flatMap((text) => text.trimEnd().split('\n')).map((one) => JSON.parse(one).index ?? JSON.parse(one));

test('lines share a write, also those that come while one is under way, and a write is bounded', async () => {
  const { writeSome, texts, open } = heldReader();
  const log = stdoutLog(writeSome);
  log.destination.write(line(0));
  const first = log.flush();
  for (let index = 1; index < 2_000; index++) log.destination.write(line(index));
  open();
  await first;
  await log.flush();
  expect(indexesOf(texts)).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
  expect(texts.length).toBeLessThan(12);
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(256 * 1024);
});

test('a reader that takes nothing holds up nobody: what is beyond the bound is dropped, and counted in the next line', async () => {
  const { writeSome, texts, open } = heldReader();
  const log = stdoutLog(writeSome);
  for (let index = 0; index < 20_000; index++) log.destination.write(line(index));
  const flushed = log.flush();
  open();
  await flushed;
  log.destination.write(line(20_000));
  await log.flush();
  const kept = Math.floor((8 * 1024 * 1024) / line(1_000).length);
  const indexes = indexesOf(texts);
  const notice = { level: 'warn', event: 'log_lines_dropped', count: 20_000 - indexes.length + 2 };
  expect(Math.abs(indexes.length - 2 - kept)).toBeLessThan(10);
  expect(indexes.slice(-2)).toEqual([notice, 20_000]);
  expect(indexes.slice(0, -2)).toEqual(Array.from({ length: indexes.length - 2 }, (_, index) => index));
});

test('a disk that is full for a while ends nothing: what waited is written when it takes bytes again', async () => {
  const texts: string[] = [];
  const tried = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  let isFull = true;
  const log = stdoutLog((bytes, done) => {
    if (isFull) {
      done({ code: 'ENOSPC' }, 0);
      tried.resolve();
      return;
    }
    texts.push(new TextDecoder().decode(bytes));
    done(null, bytes.length);
    written.resolve();
  });
  log.destination.write(line(0));
  await tried.promise;
  log.destination.write(line(1));
  isFull = false;
  await written.promise;
  await log.flush();
  expect(indexesOf(texts)).toEqual([0, 1]);
});
