import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SDK_PINS } from './sdk-install.ts';

const lock = readFileSync(join(SDK_PINS, 'bun.lock'), 'utf8');

test('the SDK and what it is used with have one version each', () => {
  const { dependencies } = JSON.parse(readFileSync(join(SDK_PINS, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies)) {
    expect(version).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+$/);
    expect(lock).toContain(`    "${name}": ["${name}@${version}", `);
  }
});

test('every package that comes with it is from the registry, and has a checksum', () => {
  const packages = lock.slice(lock.indexOf('\n  "packages": {\n')).match(/^ {4}".*$/gm) ?? [];
  expect(packages.length).toBeGreaterThan(300);
  const pinned = /^ {4}"[^"]+": \["(?:@[^/"]+\/)?[^@"/]+@[0-9][^":]*", "", \{.*\}, "sha512-[A-Za-z0-9+/]{86}=="\],?$/;
  expect(packages.filter((line) => !pinned.test(line))).toEqual([]);
});
