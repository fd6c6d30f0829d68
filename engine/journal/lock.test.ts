// Two engines on one state directory, whatever is removed or replaced in it; and directories that cannot be used at all.

import { describe, expect, test } from 'bun:test';
import { appendFileSync, cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { REAL_FILES } from './files.ts';
import { CLOSED, numbered, openJournal, temporaryDirectory } from './fixtures.ts';
import { inStateDir, JournalFailed, JournalRefused } from './problems.ts';

const CHECK_MS = 1000;
const SEGMENT = 'journal/0000000000000001.log';

describe('a second journal on a state directory in use is refused', () => {
  test.each([
    ['as it is', () => {}],
    [
      'after its lock files were removed',
      (dir: string) => {
        for (const name of ['lock', 'lock.pid']) rmSync(join(dir, name));
      },
    ],
    [
      'after its lock was replaced',
      (dir: string) => {
        rmSync(join(dir, 'lock'));
        writeFileSync(join(dir, 'lock'), '');
      },
    ],
    [
      'after its journal was replaced',
      (dir: string) => {
        cpSync(join(dir, 'journal'), join(dir, 'copy'), { recursive: true });
        renameSync(join(dir, 'journal'), join(dir, 'old'));
        renameSync(join(dir, 'copy'), join(dir, 'journal'));
      },
    ],
    ['after everything in it was removed', (dir: string) => rmSync(join(dir, 'journal'), { recursive: true })],
  ])('%s', async (_name, change) => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { onFailure: () => {} });
    change(directory.path);
    expect(() => openJournal(directory.path)).toThrow(JournalRefused);
    expect(() => openJournal(directory.path)).toThrow('in use by');
    await journal.abandon();
  });

  test('by another name of it', async () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    const journal = openJournal(state, { onFailure: () => {} });
    renameSync(state, join(directory.path, 'renamed'));
    expect(() => openJournal(join(directory.path, 'renamed'))).toThrow('in use by');
    await journal.abandon();
  });
});

describe('a running journal', () => {
  test.each([
    ['its lock is removed', (dir: string) => rmSync(join(dir, 'lock')), /lock was removed/],
    [
      'its lock is replaced',
      (dir: string) => {
        rmSync(join(dir, 'lock'));
        writeFileSync(join(dir, 'lock'), '');
      },
      /lock was replaced/,
    ],
    [
      'its directory is moved away',
      (dir: string) => renameSync(join(dir, 'journal'), join(dir, 'old')),
      /journal was removed/,
    ],
    [
      'its directory is replaced',
      (dir: string) => {
        renameSync(join(dir, 'journal'), join(dir, 'old'));
        mkdirSync(join(dir, 'journal'));
      },
      /journal was replaced/,
    ],
    ['its segment is removed', (dir: string) => rmSync(join(dir, SEGMENT)), /0001\.log was removed/],
    [
      'its segment is replaced',
      (dir: string) => {
        cpSync(join(dir, SEGMENT), join(dir, 'copy'));
        renameSync(join(dir, 'copy'), join(dir, SEGMENT));
      },
      /0001\.log was replaced/,
    ],
    [
      'something else appends to it',
      (dir: string) => appendFileSync(join(dir, SEGMENT), 'x'),
      /another program changed it/,
    ],
  ])('fails for good when %s', async (_name, change, why) => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    const failures: JournalFailed[] = [];
    const journal = openJournal(directory.path, { clock, onFailure: (error) => failures.push(error) });
    await journal.synced(journal.append(numbered(2)));
    change(directory.path);
    clock.advance(CHECK_MS);
    await waitFor(() => failures.length > 0, { what: 'the failure' });
    expect(failures[0]?.message).toMatch(why);
    expect(() => journal.append(numbered(3))).toThrow(JournalFailed);
    clock.advance(10 * CHECK_MS);
    expect(failures.length).toBe(1);
    await journal.abandon();
  });

  test('removes nothing from a directory that was put in the place of its own', async () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    const clock = new ManualClock();
    const failures: JournalFailed[] = [];
    const journal = openJournal(state, { clock, segmentBytesMax: 400, onFailure: (error) => failures.push(error) });
    for (let number = 0; journal.segmentCount < 4; number++) await journal.synced(journal.append(numbered(number)));
    await waitFor(() => !journal.isCheckpointing, { what: 'the checkpoint' });
    await journal.synced(journal.lastSeq);
    renameSync(state, join(directory.path, 'away'));
    cpSync(join(directory.path, 'away'), state, { recursive: true });
    const other = openJournal(state);
    const kept = readdirSync(join(state, 'journal'));
    expect(journal.ownsFiles).toBe(true);
    clock.advance(CHECK_MS);
    await waitFor(() => failures.length > 0, { what: 'the failure' });
    expect(journal.ownsFiles).toBe(false);
    await expect(journal.read(1, 1)).rejects.toThrow('was replaced');
    expect(journal.dropBefore(journal.lastSeq)).toBeGreaterThan(0);
    await journal.abandon();
    expect(readdirSync(join(state, 'journal'))).toEqual(kept);
    expect(other.ownsFiles).toBe(true);
    await other.close(CLOSED);
    expect(other.ownsFiles).toBe(false);
  });

  test('goes on when nothing but itself touches the files, however often it writes', async () => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    let checks = 0;
    const journal = openJournal(directory.path, {
      clock,
      segmentBytesMax: 400,
      files: {
        ...REAL_FILES,
        identityAt(path, done) {
          checks++;
          // As late as can be: the answer is of before, the records are there.
          REAL_FILES.identityAt(path, (error, identity) => {
            journal.append(numbered(2));
            done(error, identity);
          });
        },
      },
    });
    for (let round = 1; round <= 5; round++) {
      clock.advance(CHECK_MS);
      await waitFor(() => checks >= 4 * round, { what: 'a check' });
      await journal.synced(journal.lastSeq);
    }
    expect(journal.failure).toBeNull();
    await journal.close(CLOSED);
  });
});

describe('a state directory that cannot be used is refused with its name and what to do', () => {
  test('a file lies in its place', () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'state');
    writeFileSync(path, '');
    expect(() => openJournal(path)).toThrow(JournalRefused);
    expect(() => openJournal(path)).toThrow(/STATE_DIR=.*cannot be used: E.*be writable by this user, have free space/);
  });

  test('its lock is no file', () => {
    using directory = temporaryDirectory();
    mkdirSync(join(directory.path, 'lock'));
    expect(() => openJournal(directory.path)).toThrow(/STATE_DIR=.*cannot be used/);
  });

  test('its lock holds something else', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'lock'), 'something else '.repeat(20));
    expect(() => openJournal(directory.path)).toThrow(JournalRefused);
    expect(() => openJournal(directory.path)).toThrow(/lock is not a lock file of an engine: remove it/);
  });

  test('what works in it meets something else there', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'signed-ids'), '');
    const open = () => inStateDir(directory.path, () => mkdirSync(join(directory.path, 'signed-ids')));
    expect(open).toThrow(JournalRefused);
    expect(open).toThrow(/STATE_DIR=.*cannot be used: EEXIST.*contain only files of the engine/);
    const faulty = () =>
      inStateDir(directory.path, () => {
        throw new TypeError('a fault');
      });
    expect(faulty).toThrow(TypeError);
  });

  test('its disk is full', async () => {
    using directory = temporaryDirectory();
    const files = {
      ...REAL_FILES,
      write: () => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      },
    };
    expect(() => openJournal(directory.path, { files, onFailure: () => {} })).toThrow(/cannot be used: .*ENOSPC/);
    // What it had taken is free again.
    await openJournal(directory.path).abandon();
  });
});
