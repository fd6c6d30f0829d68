import { describe, expect, test } from 'bun:test';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Fact } from '../facts.ts';
import { anyFact, BORN, CHECKPOINT, CLOSED, numbered, openJournal, temporaryDirectory } from './fixtures.ts';
import type { Entry } from './reader.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const segmentsIn = (directory: string) =>
  readdirSync(join(directory, 'journal')).filter((name) => name.endsWith('.log'));

async function readAll(journal: ReturnType<typeof openJournal>, from: number, limit: number): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let seq = from; ; ) {
    const entries = await journal.read(seq, limit);
    if (entries.length === 0) return all;
    all.push(...entries);
    seq = (entries.at(-1) as Entry).seq + 1;
  }
}

describe('a journal', () => {
  test('begins with its birth and gives back everything in order', async () => {
    using directory = temporaryDirectory();
    const first = openJournal(directory.path);
    expect(first.opened).toEqual({ fresh: true, lastSeq: 1, cut: null });
    expect([first.append(numbered(2)), first.append(numbered(3))]).toEqual([2, 3]);
    await first.close(CLOSED);

    const second = openJournal(directory.path);
    expect(second.opened).toEqual({ fresh: false, lastSeq: 4, cut: null });
    expect([...second.recover()]).toEqual([
      { seq: 1, fact: BORN },
      { seq: 2, fact: numbered(2) },
      { seq: 3, fact: numbered(3) },
      { seq: 4, fact: CLOSED },
    ]);
    expect(second.append(numbered(5))).toBe(5);
    await second.abandon();
  });

  test('any facts survive a restart, and are read from any position on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyFact, { maxLength: 25 }),
        fc.integer({ min: 200, max: 5_000 }),
        async (facts, segmentBytesMax) => {
          using directory = temporaryDirectory();
          const written: Fact[] = [];
          const writer = openJournal(directory.path, { segmentBytesMax });
          writer.watch({
            appended: (_seq, fact) => written.push(fact),
            durable: () => {},
          });
          for (const fact of facts) await writer.synced(writer.append(fact));
          await writer.abandon();

          const reader = openJournal(directory.path, { segmentBytesMax });
          const all = [BORN, ...written].map((fact, at) => ({ seq: at + 1, fact }));
          expect(await readAll(reader, 1, 7)).toStrictEqual(all);
          for (const { seq } of all) expect(await reader.read(seq, 1)).toStrictEqual(all.slice(seq - 1, seq));
          const recovered = [...reader.recover()];
          expect(recovered).toStrictEqual(all.slice(all.length - recovered.length));
          await reader.abandon();
        },
      ),
      { numRuns: 12 },
    );
  });

  test('only its owner can read it', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(join(directory.path, 'state'));
    expect(modeOf(join(directory.path, 'state'))).toBe('700');
    expect(modeOf(join(directory.path, 'state/journal'))).toBe('700');
    expect(modeOf(join(directory.path, 'state/journal/0000000000000001.log'))).toBe('600');
    expect(modeOf(join(directory.path, 'state/lock'))).toBe('600');
    await journal.abandon();
  });

  test('a record larger than a read is read whole, between small ones', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    const large = { ...CHECKPOINT, kind: 'dead_letter', value: 'x'.repeat(1_000_000) } as never;
    const facts: Fact[] = [numbered(2), large, numbered(4)];
    for (const fact of facts) journal.append(fact);
    expect((await readAll(journal, 1, 100)).map((entry) => entry.fact)).toStrictEqual([BORN, ...facts]);
    expect(await journal.read(3, 1)).toStrictEqual([{ seq: 3, fact: large }]);
    await journal.abandon();
  });

  test('refuses to read what is no longer there, and gives nothing beyond the end', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    expect(await journal.read(2, 10)).toEqual([]);
    expect(journal.read(0, 10)).rejects.toThrow('no longer kept');
    await journal.abandon();
  });
});

describe('durability', () => {
  test('is reached without being asked for, and told', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    const reached = new Promise<void>((resolve) => {
      journal.watch({ appended: () => {}, durable: (seq) => seq === 3 && resolve() });
    });
    journal.append(numbered(2));
    journal.append(numbered(3));
    expect(journal.durableSeq).toBe(0);
    await reached;
    expect(journal.durableSeq).toBe(3);
    await journal.synced(2);
    await journal.abandon();
  });

  test('waiting for a record that was never written is a mistake that is said', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    expect(journal.synced(99)).rejects.toThrow('never written');
    await journal.abandon();
  });
});

describe('segments', () => {
  test('a full one is followed by one that begins with a checkpoint; recovery starts there', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { segmentBytesMax: 400 });
    for (let number = 0; number < 20; number++) await journal.synced(journal.append(numbered(number)));
    expect(journal.segmentCount).toBeGreaterThan(2);
    await journal.close(CLOSED);

    const again = openJournal(directory.path);
    const entries = [...again.recover()];
    expect(entries[0]?.fact).toStrictEqual(CHECKPOINT);
    expect(entries.filter((entry) => entry.fact.kind === 'checkpoint').length).toBe(1);
    expect(entries.at(-1)?.fact).toStrictEqual(CLOSED);
    await again.abandon();
  });

  test('old ones go when they lie before both the position and the newest checkpoint', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { segmentBytesMax: 400 });
    for (let number = 0; number < 20; number++) await journal.synced(journal.append(numbered(number)));
    await journal.synced(journal.lastSeq);
    const before = journal.segmentCount;
    expect(journal.dropBefore(1)).toBe(0);
    const secondSegment = Number((segmentsIn(directory.path).sort()[1] ?? '').slice(0, 16));
    expect(journal.dropBefore(secondSegment - 1)).toBe(0);
    expect(journal.dropBefore(secondSegment)).toBe(1);
    expect(journal.firstSeq).toBe(secondSegment);
    expect(journal.dropBefore(Number.MAX_SAFE_INTEGER)).toBe(before - 2);
    expect(journal.segmentCount).toBe(1);
    await journal.close(CLOSED);
    expect(segmentsIn(directory.path).length).toBe(1);

    const again = openJournal(directory.path);
    expect([...again.recover()][0]?.fact).toStrictEqual(CHECKPOINT);
    await again.abandon();
  });
});
