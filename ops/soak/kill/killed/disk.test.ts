import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { JournalFiles } from '../../../../engine/journal/files.ts';
import { REAL_FILES } from '../../../../engine/journal/files.ts';
import { hangingSyncs, numbered, openJournal, temporaryDirectory } from '../../../../engine/journal/fixtures.ts';
import { factsFrom } from '../facts.ts';
import { cutDisk } from './disk.ts';
import { endingAt } from './places.ts';

type Step = 'append' | 'sync' | 'hang' | 'go on' | 'drop' | 'turn';

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Step>('append') },
  { weight: 4, arbitrary: fc.constant<Step>('sync') },
  { weight: 2, arbitrary: fc.constantFrom<Step>('hang', 'go on', 'drop') },
  { weight: 2, arbitrary: fc.constant<Step>('turn') },
);

test('a power cut at any moment leaves a journal that opens, with everything that was durable', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 150, max: 600 }),
      async (steps, bytes) => {
        using directory = temporaryDirectory();
        const syncs = hangingSyncs();
        const disk = cutDisk(directory.path, syncs.files);
        const journal = openJournal(directory.path, { files: disk.files, segmentBytesMax: bytes });
        let isHanging = false;
        for (const [number, each] of steps.entries()) {
          if (each === 'append') journal.append(numbered(number));
          if (each === 'hang') syncs.hang();
          if (each === 'go on') syncs.goOn();
          isHanging = each === 'hang' || (isHanging && each !== 'go on');
          if (each === 'sync' && !isHanging) await journal.synced(journal.lastSeq);
          if (each === 'drop') journal.dropBefore(journal.durableSeq);
          if (each === 'turn') await new Promise<void>((resolve) => setImmediate(resolve));
        }
        const { durableSeq, lastSeq } = journal;
        disk.cut();
        const facts = factsFrom(directory.path, 1);
        syncs.goOn();
        await journal.abandon();

        const again = openJournal(directory.path);
        expect(again.lastSeq).toBeGreaterThanOrEqual(durableSeq);
        expect(again.lastSeq).toBeLessThanOrEqual(lastSeq);
        expect(facts.map(({ seq }) => seq)).toEqual(Array.from({ length: facts.length }, (_, index) => index + 1));
        expect(facts.length).toBeGreaterThanOrEqual(durableSeq);
        await again.abandon();
      },
    ),
    { numRuns: 60 },
  );
});

test('what was not synced is gone, also a segment of which only the name was missing', async () => {
  using directory = temporaryDirectory();
  const syncs = hangingSyncs();
  const disk = cutDisk(directory.path, syncs.files);
  const journal = openJournal(directory.path, { files: disk.files });
  await journal.synced(journal.append(numbered(1)));
  syncs.hang();
  journal.append(numbered(2));
  disk.cut();
  expect(factsFrom(directory.path, 1).map(({ fact }) => fact.kind)).toEqual(['born', 'nonce_used']);
  syncs.goOn();
  await journal.abandon();
});

test.each([
  ['before', 1, 1],
  ['before', 3, 3],
  ['after', 3, 4],
] as const)('a process ends right %s the place is met for time %d', async (side, nth, records) => {
  using directory = temporaryDirectory();
  const end = () => {
    throw new Error('ended');
  };
  const files: JournalFiles = endingAt(REAL_FILES, { place: 'settlement', nth, side }, end);
  const failures: string[] = [];
  const journal = openJournal(directory.path, { files, onFailure: (error) => failures.push(error.message) });
  for (let number = 1; number <= 5 && failures.length === 0; number++) {
    try {
      journal.append(numbered(number));
    } catch {
      break;
    }
  }
  expect(failures).toEqual([expect.stringContaining('ended')]);
  expect(factsFrom(directory.path, 1)).toHaveLength(records);
  await journal.abandon();
});
