import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIQUIDITY_MANAGER_VARIABLES } from '../../contracts/config/liquidity-manager.ts';

test('the liquidity-manager reads no key and can sign nothing', () => {
  const names = Object.values(LIQUIDITY_MANAGER_VARIABLES).map(({ name }) => name);
  expect(names.filter((name) => /PRIVATE|_KEY_FILE|SIGNER/.test(name))).toEqual([]);
  // What could sign is imported nowhere in it; ops/checks/architecture.ts refuses that for every sidecar.
  const files = readdirSync(import.meta.dir, { recursive: true }).map(String);
  const sources = files.filter((file) => file.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(file));
  expect(sources.length).toBeGreaterThan(30);
  for (const file of sources) {
    const text = readFileSync(join(import.meta.dir, file), 'utf8');
    expect(text).not.toMatch(/from '(?:@near-js\/|@noble\/|node:crypto')/);
  }
});
