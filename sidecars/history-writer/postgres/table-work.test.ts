import { expect, test } from 'bun:test';
import { chunksOf } from './table-work.ts';

test('a statement holds a bounded number of rows and characters, and every row is in one', () => {
  const row = (chars: number) => ['x'.repeat(chars), null];
  const lengths = (rows: readonly ReturnType<typeof row>[]) => chunksOf(rows).map((chunk) => chunk.length);
  expect(lengths([])).toEqual([]);
  expect(lengths(Array.from({ length: 2001 }, () => row(1)))).toEqual([1000, 1000, 1]);
  expect(lengths(Array.from({ length: 9 }, () => row(1_048_576)))).toEqual([4, 4, 1]);
  expect(lengths([row(1), row(5_000_000), row(1)])).toEqual([1, 1, 1]);
});
