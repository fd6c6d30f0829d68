import { expect, test } from 'bun:test';
import { editDistance } from './edit-distance.ts';

test.each([
  ['stack', 'stack', 0],
  ['stak', 'stack', 1],
  ['tets', 'test', 2],
  ['', 'sim', 3],
  ['demo', 'bench', 4],
])('distance of %p and %p is %d', (from, to, expected) => {
  expect(editDistance(from, to)).toBe(expected);
  expect(editDistance(to, from)).toBe(expected);
});
