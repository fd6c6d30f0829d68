import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isoTime, parseIsoTime } from '../../contracts/time.ts';
import { FUZZ, mutatedBytes } from '../../ops/testing/mutated.ts';
import type { IdHash } from './id-hash.ts';
import { encodeIdBatch, encodeIdHeader, readIdFile } from './signed-id-codec.ts';

const NEWEST_AT_MS = 1_767_225_600_000;
const BATCHES = [
  [1, 2, 3, 4],
  [5, 6],
];
const file = Uint8Array.from(
  Buffer.concat([
    encodeIdHeader({ a: 7, b: 9 }, 1_024),
    ...BATCHES.map((hashes) => encodeIdBatch(hashes, NEWEST_AT_MS)),
  ]),
);
const HASHES: readonly IdHash[] = [
  { position: 1, tag: 2 },
  { position: 3, tag: 4 },
  { position: 5, tag: 6 },
];

test('a spoiled file gives a beginning of the ids that were written, or none', () => {
  expect([...(readIdFile(file)?.hashes() ?? [])]).toEqual([...HASHES]);
  fc.assert(
    fc.property(mutatedBytes([file]), (bytes) => {
      const read = readIdFile(bytes);
      if (read === null) return;
      expect(read.bytes).toBeLessThanOrEqual(bytes.length);
      const hashes = [...read.hashes()];
      expect(hashes.length).toBe(read.ids);
      // A file behind a file is no more than its first part; repeats of a whole batch are the same ids again.
      for (const hash of hashes) expect(HASHES).toContainEqual(hash);
      expect(parseIsoTime(isoTime(read.newestAtMs))).toBe(read.newestAtMs);
    }),
    FUZZ,
  );
});
