// Names every symbol that a new Bun or a new version of the Kafka package stops or starts exporting or wanting.

import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compareSymbols, parseSymbolList } from './symbols.ts';

const built = join(import.meta.dir, '../../../node_modules/@confluentinc/kafka-javascript/build/Release');

describe('compareSymbols', () => {
  const agreeing = { wanted: ['v8_a', 'uv_b', 'gone_c'], exported: ['v8_a', 'uv_b', 'other'], declared: ['gone_c'] };

  test('is content when what Bun lacks is what is declared', () => {
    expect(compareSymbols(agreeing)).toEqual([]);
  });

  test.each([
    ['Bun stops exporting', { ...agreeing, exported: ['v8_a'] }, 'uv_b is wanted by the package, not exported'],
    ['the package starts wanting', { ...agreeing, wanted: [...agreeing.wanted, 'new_d'] }, 'new_d is wanted'],
    ['Bun starts exporting', { ...agreeing, exported: [...agreeing.exported, 'gone_c'] }, 'gone_c is exported by Bun'],
    ['the package stops wanting', { ...agreeing, wanted: ['v8_a', 'uv_b'] }, 'gone_c is not wanted'],
  ])('names a symbol that %s', (_, lists, message) => {
    const complaints = compareSymbols(lists);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toStartWith(message);
  });
});

describe('the built addon', () => {
  // The list is of Linux; a Mac's names carry one more underscore and its tools other flags.
  test.skipIf(process.platform !== 'linux')('needs of this Bun only what is declared', async () => {
    const wantedFile = join(built, 'symbols.txt');
    if (!existsSync(wantedFile)) throw new Error(`${wantedFile} is missing: start through ./unrip, which builds it`);
    const nm = Bun.which('nm');
    if (nm === null) throw new Error('nm is missing: apt-get install -y binutils');
    const listed = Bun.spawnSync([nm, '-D', '--defined-only', process.execPath]);
    if (!listed.success) throw new Error(`nm failed on ${process.execPath}: ${listed.stderr}`);
    const exported = listed.stdout
      .toString()
      .split('\n')
      .map((line) => (line.split(' ').at(-1) ?? '').replace(/@.*/, ''));
    expect(exported.length).toBeGreaterThan(100);

    const complaints = compareSymbols({
      wanted: parseSymbolList(await Bun.file(wantedFile).text()),
      exported,
      declared: parseSymbolList(await Bun.file(join(import.meta.dir, 'missing-symbols.txt')).text()),
    });
    expect(complaints).toEqual([]);
  });
});
