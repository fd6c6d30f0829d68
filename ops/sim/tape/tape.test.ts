import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { decodeTape, inspectTape, readTape, type TapeRead } from './reader.ts';
import type { TapeFrame, TapeHeader } from './record.ts';
import { encodeTape, TapeWriteError, writeTape } from './writer.ts';

const HEADER: TapeHeader = {
  kind: 'header',
  format: 'unrip-tape',
  version: 1,
  made_from: 'a test',
  started_at_ms: 1_628_602_920_000,
  pair: 'BTC/EURe',
  description: 'none',
};
const FRAMES: TapeFrame[] = [
  { kind: 'kraken', at_ms: 0, text: 'one' },
  { kind: 'relay', at_ms: 5, text: 'two', take_after_ms: 9 },
  { kind: 'coingecko', at_ms: 5, text: 'three' },
];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unrip-tape-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function bytesOf(header: TapeHeader, frames: readonly TapeFrame[], durationMs = 0): Promise<Buffer> {
  return Buffer.concat(await all(encodeTape(header, frames, () => durationMs)));
}

/** The bytes in pieces of any size, as a stream may deliver them. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const anyFrame = fc
  .record({
    kind: fc.constantFrom('relay' as const, 'kraken' as const, 'coingecko' as const),
    afterMs: fc.nat(100_000),
    text: fc.string({ unit: 'grapheme', maxLength: 200 }),
    takeAfterMs: fc.option(fc.nat(60_000)),
  })
  .map(
    ({ kind, afterMs, text, takeAfterMs }): TapeFrame =>
      kind === 'relay' && takeAfterMs !== null
        ? { kind, at_ms: afterMs, text, take_after_ms: takeAfterMs }
        : { kind, at_ms: afterMs, text },
  );
const anyFrames = fc.array(anyFrame, { maxLength: 30 }).map((frames) => frames.sort((a, b) => a.at_ms - b.at_ms));

describe('round trip', () => {
  test('what is written is read, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFrames,
        fc.integer({ min: 1, max: 400 }),
        fc.nat(200_000),
        async (frames, size, durationMs) => {
          const reads = await all(decodeTape(inPieces(await bytesOf(HEADER, frames, durationMs), size)));
          expect(reads).toEqual([
            { kind: 'header', header: HEADER },
            ...frames.map((frame, index): TapeRead => ({ kind: 'frame', index, frame })),
            { kind: 'end', frames: frames.length, durationMs: Math.max(durationMs, frames.at(-1)?.at_ms ?? 0) },
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('through a file', async () => {
    const path = join(folder, 'whole.tape');
    await writeTape(path, HEADER, FRAMES, () => 777);
    expect(await inspectTape(path)).toEqual({
      ok: true,
      summary: { header: HEADER, frames: 3, durationMs: 777, framesBySource: { relay: 1, kraken: 1, coingecko: 1 } },
    });
    expect((await all(readTape(path))).map((read) => read.kind)).toEqual(['header', 'frame', 'frame', 'frame', 'end']);
  });

  test('the writer refuses what a reader would', async () => {
    const backwards = [...FRAMES].reverse();
    await expect(bytesOf(HEADER, backwards)).rejects.toThrow(TapeWriteError);
  });
});

describe('damage', () => {
  test('a tape cut anywhere gives whole records and then a fault that says so', async () => {
    const bytes = await bytesOf(HEADER, FRAMES);
    const whole = await all(decodeTape(inPieces(bytes, 4096)));
    for (let length = 0; length < bytes.length; length += 1) {
      const reads = await all(decodeTape(inPieces(bytes.subarray(0, length), 64)));
      const last = reads.pop();
      expect(last?.kind).toBe('fault');
      expect(last?.kind === 'fault' ? last.reason : '').toMatch(
        /^the tape (breaks off inside record|stops after) [0-4]/,
      );
      expect(reads).toEqual(whole.slice(0, reads.length));
    }
  });

  test('any changed byte is a fault or other content, never a throw', async () => {
    const bytes = await bytesOf(HEADER, FRAMES);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        const last = (await all(decodeTape(inPieces(damaged, 50)))).at(-1);
        expect(['fault', 'end']).toContain(last?.kind ?? 'none');
      }),
      { numRuns: 300 },
    );
  });

  const packr = new Packr({ useRecords: false });
  const END = { kind: 'end', frames: 0, duration_ms: 0 };
  test.each([
    ['a second header', [HEADER, HEADER], 'record 1 is damaged: a second header'],
    ['no header', [FRAMES[0]], 'record 0 is damaged: the first record is no header'],
    [
      'another format',
      [{ ...HEADER, format: 'x' }],
      "record 0 is damaged: header record: /format Expected 'unrip-tape'",
    ],
    ['a later version', [{ ...HEADER, version: 2 }], 'record 0 is damaged: header record: /version Expected 1'],
    [
      'an unknown kind',
      [HEADER, { kind: 'x' }],
      'record 1 is damaged: kind "x" is not one of header, relay, kraken, coingecko, end',
    ],
    ['no map', [HEADER, 7], 'record 1 is damaged: kind missing is not one of header, relay, kraken, coingecko, end'],
    [
      'time running back',
      [HEADER, FRAMES[1], FRAMES[0]],
      'record 2 is damaged: at_ms 0 lies before 5 of the record before it',
    ],
    ['a wrong count', [HEADER, FRAMES[0], END], 'record 2 is damaged: the end counts 0 frames, 1 were there'],
    [
      'an early end',
      [HEADER, FRAMES[1], { ...END, frames: 1 }],
      'record 2 is damaged: the end lies before the last frame',
    ],
    ['more after the end', [HEADER, END, FRAMES[0]], 'record 2 is damaged: something follows the end'],
  ])('%s is named', async (_name, values, reason) => {
    const path = join(folder, 'named.tape');
    await Bun.write(path, zstdCompressSync(Buffer.concat(values.map((value) => packr.pack(value)))));
    expect(await inspectTape(path)).toEqual({ ok: false, reason });
  });

  test.each([
    ['not compressed', Buffer.from('this is no tape'), 'not a whole zstd stream'],
    ['empty', Buffer.alloc(0), 'the tape stops after 0 records, without its end'],
  ])('a file that is %s is named', async (_name, bytes, reason) => {
    const path = join(folder, 'file.tape');
    await Bun.write(path, bytes);
    const inspection = await inspectTape(path);
    expect(inspection.ok ? '' : inspection.reason).toContain(reason);
  });

  test('a flipped bit in a compressed tape, a cut one, and none at all', async () => {
    const path = join(folder, 'damaged.tape');
    const many = Array.from(
      { length: 500 },
      (_, index): TapeFrame => ({ kind: 'kraken', at_ms: index, text: `t${index}` }),
    );
    await writeTape(path, HEADER, many);
    const bytes = Buffer.from(await Bun.file(path).arrayBuffer());
    const middle = Math.floor(bytes.length / 2);
    const flipped = Buffer.from(bytes);
    flipped[middle] = (flipped[middle] ?? 0) ^ 0x10;
    await Bun.write(path, flipped);
    expect(await inspectTape(path)).toMatchObject({ ok: false });
    await Bun.write(path, bytes.subarray(0, middle));
    expect(await inspectTape(path)).toMatchObject({ ok: false });
    const missing = join(folder, 'missing.tape');
    expect(await inspectTape(missing)).toEqual({ ok: false, reason: `there is no tape at ${missing}` });
    const inspection = await inspectTape(folder);
    expect(inspection.ok ? '' : inspection.reason).toContain('EISDIR');
  });
});
