// What the commands on the database say when there is none, and what they refuse: as processes, since exit codes are theirs.

import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { startChild } from '../testing/child.ts';
import { tempDir } from '../testing/temp-dir.ts';

async function unrip(args: readonly string[], env: Record<string, string> = {}) {
  using directory = tempDir('commands');
  await using child = startChild([join(CHECKOUT, 'ops/cli/main.ts'), ...args], { env, cwd: directory.path });
  const code = await child.exited;
  return { code, out: child.lines.join('\n'), err: child.errorText() };
}

// Port 9 of this machine: nothing listens there.
const NOWHERE = 'postgres://unrip:a-secret-word@127.0.0.1:9/unrip';

describe('a database that cannot be reached', () => {
  test.each([
    ['migrate', ['migrate']],
    ['migrate --check', ['migrate', '--check']],
    ['migrate --database-url', ['migrate', '--database-url', 'postgres://unrip@127.0.0.1:9/unrip']],
    ['trace', ['trace', 'some-quote']],
    ['history-writer --migrate', ['history-writer', '--migrate']],
  ])('%s: 1, with the server and the fix, without the password', async (_what, args) => {
    const { code, err } = await unrip(args, { DATABASE_URL: NOWHERE });
    expect(code).toBe(1);
    expect(err).toContain('127.0.0.1:9 cannot be reached');
    expect(err).toContain('./unrip stack up');
    expect(err).not.toContain('a-secret-word');
  });
});

test.each([NOWHERE, 'postgres://127.0.0.1:9/unrip?user=unrip&password=a-secret-word'])(
  'a password among the arguments, where every user sees it, is refused: %p',
  async (url) => {
    const { code, err } = await unrip(['migrate', '--check', '--database-url', url]);
    expect(code).toBe(2);
    expect(err).toContain('DATABASE_OWNER_URL_FILE');
    expect(err).not.toContain('a-secret-word');
  },
);

test.each([
  ['migrate', ['migrate'], { DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
  ['trace', ['trace', 'q'], { DATABASE_URL: 'nonsense' }, 'DATABASE_URL'],
  ['topics', ['topics'], { KAFKA_BROKERS: 'nonsense' }, 'KAFKA_BROKERS'],
  ['topics, a setting that is ours', ['topics'], { KAFKA_CONFIG_JSON: '{"acks":"0"}' }, 'KAFKA_CONFIG_JSON'],
  ['history-writer', ['history-writer'], { HISTORY_BATCH_RECORDS: '0' }, 'HISTORY_BATCH_RECORDS'],
])('%s: a bad setting is 78 and named', async (_what, args, env, variable) => {
  const { code, err } = await unrip(args, env as Record<string, string>);
  expect(code).toBe(78);
  expect(err).toContain(variable);
  expect(err).toContain('fix:');
});

test.each([
  ['migrate', ['migrate', 'now']],
  ['topics', ['topics', '--replication-factor', 'many']],
  ['trace', ['trace']],
  ['history-writer', ['history-writer', '--nonsense']],
])('%s: wrong use is 2, with the help', async (_what, args) => {
  const { code, err } = await unrip(args);
  expect(code).toBe(2);
  expect(err).toContain(`./unrip ${args[0]}`);
});
