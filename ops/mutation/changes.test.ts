import { expect, test } from 'bun:test';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { changed, described } from './change.ts';
import { changesOf } from './changes.ts';
import { chosen } from './choice.ts';
import { copyOf } from './copy.ts';
import { mutationRun, type Tests } from './run.ts';
import { withSyntax } from './syntax.ts';
import { verdictOf } from './verdict.ts';

const FILE = 'engine/small/rule.ts';
const TSCONFIG = {
  compilerOptions: { strict: true, noEmit: true, allowImportingTsExtensions: true, types: ['bun-types'] },
};
const PARTS = ['engine', 'tsconfig.json'];

/** A tree with one file and its test, and the packages of the checkout. */
function smallTree(source: string, testText = '') {
  const dir = tempDir('mutation');
  mkdirSync(join(dir.path, 'engine/small'), { recursive: true });
  symlinkSync(join(CHECKOUT, 'node_modules'), join(dir.path, 'node_modules'));
  writeFileSync(join(dir.path, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, include: ['engine'] }));
  writeFileSync(join(dir.path, FILE), source);
  writeFileSync(join(dir.path, 'engine/small/rule.test.ts'), testText);
  return dir;
}

const changesIn = (root: string) =>
  withSyntax(root, [FILE], (sources) => [...sources].flatMap(([file, source]) => changesOf(file, source)));

test('operators, constants and ways out are changed one at a time, and nothing that only people read', async () => {
  const source = `
import type { Log } from './log.ts';
export type Flags = { readonly isOn: true };
export function rule(log: Log, a: number, b: number | null): number | null {
  if (b === null) return null;
  // No text: a < b
  for (let at = 0; at < a; at++) log.child('x').warn('rule', { sum: a + b });
  if (a > b && !Number.isNaN(a)) throw new Error(\`é \${a + b}\`);
  const text = 'a' + a;
  return a < 1 ? Math.min(a - b, text.length) : (a ?? b ?? 7);
}
`;
  using dir = smallTree(source);
  const changes = await changesIn(dir.path);
  expect(changes.map(({ what }) => what)).toEqual([
    'b === null -> false',
    '=== -> !==',
    'null -> undefined as never',
    '0 -> 1',
    '< -> <=',
    'a > b && !Number.isNaN(a) -> false',
    '> -> >=',
    '&& -> ||',
    '!Number.isNaN(a) -> Number.isNaN(a)',
    'a < 1 -> !(a < 1)',
    '< -> <=',
    '1 -> 0',
    'Math.min -> Math.max',
    '- -> +',
    '?? b -> nothing',
    '?? 7 -> nothing',
  ]);
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined) throw new Error('there are none');
  expect(described(first)).toBe(`${FILE}:5 b === null -> false | if (b === null) return null;`);
  expect(changed(source, last)).toContain('(a ?? b );');
});

test('a change that a test notices counts as noticed, one that nobody can as unnoticed until it is on the list', async () => {
  using dir = smallTree(
    'export const isMore = (a: number): boolean => a > 0;\nexport const most = (a: number): number => (a > 4 ? a : 4);\n',
    `import { expect, test } from 'bun:test';
     import { isMore, most } from './rule.ts';
     test('rule', () => {
       expect([isMore(0), isMore(1)]).toEqual([false, true]);
       expect([3, 4, 5].map(most)).toEqual([4, 4, 5]);
     });`,
  );
  const changes = (await changesIn(dir.path)).filter(({ what }) => what === '> -> >=');
  using copies = tempDir('mutation-copies');
  const tests: Tests = { near: ['engine/small/rule.test.ts'], room: ['engine/small/rule.test.ts'], joint: [] };
  const run = { root: dir.path, dir: copies.path, parts: PARTS, changes, testsOf: () => tests, workers: 1 };
  const trials = await mutationRun(run);
  expect(trials.map(({ change, noticedBy }) => [change.line, noticedBy])).toEqual([
    [1, 'near'],
    [2, null],
  ]);

  const without = verdictOf(trials, { equivalents: [], always: [] });
  expect(without.violations).toEqual(['1 of 2 unnoticed, more than 5 %']);
  const [noticed, unnoticed] = changes;
  if (noticed === undefined || unnoticed === undefined) throw new Error('there are two changes');
  const equivalents = [{ ...unnoticed, why: 'both give 4' }];
  expect(verdictOf(trials, { equivalents, always: [] })).toEqual({
    rooms: [{ room: 'small', tried: 2, noticed: 1, equivalent: 1, unnoticed: 0 }],
    unnoticed: [],
    violations: [],
  });
  expect(
    verdictOf(trials, { equivalents: [...equivalents, { ...noticed, why: 'not so' }], always: [] }).violations,
  ).toEqual([expect.stringContaining('is on the list of equivalents')]);
  expect(verdictOf(trials, { equivalents: [], always: [unnoticed] }).violations).toHaveLength(2);
});

test('a tree whose tests fail without a change says nothing about changes', async () => {
  using dir = smallTree(
    'export const a = 1;\n',
    "import { test } from 'bun:test'; test('x', () => { throw new Error(); });",
  );
  using copies = tempDir('mutation-copies');
  const tests: Tests = { near: [], room: ['engine/small/rule.test.ts'], joint: [] };
  const changes = await changesIn(dir.path);
  const run = { root: dir.path, dir: copies.path, parts: PARTS, changes, testsOf: () => tests, workers: 1 };
  await expect(mutationRun(run)).rejects.toThrow('the tests fail without a change');
});

test('a file is as before when the work with its change breaks off', async () => {
  using dir = smallTree('export const a = 1;\n');
  using copies = tempDir('mutation-copies');
  const [change] = await changesIn(dir.path);
  if (change === undefined) throw new Error('there is a change');
  const at = join(copies.path, 'one');
  const copy = copyOf(dir.path, at, PARTS);
  const texts: string[] = [];
  const read = () => Bun.file(join(at, FILE)).text();
  await copy
    .with(change, async () => {
      texts.push(await read());
      throw new Error('broken off');
    })
    .catch((error: unknown) => texts.push(String(error)));
  expect([...texts, await read()]).toEqual(['export const a = 0;\n', 'Error: broken off', 'export const a = 1;\n']);
});

test('rooms take turns, what is named comes first, and another file draws no other changes', async () => {
  const change = (room: string, line: number) => ({
    ...{ file: `engine/${room}/a.ts`, start: 0, end: 1, to: '', line },
    ...{ code: `line ${line};`, what: '< -> <=' },
  });
  const one = Array.from({ length: 9 }, (_, line) => change('one', line));
  const two = Array.from({ length: 9 }, (_, line) => change('two', line));
  const always = one.slice(4, 5);
  const drawn = chosen({ rooms: [one, two], count: 5, seed: 1, always });
  expect(drawn[0]).toBe(always[0]);
  expect(drawn.filter(({ file }) => file === 'engine/one/a.ts')).toHaveLength(3);
  const less = chosen({ rooms: [one, two.slice(0, 1)], count: 4, seed: 1, always });
  expect(less.filter(({ file }) => file === 'engine/one/a.ts')).toEqual(
    drawn.filter(({ file }) => file === 'engine/one/a.ts'),
  );
  expect(chosen({ rooms: [one, two], count: 99, seed: 1, always })).toHaveLength(18);
});
