// A disk that is full or fails: simulated at the file port, since neither can be had for a test.

import { describe, expect, test } from 'bun:test';
import { type JournalFiles, REAL_FILES } from './files.ts';
import { CLOSED, numbered, openJournal, temporaryDirectory } from './fixtures.ts';
import { JournalFailed } from './problems.ts';

const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

/** Takes `room` bytes in pieces of at most `piece`, then fails as a full disk does. */
function smallDisk(room: number, piece = Number.MAX_SAFE_INTEGER): JournalFiles {
  let left = room;
  return {
    ...REAL_FILES,
    write(file, bytes, from) {
      if (left === 0) throw noSpace();
      const length = Math.min(left, piece, bytes.length - from);
      left -= length;
      return REAL_FILES.write(file, bytes.subarray(0, from + length), from);
    },
  };
}

describe('a failing disk', () => {
  test('a write that comes in pieces is one record', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { files: smallDisk(10_000, 7) });
    journal.append(numbered(2));
    await journal.close(CLOSED);
    const again = openJournal(directory.path);
    expect([...again.recover()].map((entry) => entry.fact.kind)).toEqual(['born', 'nonce_used', 'closed']);
    await again.abandon();
  });

  test.each([200, 201, 230, 290])(
    'full after %d bytes: refused from then on, reported once, and recovered',
    async (room) => {
      using directory = temporaryDirectory();
      const failures: JournalFailed[] = [];
      const journal = openJournal(directory.path, {
        files: smallDisk(room),
        onFailure: (error) => failures.push(error),
      });
      let taken = 1;
      const fill = () => {
        for (; taken < 100; taken++) journal.append(numbered(taken + 1));
      };
      expect(fill).toThrow(JournalFailed);
      expect(fill).toThrow('ENOSPC');
      expect(journal.synced(taken)).rejects.toThrow(JournalFailed);
      expect(failures.length).toBe(1);
      expect(journal.failure).toBe(failures[0] as JournalFailed);
      expect(journal.close(CLOSED)).rejects.toThrow('ENOSPC');
      await journal.abandon();

      const again = openJournal(directory.path);
      expect(again.lastSeq).toBe(taken);
      await again.abandon();
    },
  );

  test('a segment that cannot be begun fails the journal, which gives up each of its files once', async () => {
    using directory = temporaryDirectory();
    const failures: JournalFailed[] = [];
    const open = new Set<number>();
    const failed = Promise.withResolvers<void>();
    const files: JournalFiles = {
      ...REAL_FILES,
      open(path) {
        if (open.size > 0) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
        const file = REAL_FILES.open(path);
        open.add(file);
        return file;
      },
      close(file) {
        open.delete(file);
        REAL_FILES.close(file);
      },
    };
    const onFailure = (error: JournalFailed) => {
      failures.push(error);
      failed.resolve();
    };
    const journal = openJournal(directory.path, { files, segmentBytesMax: 200, onFailure });
    for (let number = 2; number < 6; number++) journal.append(numbered(number));
    await journal.synced(5);
    await failed.promise;
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('EMFILE')]);
    await journal.abandon();
    expect(open.size).toBe(0);
    const again = openJournal(directory.path);
    expect([...again.recover()]).toHaveLength(5);
    await again.abandon();
  });

  test('a failed sync fails everybody who waits, and nothing is written after it', async () => {
    using directory = temporaryDirectory();
    const failures: JournalFailed[] = [];
    const journal = openJournal(directory.path, {
      files: { ...REAL_FILES, syncData: (_file, done) => setImmediate(done, new Error('EIO: i/o error, fdatasync')) },
      onFailure: (error) => failures.push(error),
    });
    const waiting = [journal.append(numbered(2)), journal.append(numbered(3))].map((seq) =>
      journal.synced(seq).then(
        () => 'durable',
        (error: Error) => error.message,
      ),
    );
    for (const outcome of await Promise.all(waiting)) expect(outcome).toContain('EIO');
    expect(() => journal.append(numbered(4))).toThrow(JournalFailed);
    expect(journal.durableSeq).toBe(0);
    expect(failures.length).toBe(1);
    await journal.abandon();
  });

  test('at most one sync is under way, and the next covers all that came since', async () => {
    using directory = temporaryDirectory();
    const pending: (() => void)[] = [];
    const syncs: number[] = [];
    const journal = openJournal(directory.path, {
      files: {
        ...REAL_FILES,
        syncData(_file, done) {
          syncs.push(journal.lastSeq);
          pending.push(() => done(null));
        },
      },
    });
    const first = journal.synced(journal.append(numbered(2)));
    const rest = [3, 4, 5].map((number) => journal.synced(journal.append(numbered(number))));
    expect(syncs).toEqual([2]);
    pending.shift()?.();
    // The second sync begins behind the directory's, which the first one carries.
    await first;
    expect(journal.durableSeq).toBe(2);
    expect(syncs).toEqual([2, 5]);
    pending.shift()?.();
    await Promise.all(rest);
    expect(syncs.length).toBe(2);
    await journal.abandon();
  });
});
