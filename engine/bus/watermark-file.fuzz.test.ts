import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { mutatedBytes, mutatedText } from '../../ops/testing/mutated.ts';
import { tempDir } from '../../ops/testing/temp-dir.ts';
import { SEQ_MAX } from './outbox.ts';
import { type OutboxPosition, readPosition, WatermarkFile } from './watermark-file.ts';

const KEPT: OutboxPosition = {
  watermark: 1_000,
  others: 1_200,
  behind: { 'norm.swap_demand': 1_100 },
  offsets: { 'raw.near_intents.quote': [12, null] },
  lost: { 'raw.near_intents.quote': 900 },
};

async function written(path: string): Promise<string> {
  const file = new WatermarkFile({
    path,
    clock: machineClock,
    position: () => KEPT,
    isOwned: () => true,
    isReady: () => true,
    onKept: () => {},
    onTrouble: (error) => {
      throw error;
    },
  });
  file.changed();
  await file.flush();
  return await Bun.file(path).text();
}

test('a spoiled file gives no position, or the one that was kept', async () => {
  using directory = tempDir('watermark-fuzz');
  const path = join(directory.path, 'outbox.json');
  const text = await written(path);
  expect(readPosition(path)).toEqual(KEPT);
  fc.assert(
    fc.property(mutatedBytes([new TextEncoder().encode(text)]), (bytes) => {
      writeFileSync(path, bytes);
      const read = readPosition(path);
      // One that is too high would lose records.
      if (read !== null) expect(read).toEqual(KEPT);
    }),
    { numRuns: 250 },
  );
});

test('any text is a position that holds together, or none', async () => {
  using directory = tempDir('watermark-fuzz');
  const path = join(directory.path, 'outbox.json');
  const text = (await written(path)).replace(/,"lost":.*/s, '}');
  fc.assert(
    fc.property(mutatedText([text, '{"watermark":7}']), (given) => {
      writeFileSync(path, given.toWellFormed());
      const read = readPosition(path);
      if (read === null) return;
      for (const seq of [read.watermark, read.others, ...Object.values(read.behind), ...Object.values(read.lost)]) {
        expect(Number.isSafeInteger(seq) && seq >= 0 && seq <= SEQ_MAX).toBe(true);
      }
      for (const seq of Object.values(read.behind)) expect(seq >= read.watermark && seq <= read.others).toBe(true);
      expect(read.others).toBeGreaterThanOrEqual(read.watermark);
    }),
    { numRuns: 250 },
  );
});
