import { expect, test } from 'bun:test';
import { PromptTimes } from './prompt-times.ts';

const VENUE_MS = 1_767_225_600_000;
/** A frame that was stamped at `ms` and read `delayMs` later. */
const frame = (ms: number, delayMs: number) => [VENUE_MS + ms, (ms + delayMs) * 1000] as const;

test('passes on the time with the shortest delay of each second, when the second is over', () => {
  const times = new PromptTimes();
  expect([frame(0, 40), frame(300, 10), frame(600, 25)].map((one) => times.add(...one))).toEqual([null, null, null]);
  expect(times.add(...frame(1030, 9))).toBeNull();
  expect(times.add(...frame(1035, 5))).toMatchObject({ venueTimeMs: VENUE_MS + 1030, readUs: 1_039_000 });
});

test('forgets what another connection delayed', () => {
  const times = new PromptTimes();
  times.add(...frame(0, 0));
  times.reset();
  times.add(...frame(500, 900));
  expect(times.add(...frame(2500, 50))).toMatchObject({ venueTimeMs: VENUE_MS + 500 });
});
