import { expect, test } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { mutatedBytes } from '../../../ops/testing/mutated.ts';
import { tempDir } from '../../../ops/testing/temp-dir.ts';
import type { Fact } from '../../model/facts.ts';
import { decodeFact, encodeFact } from '../codec.ts';
import { BORN, CHECKPOINT, numbered } from '../fixtures.ts';
import { FRAME_HEADER_BYTES, SEGMENT_MAGIC, sealFrame } from '../frame.ts';
import { JournalRefused } from '../problems.ts';
import { entriesOf, entriesToFold } from './reader.ts';
import { scanJournal } from './recovery.ts';
import { Segment } from './segment.ts';

const FACTS: readonly Fact[] = [BORN, ...Array.from({ length: 6 }, (_, index) => numbered(index)), CHECKPOINT];

function framed(fact: Fact, seq: number, durableSeq: number): Uint8Array {
  const bytes = new Uint8Array(encodeFact(fact));
  sealFrame(bytes, seq, durableSeq);
  return bytes;
}

/** A segment of these facts, the first of them at `firstSeq`; each says that the ones up to `lag` before it are durable. */
const segmentOf = (facts: readonly Fact[], firstSeq: number, lag: number): Uint8Array =>
  Uint8Array.from(
    Buffer.concat([
      SEGMENT_MAGIC,
      ...facts.map((fact, at) => framed(fact, firstSeq + at, Math.max(0, firstSeq + at - lag))),
    ]),
  );

test('a journal with spoiled bytes gives a beginning of what was written, or is refused by name', () => {
  using directory = tempDir('journal-fuzz');
  const path = (firstSeq: number): string => new Segment(directory.path, firstSeq, null).path;
  const [firstSegment, secondSegment] = [segmentOf(FACTS.slice(0, 5), 1, 3), segmentOf(FACTS.slice(5), 6, 3)];
  const spoiled = fc.tuple(
    fc.oneof(fc.constant(firstSegment), mutatedBytes([firstSegment])),
    fc.oneof(fc.constant(secondSegment), mutatedBytes([secondSegment])),
    fc.nat(FACTS.length),
  );
  let refused = 0;
  fc.assert(
    fc.property(spoiled, ([first, second, durableAtLeast]) => {
      for (const [firstSeq, bytes] of [[1, first] as const, [6, second] as const]) writeFileSync(path(firstSeq), bytes);
      const before = contentsOf(directory.path);
      try {
        const { segments } = scanJournal(directory.path, durableAtLeast);
        const entries = [...entriesOf(segments)];
        expect(entries.map(({ fact }) => fact)).toEqual(FACTS.slice(0, entries.length));
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
        expect(entries.length).toBeGreaterThanOrEqual(durableAtLeast);
        expect([...entriesToFold(segments)].length).toBeLessThanOrEqual(entries.length);
      } catch (error) {
        if (!(error instanceof JournalRefused)) throw error;
        refused++;
        // What is refused is left as it was, for whoever looks at it.
        expect(contentsOf(directory.path)).toEqual(before);
      }
    }),
    { numRuns: 250 },
  );
  expect(refused).toBeGreaterThan(0);
});

const contentsOf = (directory: string): readonly (readonly [string, string])[] =>
  readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString('base64')] as const);

test('any bytes are a fact or none', () => {
  const payloads = FACTS.map((fact) => new Uint8Array(encodeFact(fact).subarray(FRAME_HEADER_BYTES)));
  // Beginnings of arrays, maps, texts and extensions that are said to be huge.
  const huge = ['ddffffffff', 'dfffffffff', 'dbffffffff', 'c6ffffffff', 'c9ffffffff42', 'dd7fffffff', 'dc00de0000'];
  const seeds = [...payloads, ...huge.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))];
  const deep = Uint8Array.from(Buffer.from('91'.repeat(100_000), 'hex'));
  fc.assert(
    fc.property(mutatedBytes([...seeds, deep]), (bytes) => {
      const fact = decodeFact(bytes, 0, bytes.length);
      if (fact !== null) expect('kind' in fact).toBe(true);
    }),
    { numRuns: 300 },
  );
});
