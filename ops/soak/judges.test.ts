import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { chosenBy, soak } from './judges.ts';

const JUDGES = join(CHECKOUT, 'ops/judges');
const named = (args: readonly string[]): readonly string[] | string => {
  const chosen = chosenBy(args);
  return typeof chosen === 'string' ? chosen : chosen.map(({ name }) => name);
};

describe('which judges run', () => {
  test('all of them, each with a line of its own in the list', () => {
    const names = named([]);
    expect(soak.list?.().map((line) => line.split(':')[0] ?? '')).toEqual([...names]);
    expect(new Set(names).size).toBe(names.length);
    // The one that ends processes.
    expect(names.at(-1)).toBe('openapi');
  });

  test('those that are named, in their own order', () => {
    expect(named(['--only', 'kraken,near'])).toEqual(['near', 'kraken']);
  });

  test.each([
    [['--only', 'nobody'], 'there is no judge nobody'],
    [['--some'], '--some'],
    [['kraken'], 'kraken'],
  ])('%p is refused', (args, said) => {
    expect(named(args)).toContain(said);
  });
});

test('every judge of the folder is asked', () => {
  const files = readdirSync(JUDGES).filter((file) => /export const judge\b/.test(readIfFile(file)));
  expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual([...named([])].sort());
});

function readIfFile(file: string): string {
  return file.endsWith('.ts') ? readFileSync(join(JUDGES, file), 'utf8') : '';
}

describe('what the judges install', () => {
  test('is fixed to one version, npm packages with a checksum each', () => {
    const { dependencies } = JSON.parse(readFileSync(join(JUDGES, 'npm/package.json'), 'utf8'));
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+$/);
    const lock = readFileSync(join(JUDGES, 'npm/bun.lock'), 'utf8');
    const packages = lock.slice(lock.indexOf('"packages": {')).match(/^ {4}"[^"]+": \[.*$/gm) ?? [];
    expect(packages.length).toBeGreaterThan(100);
    for (const line of packages) expect(line).toMatch(/"sha512-[A-Za-z0-9+/]{86}=="\],$/);
  });

  test('is fixed to one version, Python packages with checksums of their files', () => {
    const blocks = readFileSync(join(JUDGES, 'python/requirements.txt'), 'utf8')
      .trim()
      .split(/\n(?=[A-Za-z])/);
    expect(blocks.length).toBeGreaterThan(30);
    for (const block of blocks)
      expect(block).toMatch(/^[A-Za-z0-9._-]+==[0-9a-z.]+ \\\n(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\\n)?)+$/);
  });
});
