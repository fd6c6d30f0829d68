// How a database differs from the migration files, and how the files have to be named.

import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import { compareSchema, type Migration, readMigrations } from './migrations.ts';

const file = (version: number): Migration => ({
  version,
  name: `m${version}`,
  sha256: `sum${version}`,
  steps: null,
  sql: '',
});
const FILES = [file(1), file(2)];

test.each([
  ['nothing applied', [], [1, 2]],
  ['the first applied', [file(1)], [2]],
  ['all applied', FILES, []],
])('%s', (_what, applied, pending) => {
  const status = compareSchema(FILES, applied);
  expect(status.ok && status.pending.map(({ version }) => version)).toEqual(pending);
});

test.each([
  [
    'a file that was changed',
    [{ ...file(1), sha256: 'other' }],
    /0001_m1\.sql was changed after it was applied.*new migration/,
  ],
  ['a database of a newer version', [...FILES, file(3)], /0003_m3.*newer version/],
  ['a version that is missing in between', [file(2)], /lacks version 1/],
])('%s is refused, with what to do', (_what, applied, problem) => {
  const status = compareSchema(FILES, applied);
  expect(status.ok ? '' : status.problem).toMatch(problem);
});

test('the files of this checkout are numbered from 1, and their checksums are those of their bytes', () => {
  const migrations = readMigrations();
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  expect(migrations[0]).toMatchObject({ name: 'history', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test('what is run in steps is taken out of a file, and the checksum is that of the whole', () => {
  using directory = tempDir('migrations');
  writeFileSync(join(directory.path, '0001_a.sql'), '-- a\n-- unrip:steps, why\nselect 1;\n-- unrip:end\nselect 2;\n');
  writeFileSync(join(directory.path, '0002_b.sql'), 'select 3;\n');
  const [stepped, plain] = readMigrations(directory.path);
  expect([stepped?.steps?.trim(), stepped?.sql.trim()]).toEqual([', why\nselect 1;', '-- a\n\nselect 2;']);
  expect([plain?.steps, plain?.sql]).toEqual([null, 'select 3;\n']);
});

test.each([['0002_late.sql'], ['1_short.sql'], ['0001-history.sql']])('%s as the first file is refused', (name) => {
  using directory = tempDir('migrations');
  writeFileSync(join(directory.path, name), 'select 1');
  expect(() => readMigrations(directory.path)).toThrow(name);
});
