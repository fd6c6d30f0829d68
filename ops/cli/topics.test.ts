import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';

test('without Kafka it says at once what it waits for, where, and how long', async () => {
  using dir = tempDir('topics');
  // Takes connections and never answers, as a broker that hangs.
  using silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
  const brokers = `127.0.0.1:${silent.port}`;
  await using child = startChild([join(import.meta.dir, 'main.ts'), 'topics', '--check'], {
    env: { KAFKA_BROKERS: brokers },
    cwd: dir.path,
  });
  await waitFor(() => child.errorText().includes('\n'), { what: 'a line' });
  expect(child.errorText()).toBe(`unrip topics: waiting for Kafka at ${brokers} (KAFKA_BROKERS), at most 15 s\n`);
  expect(child.lines).toEqual([]);
});
