import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ReconnectStorm } from './reconnect-storm.ts';

const LIMITS = { openingsMax: 3, windowMs: 1_000, retryMs: 600 };
const at = (ms: number): number => ms * 1000;

function openedAt(...times: number[]): ReconnectStorm {
  const storm = new ReconnectStorm(LIMITS);
  for (const ms of times) storm.opened(at(ms));
  return storm;
}

describe('openings within the window', () => {
  test.each([
    ['none', [], 0, 0],
    ['one fewer than the limit', [0, 1], 2, 0],
    ['the limit', [0, 1, 2], 3, 600],
    ['the limit, until the oldest is as old as the window', [0, 1, 2], 999, 600],
    ['the limit, once it is', [0, 1, 2], 1_000, 0],
    ['more than the limit: only the newest count', [0, 900, 901, 902], 1_899, 600],
    ['more than the limit, once the third newest is old', [0, 900, 901, 902], 1_900, 0],
  ])('%s', (_name, times, lostAtMs, waitMs) => {
    const storm = openedAt(...times);
    expect(storm.waitMs(at(lostAtMs), 0)).toBe(waitMs);
    expect([storm.isOn(at(lostAtMs)), storm.count()]).toEqual([waitMs > 0, waitMs > 0 ? 1 : 0]);
  });
});

test('a storm is counted once, and again when it comes back', () => {
  const storm = openedAt(0, 1, 2);
  for (const ms of [3, 4]) storm.waitMs(at(ms), 0);
  expect(storm.count()).toBe(1);
  storm.waitMs(at(1_500), 0);
  for (const ms of [2_000, 2_001, 2_002]) storm.opened(at(ms));
  storm.waitMs(at(2_003), 0);
  expect(storm.count()).toBe(2);
});

test('with every wait kept, openings are at most the limit within a window and one more for each wait', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 5, maxLength: 60 }),
      (fractions) => {
        const storm = new ReconnectStorm(LIMITS);
        const opened: number[] = [];
        let nowMs = 0;
        for (const fraction of fractions) {
          opened.push(nowMs);
          storm.opened(at(nowMs));
          nowMs += storm.waitMs(at(nowMs), fraction);
        }
        const most = LIMITS.openingsMax + Math.ceil(LIMITS.windowMs / LIMITS.retryMs);
        for (const from of opened) {
          expect(opened.filter((ms) => ms >= from && ms < from + LIMITS.windowMs).length).toBeLessThanOrEqual(most);
        }
      },
    ),
  );
});
