import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { throwAwayKey } from '../harness/key.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { doctor, parse } from './doctor.ts';

test.each([
  [[], { json: false, waitMs: null }],
  [['--json', '--wait', '30'], { json: true, waitMs: 30_000 }],
  [['near', 'kafka'], { names: ['near', 'kafka'] }],
])('%p is taken', (args, wanted) => {
  expect(parse(args)).toMatchObject(wanted);
});

test.each([
  [['network'], 'there is no category "network"'],
  [['--wait', '0'], '--wait 0: a whole number from 1 to 86400'],
  [['--wait', '86401'], '--wait 86401: a whole number from 1 to 86400'],
  [['--wait', 'soon'], '--wait soon: a whole number from 1 to 86400'],
])('%p is refused', (args, wanted) => {
  expect(parse(args)).toBe(wanted);
});

function shellIn(dir: string, env: Record<string, string>) {
  const written = { out: '', err: '' };
  return {
    written,
    shell: {
      env,
      directory: dir,
      out: (text: string) => {
        written.out += text;
      },
      err: (text: string) => {
        written.err += text;
      },
    },
  };
}

test('without a usable configuration nothing else is asked, and the exit code is 78', async () => {
  using dir = tempDir('doctor');
  const { shell, written } = shellIn(dir.path, { NEAR_ACCOUNT_ID: 'maker.near' });
  expect(await doctor([], shell)).toBe(78);
  expect(written.out).toContain('fail  variables: NEAR_KEY_FILE and NEAR_PRIVATE_KEY are not set');
  expect(written.out).toContain('not checked: key, limits, encryption');
  expect(written.out).not.toContain('kafka');
});

test('waits until what failed is repaired', async () => {
  using dir = tempDir('doctor');
  const keyFile = join(dir.path, 'key.json');
  writeFileSync(keyFile, 'not yet', { mode: 0o600 });
  const env = { NEAR_ACCOUNT_ID: 'maker.near', NEAR_KEY_FILE: keyFile };
  const { shell, written } = shellIn(dir.path, env);
  const waiting = Promise.withResolvers<void>();
  const watched = {
    ...shell,
    err: (text: string) => {
      shell.err(text);
      waiting.resolve();
    },
  };
  const done = doctor(['configuration', '--wait', '30'], watched);
  await waiting.promise;
  throwAwayKey(keyFile, 'maker.near');
  expect(await done).toBe(0);
  expect(written.err).toContain('waiting: configuration: variables');
});
