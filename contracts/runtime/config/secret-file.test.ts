import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import * as fs from 'node:fs';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlTokenOf, keptControlToken, readSecretFile } from './secret-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unrip-secret-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function fileOf(text: string, mode: number): string {
  const path = join(directory, 'key');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('an owner-only file is read without the blanks around it', () => {
  expect(readSecretFile('NEAR_KEY_FILE', fileOf('  the secret\n', 0o600))).toEqual({ ok: true, text: 'the secret' });
  expect(readSecretFile('NEAR_KEY_FILE', fileOf('the secret', 0o400)).ok).toBe(true);
});

test.each([0o640, 0o604, 0o644, 0o660, 0o610, 0o602])('a file open to others is refused (%p)', (mode) => {
  const path = fileOf('the secret', mode);
  const read = readSecretFile('NEAR_KEY_FILE', path);
  expect(read.ok).toBe(false);
  if (read.ok) return;
  expect(read.problem.variable).toBe('NEAR_KEY_FILE');
  expect(read.problem.fix).toBe(`chmod 600 ${path}`);
  expect(JSON.stringify(read.problem)).not.toContain('the secret');
});

test('what is no readable file is refused with what it is', () => {
  const problemOf = (path: string) => {
    const read = readSecretFile('NEAR_KEY_FILE', path);
    return read.ok ? '' : read.problem.problem;
  };
  expect(problemOf(join(directory, 'nowhere'))).toContain('does not exist');
  expect(problemOf(directory)).toContain('is not a regular file');
  expect(problemOf(fileOf(' \n', 0o600))).toContain('is empty');
  symlinkSync('/dev/null', join(directory, 'link'));
  expect(problemOf(join(directory, 'link'))).toContain('is not a regular file');
});

test("another user's file is refused", () => {
  if (process.getuid?.() !== 0) return;
  const path = fileOf('the secret', 0o600);
  chownSync(path, 12345, 12345);
  const read = readSecretFile('NEAR_KEY_FILE', path);
  expect(read.ok ? '' : read.problem.problem).toContain('belongs to another user (uid 12345)');
});

test('the control token is made once, owner-only, and found again', () => {
  const first = controlTokenOf(directory);
  const second = controlTokenOf(directory);
  expect(first.ok && first.text.length).toBe(43);
  expect(second).toEqual(first);
  expect(statSync(join(directory, 'control-token')).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['control-token']);
  chmodSync(join(directory, 'control-token'), 0o644);
  expect(controlTokenOf(directory).ok).toBe(false);
});

test.each(['~', '~'.repeat(31), `${'~'.repeat(20)} ${'~'.repeat(20)}`, `${'~'.repeat(40)}\u00e9`])(
  'a control token that can be guessed, or that no header can hold, is refused: %p',
  (text) => {
    writeFileSync(join(directory, 'control-token'), `${text}\n`, { mode: 0o600 });
    for (const token of [controlTokenOf(directory), keptControlToken(directory)]) {
      expect(token).toMatchObject({ ok: false, problem: { variable: 'STATE_DIR' } });
      expect(JSON.stringify(token)).not.toContain(text);
    }
    writeFileSync(join(directory, 'control-token'), `${'x'.repeat(32)}\n`);
    expect(keptControlToken(directory)).toEqual({ ok: true, text: 'x'.repeat(32) });
  },
);

test('a control token that cannot be made leaves nothing behind, and the reason is named', () => {
  const problemIn = (stateDir: string) => {
    const token = controlTokenOf(stateDir);
    return token.ok ? '' : token.problem.problem;
  };
  expect(problemIn(join(directory, 'gone'))).toContain('cannot be made (ENOENT)');
  expect(readdirSync(directory)).toEqual([]);
  // Not even the draft can be removed there.
  writeFileSync(join(directory, 'file'), '');
  expect(problemIn(join(directory, 'file'))).toContain('cannot be made (ENOTDIR)');
  expect(readdirSync(directory)).toEqual(['file']);
});

test('what is wrong with the control token is not said to be put right with another STATE_DIR, which has no journal', () => {
  const fixOf = (token: ReturnType<typeof controlTokenOf>) => (token.ok ? '' : token.problem.fix);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  expect(fixOf(controlTokenOf(file))).toStartWith('let this user read and write the files of STATE_DIR.');
  const write = spyOn(fs, 'writeFileSync').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  try {
    const full = controlTokenOf(directory);
    expect(full.ok ? '' : full.problem.problem).toEndWith('which cannot be made (ENOSPC)');
    expect(fixOf(full)).toBe(
      'free space on the disk of STATE_DIR. Do not name another directory: the state is in this one.',
    );
  } finally {
    write.mockRestore();
  }
  expect(readdirSync(directory)).toEqual(['file']);
  // A process that was given its token keeps none there, and commands need the same one.
  expect(fixOf(keptControlToken(directory))).toStartWith('set CONTROL_TOKEN_FILE to a file with the token');
  writeFileSync(join(directory, 'control-token'), '\n', { mode: 0o600 });
  expect(fixOf(keptControlToken(directory))).toStartWith(`remove ${join(directory, 'control-token')}`);
});

test('a link in place of the control token is not followed', () => {
  writeFileSync(join(directory, 'elsewhere'), 'x'.repeat(43), { mode: 0o600 });
  symlinkSync('elsewhere', join(directory, 'control-token'));
  const token = controlTokenOf(directory);
  expect(token.ok ? '' : token.problem.problem).toContain('is a symbolic link');
});
