import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { CHECKOUT } from '../../stack/directory.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { makeSource, readSources, render } from '../sources.ts';
import { FULL_FOLDERS, LONG_FILES } from './allowed.ts';
import { findLongFunctions, functionExceptions } from './function-length.ts';
import { checkFileSizes, checkFolderSizes, FILES_MAX, LINES_MAX, TEST_LINES_MAX } from './sizes.ts';

const sources = readSources(CHECKOUT);

test('no file of the checkout is too long', () => {
  expect(render(checkFileSizes(sources, LONG_FILES))).toBe('');
});

test('no folder of the checkout has too many source files side by side', () => {
  expect(render(checkFolderSizes(sources, FULL_FOLDERS))).toBe('');
});

describe('the length of a file', () => {
  const lines = (path: string, count: number) => makeSource(path, 'a();\n'.repeat(count));
  const found = (path: string, count: number, frozen = {}) => render(checkFileSizes([lines(path, count)], frozen));

  test.each([
    ['ops/sim/a.ts', LINES_MAX],
    ['ops/sim/a.test.ts', TEST_LINES_MAX],
    ['ops/sim/a.fixture.ts', TEST_LINES_MAX],
  ])('%s may have %p lines', (path, most) => {
    expect(found(path, most)).toBe('');
    expect(found(path, most + 1)).toStartWith(`${path}:1: ${most + 1} lines, of at most ${most}: split`);
  });

  test('an exception may not grow, and is taken off the list when it is needed no more', () => {
    expect(found('ops/a.ts', 500, { 'ops/a.ts': 500 })).toBe('');
    expect(found('ops/a.ts', 501, { 'ops/a.ts': 500 })).toContain('501 lines, and may not grow beyond the 500');
    expect(found('ops/a.ts', LINES_MAX, { 'ops/a.ts': 500 })).toContain('take it off the list');
    expect(found('ops/a.ts', 1, { 'ops/b.ts': 500 })).toContain('ops/b.ts does not exist any more');
  });
});

describe('the files of a folder', () => {
  const files = (folder: string, count: number) =>
    Array.from({ length: count }, (_, index) => makeSource(`${folder}/file-${index}.ts`, ''));

  test('are 16 at most, without tests and what only they use, and without folders within', () => {
    const others = ['a.test.ts', 'b.fixture.ts', 'fixtures.ts', 'within/c.ts'].map((name) =>
      makeSource(`engine/bus/${name}`, ''),
    );
    expect(checkFolderSizes([...files('engine/bus', FILES_MAX), ...others], {})).toEqual([]);
    expect(render(checkFolderSizes([...files('engine/bus', FILES_MAX + 1), ...others], {}))).toBe(
      'engine/bus:1: 17 source files, of at most 16: give those that belong together a folder named after what they do',
    );
  });

  test('are not counted where each is a command', () => {
    expect(checkFolderSizes(files('ops/cli', 30), {})).toEqual([]);
  });

  test('of an exception may not become more', () => {
    expect(checkFolderSizes(files('engine/bus', 18), { 'engine/bus': 18 })).toEqual([]);
    expect(checkFolderSizes(files('engine/bus', 19), { 'engine/bus': 18 })).toHaveLength(1);
    expect(checkFolderSizes(files('engine/bus', 16), { 'engine/bus': 18 })).toHaveLength(1);
  });
});

describe('the length of functions', () => {
  test('each exception in biome.json is still needed', async () => {
    const excepted = await functionExceptions(CHECKOUT);
    expect(excepted.length).toBeLessThan(15);
    const long = await findLongFunctions(CHECKOUT, excepted);
    const unneeded = excepted.filter((file) => !long.some((found) => found.file === file));
    expect(unneeded.map((file) => `${file} has no function above 80 lines: take it out of biome.json`)).toEqual([]);
  });

  test('the rule of biome.json finds a function of 81 lines, and none in a test or an exception', async () => {
    using dir = tempDir('long-functions');
    const text = (lines: number) => `export function planted() {\n${'  a();\n'.repeat(lines)}}\n`;
    await Bun.write(join(dir.path, 'engine/short.ts'), text(78));
    await Bun.write(join(dir.path, 'engine/long.ts'), text(81));
    await Bun.write(join(dir.path, 'engine/long.test.ts'), text(81));
    await Bun.write(join(dir.path, 'engine/long.fixture.ts'), text(81));
    const found = await findLongFunctions(dir.path, ['engine']);
    expect(found.map(({ file }) => file)).toEqual(['engine/long.ts']);
    expect(render(found)).toContain('Maximum allowed is 80');
  });
});
