import { expect, test } from 'bun:test';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';
import { simKey } from './sim-key.ts';

const fileIn = () => join(tempDir('unrip-sim-key').path, 'sim-key.json');

test('simulators that are started again keep the key, so that a running engine stays authorized', async () => {
  const file = fileIn();
  const first = await simKey(file, 'maker.sim.near');
  expect(await simKey(file, 'maker.sim.near')).toBe(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each([
  ['of another account', (text: string) => text.replace('maker.sim.near', 'other.sim.near')],
  ['cut off', (text: string) => text.slice(0, 40)],
  ['with another public key', (text: string) => text.replace(/"public_key": "[^"]*"/, '"public_key": "ed25519:x"')],
  [
    'with a damaged private key',
    (text: string) => text.replace(/"private_key": "[^"]*"/, '"private_key": "ed25519:0"'),
  ],
])('a key file %s is replaced', async (_name, damage) => {
  const file = fileIn();
  const first = await simKey(file, 'maker.sim.near');
  writeFileSync(file, damage(readFileSync(file, 'utf8')));
  chmodSync(file, 0o600);
  const second = await simKey(file, 'maker.sim.near');
  expect(second).not.toBe(first);
  expect(await simKey(file, 'maker.sim.near')).toBe(second);
});
