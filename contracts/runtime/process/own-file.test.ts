import { expect, test } from 'bun:test';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOwnFile } from './own-file.ts';

test('a link in place of the file is replaced, and its target is left alone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unrip-own-'));
  try {
    const path = join(directory, 'control.json');
    writeFileSync(join(directory, 'target'), 'precious');
    symlinkSync('target', path);
    writeOwnFile(path, 'one\n');
    expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('precious');
    expect(lstatSync(path).isFile()).toBe(true);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    writeOwnFile(path, 'two\n');
    expect(readFileSync(path, 'utf8')).toBe('two\n');
    mkdirSync(join(directory, 'a directory'));
    expect(() => writeOwnFile(join(directory, 'a directory'), 'x')).toThrow();
    expect(readdirSync(directory).sort()).toEqual(['a directory', 'control.json', 'target']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
