import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createEventIds, eventIdAt } from './uuid.ts';

const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{11}0$/;
const fill = (bytes: Uint8Array) => {
  crypto.getRandomValues(bytes);
};

describe('createEventIds', () => {
  test('gives UUIDv7 that carry the time and end in 0', () => {
    const id = createEventIds(fill)(0x0190_1234_5678);
    expect(id).toMatch(SHAPE);
    expect(id.slice(0, 13)).toBe('01901234-5678');
  });

  test('only grows, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 200 }), (steps) => {
        const next = createEventIds(fill);
        let nowMs = 1_700_000_000_000;
        let last = '';
        for (const step of steps) {
          nowMs += step;
          const id = next(nowMs);
          expect(id).toMatch(SHAPE);
          expect(id > last).toBe(true);
          last = id;
        }
      }),
    );
  });

  test('stays unique and growing beyond the counter of one millisecond, even without any randomness', () => {
    const next = createEventIds((bytes) => bytes.fill(0xff));
    const ids = Array.from({ length: 10_000 }, () => next(1_700_000_000_000));
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  test('two sources at one time do not meet', () => {
    const ids = Array.from({ length: 2_000 }, () => createEventIds(fill)(1_700_000_000_000));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('eventIdAt numbers the records of a fact in the last digit', () => {
  const base = createEventIds(fill)(1_700_000_000_000);
  const ids = Array.from({ length: 16 }, (_, slot) => eventIdAt(base, slot));
  expect(ids[0]).toBe(base);
  expect(ids[15]).toBe(`${base.slice(0, -1)}f`);
  expect(new Set(ids).size).toBe(16);
});
