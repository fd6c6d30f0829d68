import { describe, expect, test } from 'bun:test';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { type JournalFiles, REAL_FILES } from './files.ts';
import { hangingSyncs, numbered, openJournal, temporaryDirectory } from './fixtures.ts';
import { SyncLag } from './sync-lag.ts';

describe('age of the oldest record that is not durable', () => {
  test('counts from the write, through a sync that takes long, and from what came during it', () => {
    const lag = new SyncLag();
    expect(lag.ageMs(5_000)).toBe(0);
    lag.appended(1_000);
    lag.appended(3_000);
    expect(lag.ageMs(5_000)).toBe(4);
    lag.syncBegan();
    lag.appended(6_000);
    lag.appended(8_000);
    expect(lag.ageMs(9_000)).toBe(8);
    lag.syncSucceeded();
    expect(lag.ageMs(9_000)).toBe(3);
    lag.syncBegan();
    lag.syncSucceeded();
    expect(lag.ageMs(20_000)).toBe(0);
  });

  test('grows while syncs hang, and segments do not: none becomes too large to be read at a start', async () => {
    using directory = temporaryDirectory();
    const syncs = hangingSyncs();
    const { files } = syncs;
    const journal = openJournal(directory.path, { files, segmentBytesMax: 400, checkpoint: () => null });
    await journal.synced(journal.lastSeq);
    syncs.hang();
    const numbers = Array.from({ length: 200 }, (_, at) => at + 2);
    for (const number of numbers) journal.append(numbered(number));
    void journal.synced(journal.lastSeq);
    const directoryOf = join(directory.path, 'journal');
    const sizes = readdirSync(directoryOf).map((name) => statSync(join(directoryOf, name)).size);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(5 * 400);
    syncs.goOn();
    await journal.synced(journal.lastSeq);
    await journal.abandon();
    const again = openJournal(directory.path);
    expect([...again.recover()].slice(1).map(({ fact }) => fact)).toEqual(numbers.map(numbered));
    await again.abandon();
  });

  test('of a journal whose syncs hang grows, and is over when they return', async () => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    // Time passes by `advance` only: a sync takes none.
    const syncs = hangingSyncs((_file, done) => done(null));
    const { files } = syncs;
    const journal = openJournal(directory.path, { files, clock });
    await journal.synced(journal.lastSeq);
    expect(journal.syncLagMs(clock.elapsedUs())).toBe(0);
    syncs.hang();
    const waiting = journal.synced(journal.append(numbered(2)));
    clock.advance(200);
    journal.append(numbered(3));
    clock.advance(100);
    expect(journal.syncLagMs(clock.elapsedUs())).toBe(300);
    syncs.goOn();
    await waiting;
    await journal.synced(journal.lastSeq);
    expect(journal.syncLagMs(clock.elapsedUs())).toBe(0);
    await journal.abandon();
  });

  test('is not made longer by gathering: what came during a slow sync goes with the next at once', async () => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    const syncs = hangingSyncs((_file, done) => done(null));
    const journal = openJournal(directory.path, { files: syncs.files, clock });
    await journal.synced(journal.lastSeq);
    syncs.hang();
    const waiting = journal.synced(journal.append(numbered(2)));
    journal.append(numbered(3));
    clock.advance(100);
    syncs.goOn();
    await waiting;
    expect(journal.durableSeq).toBe(journal.lastSeq);
    expect(journal.syncLagMs(clock.elapsedUs())).toBe(0);
    await journal.abandon();
  });

  test('counts a write that takes long from its beginning', async () => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    const files: JournalFiles = {
      ...REAL_FILES,
      write(file, bytes, from) {
        clock.advance(400);
        return REAL_FILES.write(file, bytes, from);
      },
      syncData: () => {},
    };
    const journal = openJournal(directory.path, { files, clock });
    journal.append(numbered(2));
    expect(journal.syncLagMs(clock.elapsedUs())).toBeGreaterThanOrEqual(400);
    // The sync that never returns would be waited for.
    void journal.abandon();
  });
});
