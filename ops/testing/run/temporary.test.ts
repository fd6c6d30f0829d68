import { expect, test } from 'bun:test';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../temp-dir.ts';
import { temporaryDir } from './temporary.ts';

function under(mode: number) {
  const home = tempDir('home');
  chmodSync(home.path, mode);
  const checkout = join(home.path, 'unrip');
  mkdirSync(checkout);
  return { own: join(checkout, '.unrip/test/tmp'), [Symbol.dispose]: home.remove };
}

test('lie in a checkout that others can reach', () => {
  using place = under(0o711);
  expect(temporaryDir(place.own, true)).toBe(place.own);
});

test('lie where others can reach them when root keeps the checkout in a closed directory, for each checkout apart', () => {
  using place = under(0o700);
  using other = under(0o700);
  const dir = temporaryDir(place.own, true);
  expect(dir).toMatch(/^\/var\/lib\/unrip\/test-[0-9a-f]{16}$/);
  expect(temporaryDir(place.own, true)).toBe(dir);
  expect(temporaryDir(other.own, true)).not.toBe(dir);
});

test('lie in the checkout of a user who cannot become another', () => {
  using place = under(0o700);
  expect(temporaryDir(place.own, false)).toBe(place.own);
});
