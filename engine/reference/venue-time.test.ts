import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Moment } from '../model/values.ts';
import { at, T0 } from './price.fixture.ts';
import { createVenueTime, OFFSET_AHEAD_MAX_MS, OFFSET_BEHIND_MAX_MS } from './venue-time.ts';

/** How late a frame that is read then is taken to be, in milliseconds; null: its time proves nothing. */
function lateness(now: Moment, stamp: { readonly asOfUs: number } | null): number | null {
  return stamp === null ? null : Math.round((now.nowUs - stamp.asOfUs) / 1000);
}

/** Frames of one connection as [read at, delay]; the venue's clock is ahead by `offsetMs`. */
function latenesses(frames: readonly (readonly [number, number])[], offsetMs = 0): (number | null)[] {
  const venue = createVenueTime();
  return frames.map(([readMs, delayMs]) => {
    const now = at(T0 + readMs);
    return lateness(now, venue.stamped(T0 + readMs - delayMs + offsetMs, now));
  });
}

describe('a frame is late by what it is delayed more than the fastest of its connection', () => {
  test.each([
    [
      'prompt from the first on',
      [
        [0, 30],
        [100, 30],
        [200, 45],
      ],
      0,
      [0, 0, 15],
    ],
    [
      'the clocks differ by less than the bound',
      [
        [0, 30],
        [100, 30],
        [200, 5030],
      ],
      1500,
      [0, 0, 5000],
    ],
    [
      'our clock is ahead',
      [
        [0, 30],
        [100, 530],
      ],
      -1900,
      [0, 500],
    ],
    [
      'a stall, and its backlog read at once',
      [
        [0, 30],
        [10_000, 9900],
        [10_000, 5000],
        [10_000, 30],
      ],
      0,
      // 2 ms of the ten seconds may be drift.
      [0, 9868, 4968, 0],
    ],
    [
      'late from the first frame on',
      [
        [0, 60_000],
        [100, 60_000],
        [200, 58_000],
      ],
      0,
      [58_000, 58_000, 56_000],
    ],
    [
      'a backlog that drains',
      [
        [0, 60_000],
        [10, 30_000],
        [20, 30],
      ],
      0,
      [58_000, 28_000, 0],
    ],
    [
      'the venue steps its clock back',
      [
        [0, 30],
        [100, 10_030],
        [200, 10_030],
      ],
      0,
      [0, 10_000, 10_000],
    ],
  ] as const)('%s', (_, frames, offsetMs, expected) => {
    expect(latenesses(frames, offsetMs)).toEqual([...expected]);
  });

  test('what may be taken for a difference of the clocks is bounded both ways', () => {
    expect(latenesses([[0, OFFSET_BEHIND_MAX_MS]])).toEqual([0]);
    expect(latenesses([[0, OFFSET_BEHIND_MAX_MS + 1]])).toEqual([1]);
    expect(latenesses([[0, 0]], OFFSET_AHEAD_MAX_MS)).toEqual([0]);
    expect(latenesses([[0, 0]], OFFSET_AHEAD_MAX_MS + 1)).toEqual([null]);
  });

  test('one frame far ahead proves nothing and changes nothing for the others', () => {
    const venue = createVenueTime();
    const read = (readMs: number, venueMs: number) =>
      lateness(at(T0 + readMs), venue.stamped(venueMs, at(T0 + readMs)));
    expect(read(0, T0 - 30)).toBe(0);
    expect(read(10, T0 + 3_600_000)).toBeNull();
    expect(read(20, T0 + 20 - 530)).toBe(500);
  });

  test('a monotonic clock that stood still while the machine slept is noticed, and learned again by the wall clock', () => {
    const venue = createVenueTime();
    venue.stamped(T0 - 30, at(T0));
    // A minute passed outside; the first frame read is one of those that waited, 40 s old.
    const woken: Moment = { nowMs: T0 + 60_000, nowUs: at(T0).nowUs };
    expect(lateness(woken, venue.stamped(T0 + 20_000, woken))).toBe(40_000 - OFFSET_BEHIND_MAX_MS);
    expect(lateness(woken, venue.stamped(T0 + 60_000 - 30, woken))).toBe(0);
  });

  test('steps of our wall clock after the first frame change nothing', () => {
    for (const stepMs of [-3_600_000, 3_600_000]) {
      const venue = createVenueTime();
      venue.stamped(T0 - 30, at(T0));
      const stepped: Moment = { ...at(T0 + 1000), nowMs: T0 + 1000 + stepMs };
      const stamp = venue.stamped(T0 + 1000 - 430, stepped);
      expect(lateness(stepped, stamp)).toBe(400);
      expect(stamp?.asOfMs).toBe(T0 + 600 + stepMs);
    }
  });

  test('clocks that drift apart do not make a long connection late', () => {
    const venue = createVenueTime();
    for (let hour = 0; hour <= 72; hour++) {
      const now = at(T0 + hour * 3_600_000);
      expect(lateness(now, venue.stamped(T0 + hour * 3_600_000 * 0.9999 - 30, now))).toBe(0);
    }
  });

  test('a new connection learns again', () => {
    const venue = createVenueTime();
    venue.stamped(T0 - 30, at(T0));
    venue.reset();
    expect(lateness(at(T0), venue.stamped(T0 - 530, at(T0)))).toBe(0);
  });
});

describe('a frame without a time', () => {
  test('is as new as now while nothing else is known', () => {
    expect(lateness(at(T0), createVenueTime().unstamped(at(T0), null))).toBe(0);
  });

  test('keeps to the newest, although an older one came in between', () => {
    const venue = createVenueTime();
    venue.stamped(T0 - 30, at(T0));
    venue.stamped(T0 - 4030, at(T0 + 1));
    expect(lateness(at(T0 + 100), venue.unstamped(at(T0 + 100), null))).toBe(100);
  });

  test('is as new as the newest before it, or as the request that it answers', () => {
    const venue = createVenueTime();
    venue.stamped(T0 - 30, at(T0));
    expect(lateness(at(T0 + 5000), venue.unstamped(at(T0 + 5000), null))).toBe(5000);
    expect(lateness(at(T0 + 5000), venue.unstamped(at(T0 + 5000), at(T0 + 4900).nowUs))).toBe(100);
    expect(lateness(at(T0 + 5000), venue.unstamped(at(T0 + 5000), at(T0 - 100).nowUs))).toBe(5000);
  });
});

test('no frame is ever taken for newer than it is by more than the clocks may differ', () => {
  const frame = fc.record({
    waitMs: fc.integer({ min: 0, max: 20_000 }),
    delayMs: fc.integer({ min: 0, max: 120_000 }),
  });
  const offset = fc.integer({ min: -OFFSET_BEHIND_MAX_MS, max: OFFSET_BEHIND_MAX_MS });
  fc.assert(
    fc.property(offset, fc.array(frame, { maxLength: 30 }), (offsetMs, frames) => {
      const venue = createVenueTime();
      let readMs = T0;
      for (const { waitMs, delayMs } of frames) {
        readMs += waitMs;
        const late = lateness(at(readMs), venue.stamped(readMs - delayMs + offsetMs, at(readMs)));
        // Learned by the wall clock on the first frame, or from a faster one: the error is the offset and the bound at most.
        expect(late).not.toBeNull();
        expect(delayMs - (late ?? 0)).toBeLessThanOrEqual(2 * OFFSET_BEHIND_MAX_MS + 300);
        expect(late ?? 0).toBeLessThanOrEqual(delayMs + 300);
      }
    }),
  );
});
