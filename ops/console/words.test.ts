import { expect, test } from 'bun:test';
import { ago, columns, countsLine, cut, shortSpan, tree, until } from './words.ts';

const NOW = Date.parse('2026-01-02T00:00:00.000Z');

test.each([
  [-5, '0.0 s'],
  [9_990, '10.0 s'],
  [10_000, '10 s'],
  [119_999, '119 s'],
  [120_000, '2 min'],
  [7_199_999, '119 min'],
  [7_200_000, '2 h 0 min'],
  [172_800_000, '2 d 0 h'],
])('%d ms are %s', (ms, text) => {
  expect(shortSpan(ms)).toBe(text);
});

test('times are relative to now, whatever they are', () => {
  expect(ago('2026-01-01T23:59:30.000Z', NOW)).toBe('30 s ago');
  expect(ago(null, NOW)).toBe('never');
  expect(ago('yesterday', NOW)).toBe('yesterday');
  expect(until('2026-01-02T00:05:00.000Z', NOW)).toBe('in 5 min');
  expect(until('2026-01-01T00:05:00.000Z', NOW)).toBe('now');
});

test('a line is cut to its width, and columns are as wide as their widest cell', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdefg', 6)).toBe('abc...');
  expect(
    columns([
      ['a', 'bb', ''],
      ['ccc', 'd', 'e'],
    ]),
  ).toEqual(['a    bb', 'ccc  d   e']);
});

test('counts are shown by frequency, the rest is hinted at', () => {
  expect(countsLine({ few: 1, many: 9, some: 5 }, 2)).toBe('many 9, some 5, ...');
  expect(countsLine({}, 2)).toBe('none');
});

test('JSON is shown as indented lines, empty parts included', () => {
  const value = { a: 1, b: { c: null, d: ['x', 'y'], e: [] }, f: [{ g: true }], h: {} };
  expect(tree(value)).toEqual([
    'a: 1',
    'b:',
    '  c: -',
    '  d: x, y',
    '  e: none',
    'f:',
    '  1:',
    '    g: true',
    'h: none',
  ]);
});
