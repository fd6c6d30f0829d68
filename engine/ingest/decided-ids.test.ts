import { expect, test } from 'bun:test';
import type { QuoteId } from '../../contracts/ids.ts';
import { createDecidedIds } from './decided-ids.ts';

const id = (n: number) => `q${n}` as QuoteId;

test('forgets by age and by number, the oldest first, and never what is young and within the number', () => {
  const ids = createDecidedIds(1000, 3);
  for (let n = 0; n < 5; n++) ids.add(id(n), n);
  expect([0, 1, 2, 3, 4].map((n) => ids.has(id(n)))).toEqual([false, false, true, true, true]);
  ids.add(id(5), 2000);
  expect([2, 3, 4, 5].map((n) => ids.has(id(n)))).toEqual([false, false, true, true]);
});

test('its pieces restore what was known', () => {
  const ids = createDecidedIds();
  for (let n = 0; n < 50; n++) ids.add(id(n), n);
  const other = createDecidedIds();
  for (const piece of ids.pieces(7)) {
    expect(piece.length).toBeLessThanOrEqual(7);
    other.restore(piece);
  }
  expect([...other.pieces(50)]).toEqual([...ids.pieces(50)]);
  expect(other.has(id(49))).toBe(true);
});
