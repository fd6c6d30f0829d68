// A program of its own: measures syncs of a small file in the directory that it is given, and prints the milliseconds of each as JSON.
// A disk that hangs holds up whoever waits for it, beyond the reach of any limit, so that the doctor does not.

import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SYNCS = 20;
const SYNC_BYTES = 4096;
/** No further one is begun after it: of a slow disk fewer say as much. */
const BEGIN_WITHIN_MS = 1500;

/** As the journal is synced; what is written stays in the directory for a moment only. */
function measure(directory: string): number[] {
  const path = join(directory, `.doctor.${process.pid}.${randomBytes(4).toString('hex')}`);
  const file = openSync(path, 'wx', 0o600);
  try {
    const block = Buffer.alloc(SYNC_BYTES);
    const startedMs = performance.now();
    const times: number[] = [];
    do {
      const beganMs = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      times.push(performance.now() - beganMs);
    } while (times.length < SYNCS && performance.now() - startedMs < BEGIN_WITHIN_MS);
    return times;
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}

try {
  process.stdout.write(JSON.stringify(measure(process.argv[2] ?? '')));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
