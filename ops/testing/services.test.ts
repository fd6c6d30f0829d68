// `describeWith` as a run sees it: each case is a `bun test` of its own with the variables of that run.

import { expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { tempDir } from './temp-dir.ts';

async function outcome(env: Record<string, string>): Promise<string> {
  using dir = tempDir('services');
  const bin = join(dir.path, 'bin');
  mkdirSync(bin);
  for (const program of ['pg_dump', 'pg_restore', 'psql']) writeFileSync(join(bin, program), '', { mode: 0o755 });
  const file = join(dir.path, 'a.test.ts');
  writeFileSync(
    file,
    `import { expect, test } from 'bun:test';
     import { describeWith } from ${JSON.stringify(join(import.meta.dir, 'services.ts'))};
     describeWith(['kafka', 'database'], 'both', ({ kafka, database }) => {
       test('gets them', () => { expect([kafka.brokers, database.adminUrl]).toEqual(['b:1', 'postgres://x/y']); });
     });
     describeWith(['kafka'], 'one', ({ kafka }) => {
       test('gets it', () => { expect(kafka.brokers).toBe('b:1'); });
     });
     describeWith(['pg_dump'], 'dump', ({ pg_dump }) => {
       test('gets it', () => { expect(pg_dump.path).toEndWith('/pg_dump'); });
     });`,
  );
  await using child = startChild(['test', file], { env: { PATH: bin, ...env } });
  await child.exited;
  return child.errorText();
}

const KAFKA = { UNRIP_TEST_KAFKA_BROKERS: 'b:1' };
const DATABASE = { UNRIP_TEST_DATABASE_URL: 'postgres://x/y' };

test('with the services their tests run', async () => {
  expect(await outcome({ ...KAFKA, ...DATABASE, CI: 'true' })).toMatch(/ 3 pass\n 0 fail/);
});

test('without one of them what needs it is skipped, and the name says why', async () => {
  const said = await outcome(KAFKA);
  expect(said).toMatch(/\(skip\) both \(needs database: run \.\/unrip test\) > gets them/);
  expect(said).toMatch(/ 2 pass\n 1 skip\n 0 fail/);
});

test('without the client of PostgreSQL what needs it is skipped, and the name says what to install', async () => {
  const said = await outcome({ ...KAFKA, ...DATABASE, PATH: '/nowhere' });
  expect(said).toMatch(/\(skip\) dump \(needs pg_dump: install PostgreSQL's client\) > gets it/);
  expect(said).toMatch(/ 2 pass\n 1 skip\n 0 fail/);
});

test('with CI=true nothing is skipped: it fails', async () => {
  expect(await outcome({ ...DATABASE, CI: 'true' })).toMatch(/ 1 pass\n 2 fail/);
});
