// A small run of the soak `records`.

import { expect, test } from 'bun:test';
import { describeWith } from '../testing/services.ts';
import { recordsRun } from './run.ts';

describeWith(['kafka', 'database'], 'hostile records', () => {
  test('each becomes a row, a dead letter or a repeat, and honest ones between them are rows', async () => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const { violations, rows, dead, repeats, honest } = await recordsRun({ count: 2000, seed, chunk: 500 });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(Math.min(rows, dead, repeats, honest)).toBeGreaterThan(0);
  });
});
