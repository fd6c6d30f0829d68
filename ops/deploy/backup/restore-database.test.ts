// What restore-database.sh refuses before it asks a server anything, and how it hands over the password.

import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir } from '../../testing/temp-dir.ts';
import { script, scriptWith } from './scripts.fixture.ts';

const URL_WITH_PASSWORD = 'postgres://owner:hunter2@db/unrip';

/** A backup as backup.sh leaves it, and a client of PostgreSQL that writes down how it is called and answers with these lines. */
function place(answers: readonly string[] = ['0', '']) {
  const dir: TempDir = tempDir('restore');
  const [backup, bin, said] = ['backup', 'bin', 'said'].map((name) => join(dir.path, name)) as [string, string, string];
  for (const path of [backup, bin]) mkdirSync(path);
  writeFileSync(join(backup, 'history.dump'), 'rows');
  const sum = createHash('sha256').update('rows').digest('hex');
  writeFileSync(join(backup, 'SHA256SUMS'), `${sum}  ./history.dump\n`);
  const client = (answer: string) =>
    `#!/bin/sh\nprintf '%s %s|%s\\n' "\${0##*/}" "$*" "\${PGPASSWORD:-}" >>'${said}'\n${answer}\n`;
  const answer = answers
    .map((line, at) => `[ "$(grep -c '^psql' '${said}')" != ${at + 1} ] || echo '${line}'`)
    .join('\n');
  writeFileSync(join(bin, 'psql'), client(answer), { mode: 0o755 });
  const lists = `case $1 in --list) printf '%s\\n' '1; 0 0 ACL pg_catalog FUNCTION f(oid) postgres' '2; 0 0 TABLE DATA public t owner' ;; esac`;
  const keeps = `for arg; do case $arg in --use-list=*) cp "\${arg#*=}" '${join(dir.path, 'list')}' ;; esac; done`;
  writeFileSync(join(bin, 'pg_restore'), client(`${lists}\n${keeps}`), { mode: 0o755 });
  const PATH = `${bin}:${process.env['PATH'] ?? ''}`;
  return {
    backup,
    list: () => readFileSync(join(dir.path, 'list'), 'utf8'),
    said: () => (existsSync(said) ? readFileSync(said, 'utf8') : ''),
    restore: (env: Readonly<Record<string, string>> = { DATABASE_OWNER_URL: URL_WITH_PASSWORD }) =>
      scriptWith({ PATH, ...env }, 'restore-database', backup),
    dir: dir.path,
    [Symbol.dispose]: () => dir.remove(),
  };
}

test('an empty database with its roles gets all or nothing, and the password in no list of processes', async () => {
  using at = place();
  writeFileSync(join(at.dir, 'url'), `${URL_WITH_PASSWORD}\n`, { mode: 0o600 });
  expect(await at.restore({ DATABASE_OWNER_URL_FILE: join(at.dir, 'url') })).toMatchObject({ code: 0, err: '' });
  const calls = at.said().trimEnd().split('\n');
  expect(calls.at(-1)).toMatch(
    /^pg_restore --no-owner --single-transaction --no-password --use-list=\S+ -d postgres:\/\/owner@db\/unrip /,
  );
  // The rights on the server's own functions are not the owner's to give.
  expect(at.list()).toBe('2; 0 0 TABLE DATA public t owner\n');
  for (const call of calls) expect(call).toEndWith('|hunter2');
  expect(at.said().replaceAll('|hunter2', '')).not.toContain('hunter2');
});

describe('nothing is put back', () => {
  test.each<[string, readonly string[], string]>([
    ['into a database that is not empty', ['3'], 'the database is not empty'],
    ['where the server lacks a role', ['0', 'unrip_writer'], 'the server lacks the roles unrip_writer'],
  ])('%s', async (_what, answers, why) => {
    using at = place(answers);
    expect(await at.restore()).toMatchObject({ code: 1, err: expect.stringContaining(why) });
    expect(at.said()).not.toContain('pg_restore');
  });

  test.each<[string, (backup: string) => void, string]>([
    ['that was not finished', (backup) => rmSync(join(backup, 'SHA256SUMS')), 'SHA256SUMS is missing'],
    ['that is damaged', (backup) => appendFileSync(join(backup, 'history.dump'), 'x'), 'is damaged'],
    ['with a file of another one', (backup) => writeFileSync(join(backup, 'other'), ''), 'did not put there'],
    [
      'of the journal alone',
      (backup) => {
        rmSync(join(backup, 'history.dump'));
        const sum = createHash('sha256').update('').digest('hex');
        writeFileSync(join(backup, 'journal'), '');
        writeFileSync(join(backup, 'SHA256SUMS'), `${sum}  ./journal\n`);
      },
      'no history.dump',
    ],
  ])('of a backup %s', async (_what, harm, why) => {
    using at = place();
    harm(at.backup);
    expect(await at.restore()).toMatchObject({ code: 1, err: expect.stringContaining(why) });
    expect(at.said()).toBe('');
  });

  test('without the URL of a database', async () => {
    using at = place();
    expect(await at.restore({})).toMatchObject({
      code: 1,
      err: expect.stringContaining('DATABASE_OWNER_URL is not set'),
    });
    expect(at.said()).toBe('');
  });

  test.each<[string[]]>([[[]], [['--help']], [['one', 'two']]])('with the arguments %j', async (args) => {
    expect(await script('restore-database', ...args)).toMatchObject({
      code: 2,
      err: expect.stringContaining('restore-database.sh BACKUP'),
    });
  });
});
