import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastingTimers } from '../../../contracts/runtime/clock.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { nextTurn } from '../../../contracts/runtime/wait.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { measureSyncs, PROBE_LIMIT_MS } from './sync-times.ts';

/** As if there were time enough however busy the machine is. */
const patient = { after: (ms: number, run: () => void) => lastingTimers.after(ms * 20, run) };

test('the syncs of a disk are measured, and nothing is left in the directory', async () => {
  using dir = tempDir('syncs');
  const times = await measureSyncs(dir.path, patient);
  expect(times?.length).toBeGreaterThan(0);
  expect(readdirSync(dir.path)).toEqual([]);
});

test('what the file system says is the error', async () => {
  using dir = tempDir('syncs');
  await expect(measureSyncs(join(dir.path, 'none'), patient)).rejects.toThrow('ENOENT');
});

test('a measurement that does not end is left behind within its limit', async () => {
  using dir = tempDir('syncs');
  const clock = new ManualClock();
  const measured = measureSyncs(dir.path, clock, join(import.meta.dir, 'hanging-probe.fixture.ts'));
  await nextTurn();
  clock.advance(PROBE_LIMIT_MS);
  await nextTurn();
  clock.advance(500);
  expect(await measured).toBeNull();
  expect(clock.pending).toBe(0);
});
