import { describe, expect, test } from 'bun:test';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeadLetterFact } from '../../model/facts.ts';
import { BORN, numbered, openJournal, temporaryDirectory } from '../fixtures.ts';
import { FRAME_HEADER_BYTES, readFrame, sealFrame } from '../frame.ts';
import { JournalRefused } from '../problems.ts';

const FIRST = 'journal/0000000000000001.log';
const factsOf = (stateDir: string) => {
  const journal = openJournal(stateDir);
  const facts = [...journal.recover()].map((entry) => entry.fact);
  const { cut } = journal.opened;
  return { journal, facts, cut };
};

/** Writes facts 2..count+1; `durableUpTo` of them are synced before the rest is written. */
async function written(stateDir: string, count: number, durableUpTo: number, segmentBytesMax?: number): Promise<void> {
  const journal = openJournal(stateDir, {
    checkpoint: () => null,
    ...(segmentBytesMax === undefined ? {} : { segmentBytesMax }),
  });
  for (let number = 2; number <= count + 1; number++) {
    const seq = journal.append(numbered(number));
    if (number <= durableUpTo) await journal.synced(seq);
  }
  await journal.abandon();
}

const segmentsIn = (stateDir: string) =>
  readdirSync(join(stateDir, 'journal'))
    .filter((name) => name.endsWith('.log'))
    .sort();

describe('a torn tail', () => {
  test('is cut at every byte of the last record; the journal goes on from there', async () => {
    using directory = temporaryDirectory();
    const whole = join(directory.path, 'whole');
    const torn = join(directory.path, 'torn');
    await written(whole, 3, 3);
    const bytes = readFileSync(join(whole, FIRST)).length;
    const lastStart = frameStarts(readFileSync(join(whole, FIRST))).at(-1) as number;
    for (let length = lastStart; length < bytes; length++) {
      rmSync(torn, { recursive: true, force: true });
      cpSync(whole, torn, { recursive: true });
      truncateSync(join(torn, FIRST), length);
      const { journal, facts, cut } = factsOf(torn);
      expect(facts).toStrictEqual([BORN, numbered(2), numbered(3)]);
      expect(cut?.bytes ?? 0).toBe(length - lastStart);
      expect(journal.append(numbered(4))).toBe(4);
      await journal.abandon();
      const again = factsOf(torn);
      expect(again.facts).toStrictEqual([BORN, numbered(2), numbered(3), numbered(4)]);
      expect(again.cut).toBeNull();
      await again.journal.abandon();
    }
  });

  test('of a fresh journal leaves none: it is born again', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 0, 0);
    const bytes = readFileSync(join(directory.path, FIRST));
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(join(directory.path, FIRST), bytes.subarray(0, length));
      const { journal, facts } = factsOf(directory.path);
      expect(journal.opened.fresh).toBe(true);
      expect(facts).toStrictEqual([BORN]);
      await journal.abandon();
    }
  });

  test('may hold whole records behind a hole, when none of it had been durable', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 6, 3);
    corrupt(directory.path, FIRST, 4);
    const { journal, facts, cut } = factsOf(directory.path);
    expect(facts).toStrictEqual([BORN, numbered(2), numbered(3)]);
    expect(cut?.why).toBe('the checksum of the record does not match');
    await journal.abandon();
  });

  test('of a new segment that was only just begun takes that file away', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 3, 3);
    for (const rest of ['', 'unrip', 'unripJ1\n', 'unripJ1\nxxxx']) {
      writeFileSync(join(directory.path, 'journal/0000000000000005.log'), rest);
      const { journal, facts } = factsOf(directory.path);
      expect(facts).toStrictEqual([BORN, numbered(2), numbered(3), numbered(4)]);
      expect(segmentsIn(directory.path)).toEqual(['0000000000000001.log']);
      await journal.abandon();
    }
  });
});

describe('a text from outside that looks like a record', () => {
  const deadLetter = (value: string): DeadLetterFact => ({
    kind: 'dead_letter',
    eventId: 'e',
    atMs: 1,
    origin: 'relay',
    key: null,
    reason: 'not_json',
    detail: '',
    value,
    valueBytes: value.length,
  });

  test('does not turn the torn end of a crash into damage', async () => {
    using directory = temporaryDirectory();
    const forged = forgedFrame(0x70000, 0x60000);
    expect(readFrame(Buffer.from(forged), 0)).toMatchObject({ ok: true, seq: 0x70000, durableSeq: 0x60000 });
    const running = openJournal(directory.path);
    await running.synced(running.append(numbered(2)));
    running.append(deadLetter(forged));
    await running.abandon();
    truncateSync(join(directory.path, FIRST), readFileSync(join(directory.path, FIRST)).length - 1);
    const { journal, facts, cut } = factsOf(directory.path);
    expect(facts).toStrictEqual([BORN, numbered(2)]);
    expect(cut).not.toBeNull();
    await journal.abandon();
  });
});

