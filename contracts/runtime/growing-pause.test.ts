import { expect, test } from 'bun:test';
import { GrowingPause } from './growing-pause.ts';

test('doubles up to its limit, and begins again after a success', () => {
  const pause = new GrowingPause({ minMs: 1000, maxMs: 30_000 });
  expect(Array.from({ length: 7 }, () => pause.next())).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  pause.reset();
  expect([pause.next(), pause.next()]).toEqual([1000, 2000]);
});
