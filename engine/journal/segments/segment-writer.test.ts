import { expect, test } from 'bun:test';
import { basename } from 'node:path';
import { type JournalFiles, REAL_FILES } from '../files.ts';
import { numbered, openJournal, temporaryDirectory } from '../fixtures.ts';

test('a record in a new segment is durable only once a sync of the directory has covered the name of its file', async () => {
  using directory = temporaryDirectory();
  const named: string[] = [];
  const durable = new Set<string>();
  const files: JournalFiles = {
    ...REAL_FILES,
    open(path) {
      named.push(basename(path));
      return REAL_FILES.open(path);
    },
    syncDirectory(file, done) {
      const covered = [...named];
      REAL_FILES.syncDirectory(file, (error) => {
        for (const name of covered) durable.add(name);
        done(error);
      });
    },
  };
  const journal = openJournal(directory.path, { files, segmentBytesMax: 200 });
  for (let number = 1; number <= 20; number++) {
    const seq = journal.append(numbered(number));
    const inUse = [...named];
    await journal.synced(seq);
    expect(inUse.filter((name) => !durable.has(name))).toEqual([]);
  }
  expect(named.length).toBeGreaterThan(3);
  await journal.abandon();
});
