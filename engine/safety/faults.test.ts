import { expect, test } from 'bun:test';
import { createFaults, FAULTS_WINDOW_MS } from './faults.ts';

const WINDOW_US = FAULTS_WINDOW_MS * 1000;

test('the third turn that broke within the window stops the trading', () => {
  const faults = createFaults();
  expect([0, 1, WINDOW_US - 1].map((atUs) => faults.turnBroken(atUs))).toEqual([false, false, true]);
  expect(faults.turnBroken(WINDOW_US - 1)).toBe(true);
});

test('a broken turn no longer counts once the window has passed', () => {
  const faults = createFaults();
  expect([0, 1, WINDOW_US, WINDOW_US + 1].map((atUs) => faults.turnBroken(atUs))).toEqual([false, false, false, false]);
});

test('arming starts the count again', () => {
  const faults = createFaults();
  faults.turnBroken(0);
  faults.turnBroken(1);
  faults.reset();
  expect(faults.turnBroken(2)).toBe(false);
});

test('lost frames never count towards a stop; in a row they are unhealthy until a request goes through', () => {
  const faults = createFaults();
  for (let n = 0; n < 2; n++) faults.frameLost(n);
  expect(faults.health(2)).toEqual({ reasons: [], notes: ['turn_failed_lately'] });
  faults.frameLost(2);
  expect(faults.health(2).reasons).toEqual(['turns_failing']);
  for (let n = 3; n <= 1000; n++) faults.frameLost(n);
  expect(faults.turnBroken(1000)).toBe(false);
  faults.decided();
  expect(faults.health(1000)).toEqual({ reasons: [], notes: ['turn_failed_lately'] });
  expect(faults.health(1000 + WINDOW_US - 1).notes).toEqual(['turn_failed_lately']);
  expect(faults.health(1000 + WINDOW_US)).toEqual({ reasons: [], notes: [] });
});
