import { expect, test } from 'bun:test';
import { OffsetWatch } from './offset-watch.ts';

test('an offset that was passed before shows a loss, once for each new log', () => {
  const watch = new OffsetWatch();
  const at = (offset: number, partition = 0) => watch.delivered('t', partition, offset);
  expect([at(0), at(1), at(7), at(0, 1), at(1, 1)]).toEqual([null, null, null, null, null]);
  expect(at(7)).toEqual({ topic: 't', partition: 0, before: 7, now: 7 });
  expect(at(8)).toBeNull();
  expect(at(0)).toEqual({ topic: 't', partition: 0, before: 8, now: 0 });
  expect([at(1), at(2), at(2, 1)]).toEqual([null, null, null]);
});

test('what is not known says nothing, and what is kept is known after a restart', () => {
  const watch = new OffsetWatch();
  for (const [partition, offset] of [
    [0, -1],
    [0, -1001],
    [0, Number.NaN],
    [-1, 5],
    [1_000_000, 5],
  ] as const) {
    expect(watch.delivered('t', partition, offset)).toBeNull();
  }
  expect(watch.known()).toEqual({});
  watch.delivered('t', 2, 9);
  const again = new OffsetWatch(JSON.parse(JSON.stringify(watch.known())));
  expect(again.delivered('t', 0, 0)).toBeNull();
  expect(again.delivered('t', 2, 3)).toEqual({ topic: 't', partition: 2, before: 9, now: 3 });
});
