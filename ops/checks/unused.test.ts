import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { render } from './sources.ts';
import { findUnused } from './unused.ts';

/** It reads the whole checkout, which takes a busy machine most of a minute. */
const LIMIT_MS = 180_000;

test(
  'the checkout has no file, export or dependency that nobody uses',
  async () => {
    expect(render(await findUnused(CHECKOUT))).toBe('');
  },
  LIMIT_MS,
);

test('the check names an unused file, export, type and dependency, and what to do about each', async () => {
  using dir = tempDir('unused');
  const write = async (path: string, text: string) => await Bun.write(join(dir.path, path), text);
  await write('package.json', '{ "name": "planted", "type": "module", "dependencies": { "left-over": "1.0.0" } }');
  await write('knip.jsonc', '{ "entry": ["main.ts"], "project": ["**/*.ts"] }');
  await write('main.ts', "import { used } from './parts.ts';\nused();\n");
  await write(
    'parts.ts',
    'export const used = () => alone();\nexport const alone = () => 1;\nexport type Shape = 1;\n',
  );
  await write('forgotten.ts', 'export const a = 1;\n');
  const found = await findUnused(dir.path);
  const at = found.map(({ file, line }) => `${file}:${line}`);
  expect(at.sort()).toEqual(['forgotten.ts:1', 'package.json:1', 'parts.ts:2', 'parts.ts:3']);
  const text = render(found);
  expect(text).toContain('forgotten.ts:1: nothing uses this file. Instead: delete it');
  expect(text).toContain('parts.ts:2: exports: alone is not used elsewhere. Instead: drop `export`');
  expect(text).toContain('parts.ts:3: types: Shape is not used elsewhere. Instead: drop `export`');
  expect(text).toContain('dependencies: left-over is not used elsewhere. Instead: remove it from package.json');
});
