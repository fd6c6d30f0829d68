import { test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOurs } from '../stack/process.ts';
import { startChild } from '../testing/child.ts';
import { waitFor } from '../testing/wait.ts';

const MARKS = ['simulation/main.ts'];

test('runs end with the process that has started them, also when that is killed', async () => {
  const script = `import { runSimulations } from '${join(import.meta.dir, 'child.ts')}';
    console.log('starts');
    await runSimulations({ seeds: ['long'], minutes: 10_000, pace: 16 });`;
  await using starter = startChild(['-e', script]);
  await starter.waitForLine(/starts/);
  const children = () => readFileSync(`/proc/${starter.pid}/task/${starter.pid}/children`, 'utf8').trim();
  const pid = Number(await waitFor(() => children() || null, { what: 'the process of the runs' }));
  await waitFor(() => isOurs(pid, MARKS), { what: 'their program' });
  await starter.stop('SIGKILL');
  await waitFor(() => !isOurs(pid, MARKS), { what: 'its end' });
});
