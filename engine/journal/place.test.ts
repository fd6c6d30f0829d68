import { expect, test } from 'bun:test';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { NO_LOG, temporaryDirectory } from './fixtures.ts';
import { placeOf } from './place.ts';

function journalIn(path: string): string {
  const journal = join(path, 'journal');
  mkdirSync(journal, { mode: 0o700 });
  writeFileSync(join(journal, '0000000000000001.log'), '');
  return journal;
}

test('a journal where it was written has no finding, whatever is written in it and wherever it is renamed to', () => {
  using directory = temporaryDirectory();
  const journal = journalIn(directory.path);
  expect(placeOf(journal, null).finding).toBeNull();
  expect(statSync(join(journal, 'place.json')).mode & 0o777).toBe(0o600);
  writeFileSync(join(journal, '0000000000000002.log'), '');
  expect(placeOf(journal, null).finding).toBeNull();
  renameSync(journal, join(directory.path, 'renamed'));
  expect(placeOf(join(directory.path, 'renamed'), null).finding).toBeNull();
});

test('a copy, and a backup in the old place, have one until it is accepted', () => {
  using directory = temporaryDirectory();
  const journal = journalIn(directory.path);
  placeOf(journal, null);
  const backup = join(directory.path, 'backup');
  cpSync(journal, backup, { recursive: true, preserveTimestamps: true });
  expect(placeOf(backup, null).finding).toContain('copy');

  rmSync(journal, { recursive: true });
  cpSync(backup, journal, { recursive: true, preserveTimestamps: true });
  const restored = placeOf(journal, null);
  expect(restored.finding).toContain('restored');
  const clock = new ManualClock();
  restored.acceptAfter(1000, clock, NO_LOG);
  clock.advance(999);
  expect(placeOf(journal, null).finding).not.toBeNull();
  clock.advance(1);
  expect(placeOf(journal, null).finding).toBeNull();
});

test('a place that cannot be kept is logged, and found again', () => {
  using directory = temporaryDirectory();
  const journal = journalIn(directory.path);
  writeFileSync(join(journal, 'place.json'), '{"directory":"1-1"}');
  const clock = new ManualClock();
  const kept = keptLog();
  placeOf(journal, null).acceptAfter(1000, clock, kept.log);
  rmSync(journal, { recursive: true });
  clock.advance(1000);
  expect(kept.events()).toEqual(['journal_place_not_kept']);
});

test.each(['', '{"directory":1}', '{"directory":"', '\0\0'])(
  'a file that says nothing (%p) is written again',
  (text) => {
    using directory = temporaryDirectory();
    const journal = journalIn(directory.path);
    writeFileSync(join(journal, 'place.json'), text);
    expect(placeOf(journal, null).finding).toBeNull();
    expect(JSON.parse(readFileSync(join(journal, 'place.json'), 'utf8'))).toEqual({ directory: expect.any(String) });
  },
);

test('a copy without the file is known by what the journal says of its place, and keeps that until it is accepted', () => {
  using directory = temporaryDirectory();
  const journal = journalIn(directory.path);
  const home = placeOf(journal, null).directory;
  expect(home).not.toBeNull();
  rmSync(join(journal, 'place.json'));
  expect(placeOf(journal, home)).toMatchObject({ finding: null, directory: home });

  const backup = join(directory.path, 'backup');
  cpSync(journal, backup, { recursive: true });
  rmSync(join(backup, 'place.json'));
  for (let start = 0; start < 2; start++)
    expect(placeOf(backup, home)).toMatchObject({ finding: expect.stringContaining('copy'), directory: home });
  const clock = new ManualClock();
  placeOf(backup, home).acceptAfter(1000, clock, NO_LOG);
  clock.advance(1000);
  const accepted = placeOf(backup, home);
  expect(accepted.finding).toBeNull();
  expect(accepted.directory).not.toBe(home);
});
