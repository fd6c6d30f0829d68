import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { makeShim, NoShim } from './shim.ts';

const LIMIT_MS = 20_000;

/** Writes, waits for the sync, and prints the outcome, again and again. */
const SCRIPT = `
import { fdatasync, openSync, writeSync } from 'node:fs';
const file = openSync(process.argv[2], 'a');
const synced = () => new Promise((done) => fdatasync(file, (error) => done(error?.code ?? 'synced')));
for (;;) {
  writeSync(file, 'x');
  const began = performance.now();
  const sync = await synced();
  const slow = performance.now() - began > 150 ? 'slow' : 'quick';
  console.log(['written', sync, slow, Math.round((Date.now() - Number(process.argv[3])) / 3_600_000)].join(' '));
  await Bun.sleep(20);
}
`;

test(
  'clock and disk of one process change while it runs, and become well again',
  async () => {
    using dir = tempDir('shim');
    const shim = await makeShim(dir.path).catch((error: unknown) => {
      if (!(error instanceof NoShim)) throw error;
      console.log(`not tested: ${error.message}`);
      return null;
    });
    if (shim === null) return;
    const script = join(dir.path, 'script.ts');
    await Bun.write(script, SCRIPT);
    await using child = startChild([script, join(dir.path, 'file'), String(Date.now())], { env: shim.env });
    await child.waitForLine(/^written synced \w+ 0$/, LIMIT_MS);
    shim.set({ clockMs: 5 * 3_600_000 });
    await child.waitForLine(/ 5$/, LIMIT_MS);
    shim.set({ clockMs: -5 * 3_600_000 - 1 });
    await child.waitForLine(/ -5$/, LIMIT_MS);
    shim.set({ diskFull: true });
    await child.waitForLine(/^written ENOSPC \w+ 0$/, LIMIT_MS);
    shim.set({ syncDelayMs: 200 });
    await child.waitForLine(/^written synced slow 0$/, LIMIT_MS);
    shim.close();
    expect(await child.stop('SIGKILL')).toBe(137);
  },
  LIMIT_MS,
);
