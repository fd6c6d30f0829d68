import { expect, test } from 'bun:test';
import { PollSize } from './poll-size.ts';

const recordsOf = (...bytes: readonly number[]) => bytes.map((length) => ({ value: new Uint8Array(length) }));

test('few records are asked for until small ones have come, and again as soon as a large one does', () => {
  const size = new PollSize();
  expect([size.records, size.areSmall]).toEqual([16, false]);
  for (let polls = 0; polls < 20; polls++) size.brought(recordsOf(1000, 2000));
  expect([size.records, size.areSmall]).toEqual([512, true]);
  size.brought(recordsOf(1000, 1_000_000));
  expect([size.records, size.areSmall]).toEqual([16, false]);
  size.brought([{ value: null }, ...recordsOf(10)]);
  size.brought([]);
  // Half a megabyte is expected still.
  expect([size.records, size.areSmall]).toEqual([16, false]);
});
