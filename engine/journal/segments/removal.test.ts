// Removing old segments: oldest first, one after the other, and never past one that could not be removed.

import { describe, expect, test } from 'bun:test';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { LogPort } from '../../model/ports.ts';
import { type JournalFiles, REAL_FILES } from '../files.ts';
import { checkpointOf, hangingSyncs, numbered, openJournal, temporaryDirectory } from '../fixtures.ts';
import type { Journal } from '../journal.ts';

const segmentsIn = (stateDir: string) =>
  readdirSync(join(stateDir, 'journal'))
    .filter((name) => name.endsWith('.log'))
    .sort();

const firstSeqsIn = (stateDir: string) => segmentsIn(stateDir).map((name) => Number(name.slice(0, 16)));

const busy = () => Object.assign(new Error('EBUSY: resource busy or locked, unlink'), { code: 'EBUSY' });

/** A journal of several segments, all of them but the newest few superfluous. */
async function manySegments(stateDir: string, files: JournalFiles = REAL_FILES, log?: LogPort): Promise<Journal> {
  const journal = openJournal(stateDir, {
    segmentBytesMax: 400,
    files,
    ...(log === undefined ? {} : { log }),
    checkpoint: () => (journal.segmentCount < 6 ? null : checkpointOf(1)),
  });
  for (let number = 0; journal.segmentCount < 8; number++) await journal.synced(journal.append(numbered(number)));
  await waitFor(() => !journal.isCheckpointing, { what: 'the checkpoint' });
  await journal.synced(journal.lastSeq);
  return journal;
}

describe('removing old segments', () => {
  test('leaves those that somebody still reads, and those since the checkpoint', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    const [first, second, third] = firstSeqsIn(directory.path) as [number, number, number];
    expect(journal.dropBefore(second - 1)).toBe(0);
    expect(journal.dropBefore(third)).toBe(2);
    await waitFor(() => firstSeqsIn(directory.path)[0] === third, { what: 'two segments to go' });
    expect(journal.firstSeq).toBe(third);
    expect(first).toBe(1);
    expect(firstSeqsIn(directory.path)[0]).toBe(third);
    journal.dropBefore(Number.MAX_SAFE_INTEGER);
    await waitFor(() => journal.dropBefore(0) === 0, { what: 'the rest to go' });
    await journal.abandon();
    const again = openJournal(directory.path);
    expect([...again.recover()][0]?.fact.kind).toBe('checkpoint_begin');
    await again.abandon();
  });

  test('under way at the close keeps others out until it is done, and is the last', async () => {
    using directory = temporaryDirectory();
    const syncs = hangingSyncs();
    const removals: (() => void)[] = [];
    const journal = await manySegments(directory.path, {
      ...syncs.files,
      remove: (path, done) => void removals.push(() => REAL_FILES.remove(path, done)),
    });
    const before = segmentsIn(directory.path);
    expect(journal.dropBefore(Number.MAX_SAFE_INTEGER)).toBeGreaterThan(1);
    syncs.hang();
    journal.synced(journal.append(numbered(99))).catch(() => {});
    let isClosed = false;
    const closed = journal.abandon().then(() => (isClosed = true));
    syncs.goOn();
    await waitFor(() => journal.durableSeq === journal.lastSeq, { what: 'the last sync' });
    expect(() => openJournal(directory.path)).toThrow('in use by process');
    expect(isClosed).toBe(false);
    for (const remove of removals.splice(0)) remove();
    await closed;
    expect(removals).toEqual([]);
    expect(segmentsIn(directory.path)).toEqual(before.slice(1));
    await openJournal(directory.path).abandon();
  });

  test('keeps what somebody asks to be kept, though it was given up before', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    const [first, second, third, fourth] = firstSeqsIn(directory.path) as [number, number, number, number];
    journal.keepFrom(first);
    expect(journal.dropBefore(fourth)).toBe(0);
    journal.keepFrom(second);
    expect(journal.dropBefore(0)).toBe(1);
    journal.keepFrom(third - 1);
    expect(journal.dropBefore(0)).toBe(1);
    await waitFor(() => firstSeqsIn(directory.path)[0] === second, { what: 'one segment to go' });
    expect((await journal.read(third - 1, 1))[0]?.seq).toBe(third - 1);
    journal.keepFrom(null);
    journal.dropBefore(0);
    await waitFor(() => firstSeqsIn(directory.path)[0] === fourth, { what: 'the others to go' });
    await journal.abandon();
  });

  test('does not count a segment as kept while it is being removed', async () => {
    using directory = temporaryDirectory();
    const removals: (() => void)[] = [];
    const files: JournalFiles = {
      ...REAL_FILES,
      remove: (path, done) => void removals.push(() => REAL_FILES.remove(path, done)),
    };
    const journal = await manySegments(directory.path, files);
    const [first, second] = firstSeqsIn(directory.path) as [number, number];
    expect(journal.firstSeq).toBe(first);
    journal.dropBefore(second);
    await waitFor(() => removals.length === 1, { what: 'the removal to begin' });
    expect(journal.firstSeq).toBe(second);
    removals[0]?.();
    await waitFor(() => firstSeqsIn(directory.path)[0] === second, { what: 'its end' });
    expect(journal.firstSeq).toBe(second);
    await journal.abandon();
  });

  test('stops at the first that cannot be removed, reports it once, leaves no gap, and goes on later', async () => {
    using directory = temporaryDirectory();
    let failing = '';
    const asked: string[] = [];
    const events: string[] = [];
    const files: JournalFiles = {
      ...REAL_FILES,
      remove(path, done) {
        asked.push(path);
        if (path === failing) done(busy());
        else REAL_FILES.remove(path, done);
      },
    };
    const log: LogPort = { info: (event) => events.push(event), warn: (event) => events.push(event), error: () => {} };
    const journal = await manySegments(directory.path, files, log);
    const names = segmentsIn(directory.path);
    failing = join(directory.path, 'journal', names[1] as string);
    for (let round = 1; round <= 3; round++) {
      journal.dropBefore(Number.MAX_SAFE_INTEGER);
      await waitFor(() => asked.filter((path) => path === failing).length === round, { what: 'an attempt' });
      await waitFor(() => journal.removalProblem !== null, { what: 'its end' });
    }
    expect(segmentsIn(directory.path)).toEqual(names.slice(1));
    expect(journal.removalProblem).toContain('EBUSY');
    expect(events).toEqual(['journal_segments_kept']);
    await journal.abandon();
    const again = openJournal(directory.path, { files });
    failing = '';
    again.dropBefore(Number.MAX_SAFE_INTEGER);
    await waitFor(() => again.dropBefore(0) === 0, { what: 'the rest to go' });
    expect(again.removalProblem).toBeNull();
    await again.abandon();
  });

  test('stops when the directory cannot be synced: after a power cut a later removal alone would be a gap', async () => {
    using directory = temporaryDirectory();
    let isFailing = false;
    const files: JournalFiles = {
      ...REAL_FILES,
      syncDirectory: (file, done) =>
        isFailing ? done(new Error('EIO: i/o error, fsync')) : REAL_FILES.syncDirectory(file, done),
    };
    const journal = await manySegments(directory.path, files);
    const names = segmentsIn(directory.path);
    isFailing = true;
    journal.dropBefore(Number.MAX_SAFE_INTEGER);
    await waitFor(() => journal.removalProblem !== null, { what: 'the failure' });
    expect(segmentsIn(directory.path)).toEqual(names.slice(1));
    journal.dropBefore(Number.MAX_SAFE_INTEGER);
    await waitFor(() => segmentsIn(directory.path).length === names.length - 1, { what: 'no further removal' });
    isFailing = false;
    journal.dropBefore(Number.MAX_SAFE_INTEGER);
    await waitFor(() => journal.dropBefore(0) === 0, { what: 'the rest to go' });
    await journal.abandon();
  });

  test('takes a segment that is already gone for removed', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    rmSync(join(directory.path, 'journal', segmentsIn(directory.path)[0] as string));
    journal.dropBefore(Number.MAX_SAFE_INTEGER);
    await waitFor(() => journal.dropBefore(0) === 0, { what: 'the rest to go' });
    expect(journal.removalProblem).toBeNull();
    await journal.abandon();
  });
});

