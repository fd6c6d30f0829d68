import { expect, test } from 'bun:test';
import { partHealth } from '../../../contracts/runtime/process/health/health.ts';
import { historyHealth } from './health.ts';

test.each([
  [null, null, ['history_unknown']],
  [true, 100, []],
  [true, 101, ['history_behind']],
  [true, null, ['history_behind']],
  [true, Number.NaN, ['history_behind']],
  [false, 0, ['history_not_written']],
])('history that is written: %p, with a lag of %p, has the reasons %p', (writing, lagMs, reasons) => {
  expect(historyHealth({ writing, lagMs, reportedAtMs: null }, 100)).toEqual(partHealth(reasons));
});
