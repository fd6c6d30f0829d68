// What is changed in the file of tokens holds while the process runs; what cannot be used changes nothing, and what is gone has none.

import { afterEach, expect, test } from 'bun:test';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir } from '../../../ops/testing/temp-dir.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import { parseTokens } from '../../config/control-tokens.ts';
import { keptLog } from '../log/kept-log.fixture.ts';
import { ManualClock } from '../manual-clock.fixture.ts';
import { readSecretFile } from './secret-file.ts';
import { watchTokens } from './watched-tokens.ts';

const dirs: TempDir[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) dir.remove();
});

const entry = (name: string, letter: string, role = 'viewer') => ({
  ...{ name, role, accounts: ['*'] },
  sha256: letter.repeat(64),
});
const textOf = (...tokens: object[]): string => JSON.stringify({ tokens });

function make(text: string) {
  const dir = tempDir('tokens');
  dirs.push(dir);
  const path = join(dir.path, 'tokens.json');
  writeFileSync(path, text, { mode: 0o600 });
  const parsed = parseTokens(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  const clock = new ManualClock();
  const kept = keptLog();
  const taken: string[][] = [];
  let reads = 0;
  const watched = watchTokens({
    file: {
      path,
      read() {
        reads++;
        const read = readSecretFile('CONTROL_TOKENS_FILE', path);
        return read.ok ? read : { ...read, problem: read.problem.problem };
      },
    },
    ...{ tokens: parsed.value, timers: clock, log: kept.log },
    onTokens: async (tokens) => void taken.push(tokens.map(({ name, role }) => `${name} ${role}`)),
  });
  /** Lets it look until the condition holds. */
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    await waitFor(
      () => {
        clock.advance(2000);
        return condition();
      },
      { what },
    );
  };
  return { path, clock, kept, taken, watched, until, reads: () => reads };
}

test('tokens that are added, removed or replaced are taken, and named in the log', async () => {
  const { path, kept, taken, until } = make(textOf(entry('anna', 'a'), entry('ben', 'b'), entry('eve', 'e')));
  writeFileSync(`${path}.new`, textOf(entry('anna', 'c'), entry('ben', 'b'), entry('carl', 'd', 'operator')), {
    mode: 0o600,
  });
  renameSync(`${path}.new`, path);
  await until('the change', () => taken.length === 1);
  expect(taken).toEqual([['anna viewer', 'ben viewer', 'carl operator']]);
  expect(JSON.parse(kept.lines.at(-1) ?? '')).toMatchObject({
    ...{ event: 'control_tokens_changed', added: ['carl'], removed: ['eve'], changed: ['anna'] },
  });
  expect(kept.lines.join('')).not.toMatch(/[a-e]{64}/);
});

test('a file that was not touched is read once, and one with the same tokens changes nothing', async () => {
  const text = textOf(entry('anna', 'a'));
  const { path, taken, until, reads, kept } = make(text);
  await until('the first reading', () => reads() === 1);
  let rounds = 0;
  await until('some rounds', () => ++rounds > 20);
  expect(reads()).toBe(1);
  writeFileSync(path, `${text}\n`);
  await until('the second reading', () => reads() === 2);
  expect([taken, kept.events()]).toEqual([[], []]);
});

test.each([
  ['gone', (path: string) => rmSync(path)],
  ['empty', (path: string) => writeFileSync(path, '')],
  ['blank', (path: string) => writeFileSync(path, ' \n')],
  [
    'empty and open to others',
    (path: string) => {
      writeFileSync(path, '');
      chmodSync(path, 0o644);
    },
  ],
])('one that is %s has no tokens: those that it had are refused, until it has some again', async (_what, spoil) => {
  const { path, kept, taken, watched, until, reads } = make(textOf(entry('anna', 'a'), entry('ben', 'b')));
  spoil(path);
  await until('the end of the tokens', () => taken.length === 1);
  expect(taken).toEqual([[]]);
  expect(watched.problem()).not.toBeNull();
  expect(kept.events()).toEqual(['control_tokens_refused', 'control_tokens_changed']);
  expect(JSON.parse(kept.lines.at(-1) ?? '')).toMatchObject({ removed: ['anna', 'ben'] });
  const readsThen = reads();
  let rounds = 0;
  await until('some rounds', () => ++rounds > 20);
  expect([taken.length, reads()]).toEqual([1, readsThen]);
  rmSync(path, { force: true });
  writeFileSync(path, textOf(entry('anna', 'a')), { mode: 0o600 });
  await until('the tokens', () => taken.length === 2);
  expect(taken[1]).toEqual(['anna viewer']);
  expect(watched.problem()).toBeNull();
});

test('one that is found empty once, while it is replaced, changes nothing', async () => {
  const text = textOf(entry('anna', 'a'));
  const { path, taken, watched, until, reads, kept } = make(text);
  await until('the first reading', () => reads() === 1);
  writeFileSync(path, '');
  await until('the reading of the empty file', () => reads() === 2);
  writeFileSync(path, textOf(entry('anna', 'a'), entry('ben', 'b')));
  await until('the tokens', () => taken.length === 1);
  expect(taken).toEqual([['anna viewer', 'ben viewer']]);
  expect([watched.problem(), kept.events()]).toEqual([null, ['control_tokens_changed']]);
});

test('a list without entries removes all', async () => {
  const { path, taken, watched, until } = make(textOf(entry('anna', 'a')));
  writeFileSync(path, textOf());
  await until('the end of the tokens', () => taken.length === 1);
  expect([taken, watched.problem()]).toEqual([[[]], null]);
});

test.each([
  ['half written', (path: string) => writeFileSync(path, '{"tokens":[{"name":"an')],
  ['open to others', (path: string) => chmodSync(path, 0o644)],
])('one that is %s changes nothing and is reported, until it can be used again', async (_what, spoil) => {
  const { path, kept, taken, watched, until } = make(textOf(entry('anna', 'a')));
  spoil(path);
  await until('the problem', () => watched.problem() !== null);
  expect(taken).toEqual([]);
  rmSync(path, { force: true });
  writeFileSync(path, textOf(entry('anna', 'b')), { mode: 0o600 });
  await until('the tokens', () => taken.length === 1);
  expect(watched.problem()).toBeNull();
  expect(kept.events().at(0)).toBe('control_tokens_refused');
  expect(kept.events().slice(-2)).toEqual(['control_tokens_usable', 'control_tokens_changed']);
});

test('nothing is looked at after the stop', () => {
  const { clock, watched } = make(textOf(entry('anna', 'a')));
  watched.stop();
  expect(clock.pending).toBe(0);
});
