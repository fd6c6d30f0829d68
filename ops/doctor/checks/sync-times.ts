// How long the disk takes to sync, as the journal would wait for it: measured by another process, which is left behind when the disk
// hangs.

import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readJson, SMALL_JSON } from '../../../contracts/json.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { LATE, within } from '../../../contracts/runtime/wait.ts';

const PROBE = join(import.meta.dir, 'sync-probe.ts');
/** It begins no sync after a second and a half. */
export const PROBE_LIMIT_MS = 5000;
/** An answer may have come while this process was kept busy by another check. */
const GRACE_MS = 500;

const Times = Type.Array(Type.Number({ minimum: 0 }), { minItems: 1, maxItems: 100 });

/** @returns milliseconds of each sync; null: the disk hangs. Throws what the file system says */
export async function measureSyncs(
  directory: string,
  clock: Pick<Clock, 'after'>,
  program = PROBE,
): Promise<readonly number[] | null> {
  const child = Bun.spawn([process.execPath, '--no-env-file', program, directory], {
    env: {},
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const ended = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  let answer = await within(clock, ended, PROBE_LIMIT_MS);
  if (answer === LATE) answer = await within(clock, ended, GRACE_MS);
  if (answer === LATE) {
    // One that waits for the disk ends when the disk goes on.
    child.kill('SIGKILL');
    child.unref();
    return null;
  }
  const [out, problem, code] = answer;
  if (code !== 0) throw new Error(problem === '' ? `the measurement ended with code ${code}` : problem);
  const read = readJson(out, SMALL_JSON);
  if (!read.ok || !Value.Check(Times, read.value)) throw new Error('the measurement gave no times');
  return read.value;
}