describe('damage is refused, with file, place and what to do, and left as it is', () => {
  test('a broken record that a later one says was durable', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 6, 5);
    corrupt(directory.path, FIRST, 3);
    const before = readFileSync(join(directory.path, FIRST));
    expect(() => openJournal(directory.path)).toThrow(JournalRefused);
    expect(() => openJournal(directory.path)).toThrow(/0000000000000001\.log, offset \d+: the checksum/);
    expect(() => openJournal(directory.path)).toThrow(
      /record 3 had been durable.*move the whole directory away.*safe only if nothing was signed/,
    );
    expect(readFileSync(join(directory.path, FIRST))).toEqual(before);
  });

  test('a broken head of the only segment', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 6, 5);
    const bytes = readFileSync(join(directory.path, FIRST));
    bytes[0] = 0;
    writeFileSync(join(directory.path, FIRST), bytes);
    expect(() => openJournal(directory.path)).toThrow('does not start with the header of a journal');
  });

  test.each(['a broken record of an older one', 'the end of an older one', 'a whole one', 'the first one'])(
    'in several segments: %s is missing',
    async (what) => {
      using directory = temporaryDirectory();
      await written(directory.path, 20, 21, 400);
      const [first, second] = segmentsIn(directory.path) as [string, string];
      const path = join(directory.path, 'journal', second);
      if (what.startsWith('a broken')) corrupt(directory.path, `journal/${second}`, Number(second.slice(0, 16)) + 1);
      else if (what.startsWith('the end')) truncateSync(path, readFileSync(path).length - 1);
      else rmSync(join(directory.path, 'journal', what === 'a whole one' ? second : first));
      const why =
        what === 'the first one' ? /has no complete checkpoint: older segments are missing/ : /had been durable/;
      expect(() => openJournal(directory.path)).toThrow(why);
    },
  );

  test('a start that is neither the birth nor a checkpoint', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 3, 3);
    const bytes = readFileSync(join(directory.path, FIRST));
    const start = frameStarts(bytes)[2] as number;
    rmSync(join(directory.path, FIRST));
    writeFileSync(
      join(directory.path, 'journal/0000000000000003.log'),
      Buffer.concat([bytes.subarray(0, 8), bytes.subarray(start)]),
    );
    expect(() => openJournal(directory.path)).toThrow('has no complete checkpoint');
  });

  test('a journal that ends before what was already published', async () => {
    using directory = temporaryDirectory();
    await written(directory.path, 3, 3);
    expect(() => openJournal(directory.path, { durableAtLeast: 5 })).toThrow('record 5 was already published');
    const journal = openJournal(directory.path, { durableAtLeast: 4 });
    await journal.abandon();
    truncateSync(join(directory.path, FIRST), readFileSync(join(directory.path, FIRST)).length - 1);
    expect(() => openJournal(directory.path, { durableAtLeast: 4 })).toThrow('record 4 had been durable');
  });
});

/** A whole frame of plain characters: the payload is varied until the checksum is made of them as well. */
function forgedFrame(seq: number, durableSeq: number): string {
  for (let number = 0; ; number++) {
    const bytes = Buffer.alloc(FRAME_HEADER_BYTES + 8);
    bytes.write(String(number).padStart(8, '0'), FRAME_HEADER_BYTES);
    sealFrame(bytes, seq, durableSeq);
    if (bytes.every((byte) => byte < 0x80)) return bytes.toString();
  }
}

/** Offsets of the frames, by the lengths in their headers. */
function frameStarts(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 8; at < bytes.length; at += 24 + bytes.readUInt32LE(at + 4)) starts.push(at);
  return starts;
}

/** Turns a bit in the payload of record `seq`. */
function corrupt(stateDir: string, name: string, seq: number): void {
  const path = join(stateDir, name);
  const bytes = readFileSync(path);
  const at = (frameStarts(bytes)[seq - Number(name.slice(-20, -4))] as number) + 30;
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}
