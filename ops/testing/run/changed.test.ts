import { expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSource } from '../../checks/sources.ts';
import { run } from '../../stack/run.ts';
import { tempDir } from '../temp-dir.ts';
import { changedFiles, testsOfChange } from './changed.ts';

const SOURCES = [
  makeSource('engine/lib/int.ts', 'export const a = 1;'),
  makeSource('engine/lib/int.test.ts', "import { a } from './int.ts';"),
  makeSource('engine/strategy/terms.test.ts', "import { a } from '../lib/int.ts';"),
  makeSource('engine/strategy/far.test.ts', "import { b } from './terms.ts';"),
  makeSource('engine/lib/int.it.test.ts', "import { a } from './int.ts';"),
  makeSource('ops/checks/direction.test.ts', ''),
  makeSource('ops/checks/direction.ts', ''),
];

const chosen = (...changed: string[]): string[] =>
  testsOfChange(changed, SOURCES).filter((path) => !path.startsWith('ops/checks/'));

test('the tests that import a changed file run, and no others', () => {
  expect(chosen('engine/lib/int.ts')).toEqual(['engine/lib/int.test.ts', 'engine/strategy/terms.test.ts']);
});

test('a changed test runs itself, one that needs services does not', () => {
  expect(chosen('engine/strategy/far.test.ts', 'engine/lib/int.it.test.ts')).toEqual(['engine/strategy/far.test.ts']);
});

test('the checks of the code base always run', () => {
  expect(testsOfChange([], SOURCES)).toEqual(['ops/checks/direction.test.ts']);
});

test('what differs from main, committed or not, and files that Git does not know', async () => {
  using dir = tempDir('changed');
  const git = (...args: string[]) =>
    run(['git', '-C', dir.path, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { limitMs: 10_000 });
  const put = (path: string, text: string) => {
    mkdirSync(join(dir.path, path, '..'), { recursive: true });
    writeFileSync(join(dir.path, path), text);
  };
  await git('init', '-q', '-b', 'main');
  for (const name of ['kept', 'committed', 'edited']) put(`engine/${name}.ts`, '1');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  await git('checkout', '-q', '-b', 'other');
  put('engine/committed.ts', '2');
  await git('commit', '-q', '-a', '-m', 'second');
  put('engine/edited.ts', '2');
  put('engine/a name with spaces.ts', '1');
  const paths = ['engine/a name with spaces.ts', 'engine/committed.ts', 'engine/edited.ts'];
  expect(await changedFiles(dir.path)).toEqual({ base: 'main', paths });
  // A clone of one branch.
  await git('update-ref', 'refs/remotes/origin/main', 'main');
  await git('branch', '-q', '-D', 'main');
  expect(await changedFiles(dir.path)).toEqual({ base: 'origin/main', paths });
  await git('update-ref', '-d', 'refs/remotes/origin/main');
  await expect(changedFiles(dir.path)).rejects.toThrow('no main or origin/main to compare with');
});