describe('a gap that removing once left', () => {
  test('in front of what is needed is passed over, and what lies before it is removed', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    const seqs = firstSeqsIn(directory.path);
    await journal.abandon();
    rmSync(join(directory.path, 'journal', segmentsIn(directory.path)[1] as string));
    const published = (seqs[2] as number) - 1;
    const again = openJournal(directory.path, { durableAtLeast: published });
    expect(again.firstSeq).toBe(seqs[2] as number);
    expect([...again.recover()][0]?.fact.kind).toBe('checkpoint_begin');
    const left = segmentsIn(directory.path).slice(1);
    again.dropBefore(1);
    await waitFor(() => segmentsIn(directory.path).length === left.length, { what: 'the left-over segment to go' });
    expect(segmentsIn(directory.path)).toEqual(left);
    await again.abandon();
  });

  test('is damage when records behind it were not published yet', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    const seqs = firstSeqsIn(directory.path);
    await journal.abandon();
    rmSync(join(directory.path, 'journal', segmentsIn(directory.path)[1] as string));
    expect(() => openJournal(directory.path, { durableAtLeast: (seqs[2] as number) - 2 })).toThrow('are missing');
  });

  test('is damage when nothing whole is behind it, and all files are left as they are', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    await journal.abandon();
    const names = segmentsIn(directory.path);
    const path = (at: number): string => join(directory.path, 'journal', names[at] as string);
    for (const at of names.keys()) if (at === 1 || at > 2) rmSync(path(at));
    writeFileSync(path(2), 'no header of a journal');
    const published = (firstSeqsIn(directory.path)[1] as number) - 1;
    expect(() => openJournal(directory.path, { durableAtLeast: published })).toThrow('more had been durable');
    expect(segmentsIn(directory.path)).toEqual(names.filter((_, at) => at === 0 || at === 2));
  });

  test('is damage when nothing at all is left, whatever is known to be published', async () => {
    using directory = temporaryDirectory();
    const journal = await manySegments(directory.path);
    await journal.abandon();
    const names = segmentsIn(directory.path);
    const last = names.at(-1) as string;
    for (const name of names.slice(0, -1)) rmSync(join(directory.path, 'journal', name));
    writeFileSync(join(directory.path, 'journal', last), new Uint8Array(4096));
    expect(() => openJournal(directory.path)).toThrow('more had been durable');
    expect(segmentsIn(directory.path)).toEqual([last]);
  });
});
