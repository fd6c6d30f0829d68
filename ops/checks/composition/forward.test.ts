import { expect, test } from 'bun:test';
import { CHECKOUT } from '../../stack/directory.ts';
import { makeSource, readSources } from '../sources.ts';
import { COMPOSITIONS, checkForward } from './forward.ts';

const sources = readSources(CHECKOUT);

test.each(COMPOSITIONS)('%s makes each part of those above it', (path) => {
  const source = sources.find((candidate) => candidate.path === path);
  expect(source === undefined ? `${path} is gone` : checkForward(source)).toEqual([]);
});

const check = (body: string) =>
  checkForward(makeSource('a.ts', `export function make(): void {\n${body}\n}\n`)).map(({ line }) => line);

test('finds a name in a closure above its declaration, however it is declared', () => {
  const use = '  const first = create(() => second.run());';
  for (const declared of [
    'const second = 1;',
    'let second = 1;',
    'const { other, second } = all;',
    'const { a: second } = all;',
  ])
    expect(check(`${use}\n  ${declared}`)).toEqual([2]);
  expect(check('  const first = create({ second });\n  const second = 1;')).toEqual([2]);
});

test('passes over keys, properties, texts, comments, inner declarations and what is declared above', () => {
  for (const line of [
    '  const first = { second: 1 };',
    '  const first = all.second;',
    "  const first = 'second';",
    '  // second',
    '  const seconds = 1;',
  ])
    expect(check(`${line}\n  const second = 1;`)).toEqual([]);
  expect(check('  const second = 1;\n  const first = create(() => second.run());')).toEqual([]);
  expect(check('  const first = () => {\n    const second = 1;\n    return second;\n  };')).toEqual([]);
});
