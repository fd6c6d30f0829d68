import { describe, expect, test } from 'bun:test';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Fact } from '../model/facts.ts';
import {
  anyFact,
  BORN,
  CHECKPOINT,
  CLOSED,
  checkpointOf,
  numbered,
  openJournal,
  temporaryDirectory,
} from './fixtures.ts';
import { frameBytes, PAYLOAD_BYTES_MAX, SEGMENT_MAGIC } from './frame.ts';
import type { Entry } from './segments/reader.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
async function readAll(journal: ReturnType<typeof openJournal>, from: number, limit: number): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let seq = from; ; ) {
    const entries = await journal.read(seq, limit);
    if (entries.length === 0) return all;
    all.push(...entries);
    seq = (entries.at(-1) as Entry).seq + 1;
  }
}

const isOfStream = ({ fact }: Entry) => /^checkpoint_/.test(fact.kind);

/** What recovery has to fold, of all records: the newest checkpoint that has an end, then what was recorded since its begin. */
function folded(all: readonly Entry[]): Entry[] {
  const end = all.findLast(({ fact }) => fact.kind === 'checkpoint_end');
  if (end?.fact.kind !== 'checkpoint_end') return all.filter((entry) => !isOfStream(entry));
  const since = all.slice(end.fact.beginSeq - 1);
  const stream = since.filter((entry) => isOfStream(entry) && entry.seq <= end.seq);
  expect(stream.length).toBe(end.fact.parts + 2);
  return [...stream, ...since.filter((entry) => !isOfStream(entry))];
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
        fc.integer({ min: 0, max: 9 }),
        async (facts, segmentBytesMax, parts) => {
          using directory = temporaryDirectory();
          const appended: Fact[] = [];
          const writer = openJournal(directory.path, { segmentBytesMax, checkpoint: () => checkpointOf(parts) });
          writer.watch({
            appended: (_seq, fact) => appended.push(fact),
            durable: () => {},
          });
          for (const fact of facts) await writer.synced(writer.append(fact));
          await writer.abandon();

          const reader = openJournal(directory.path, { segmentBytesMax });
          const all = await readAll(reader, 1, 7);
          expect(all.map(({ seq }) => seq)).toEqual([BORN, ...appended].map((_, at) => at + 1));
          // The content of a checkpoint's records concerns nobody but recovery.
          expect(all.map(({ fact }) => fact.kind)).toEqual([BORN, ...appended].map(({ kind }) => kind));
          expect(all.filter((entry) => !isOfStream(entry)).map(({ fact }) => fact)).toStrictEqual([BORN, ...facts]);
          for (const { seq } of all) expect(await reader.read(seq, 1)).toStrictEqual(all.slice(seq - 1, seq));
          expect([...reader.recover()]).toStrictEqual(folded(all));
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

  test('gives as many small records as were asked for, from the one that was asked for', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path);
    for (let number = 2; number <= 9; number++) journal.append(numbered(number));
    expect((await journal.read(3, 4)).map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
    expect((await journal.read(8, 4)).map(({ seq }) => seq)).toEqual([8, 9]);
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

  test('refuses a record whose length the disk has changed since, and one that was cut off, without an end of trying', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { segmentBytesMax: 300, checkpoint: () => null });
    for (let number = 2; number <= 12; number++) await journal.synced(journal.append(numbered(number)));
    expect(journal.segmentCount).toBeGreaterThan(2);
    const path = join(directory.path, 'journal/0000000000000001.log');
    const bytes = readFileSync(path);
    const second = SEGMENT_MAGIC.length + (frameBytes(bytes, SEGMENT_MAGIC.length) ?? 0);
    const changed = Buffer.from(bytes);
    changed.writeUInt32LE(PAYLOAD_BYTES_MAX, second + 4);
    writeFileSync(path, changed);
    expect((await journal.read(1, 10)).map(({ seq }) => seq)).toEqual([1]);
    await expect(journal.read(2, 10)).rejects.toThrow('is now damaged');

    writeFileSync(path, bytes);
    truncateSync(path, second + 10);
    await expect(journal.read(2, 10)).rejects.toThrow('is now damaged');
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
  test('a full one is followed by another', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { segmentBytesMax: 400, checkpoint: () => null });
    for (let number = 0; number < 20; number++) await journal.synced(journal.append(numbered(number)));
    expect(journal.segmentCount).toBeGreaterThan(2);
    expect(journal.dropBefore(Number.MAX_SAFE_INTEGER)).toBe(0);
    await journal.close(CLOSED);
    const again = openJournal(directory.path);
    expect([...again.recover()].length).toBe(22);
    await again.abandon();
  });
});
