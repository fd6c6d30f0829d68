import { expect, test } from 'bun:test';
import { ProgressWatch } from './progress-watch.ts';

const SECOND_US = 1_000_000;

/** The seconds, of those up to `lastS`, in which another client has its turn. */
function turns(watch: ProgressWatch, firstS: number, lastS: number, isWaiting = true): number[] {
  const found: number[] = [];
  for (let second = firstS; second <= lastS; second++) {
    if (watch.check(isWaiting, second * SECOND_US) !== null) found.push(second);
  }
  return found;
}

test('a client that does nothing is replaced after pauses that grow up to a limit', () => {
  expect(turns(new ProgressWatch(0), 0, 2000)).toEqual([60, 180, 420, 900, 1380, 1860]);
});

test('nothing asked of it is no standstill, and progress makes the next pause short again', () => {
  const watch = new ProgressWatch(0);
  expect(turns(watch, 0, 1000, false)).toEqual([]);
  expect(turns(watch, 1001, 1100)).toEqual([1060]);
  watch.progressed();
  expect(turns(watch, 1101, 1200)).toEqual([1161]);
});
