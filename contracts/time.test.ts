import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isoTime, parseIsoTime } from './time.ts';

describe('a time on the bus', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(parseIsoTime(isoTime(ms))).toBe(ms);
      }),
    );
  });

  test('is read as the platform reads it, whatever the digits are', () => {
    const slow = (text: string): number | null => {
      const ms = Date.parse(text);
      return Number.isFinite(ms) && new Date(ms).toISOString() === text ? ms : null;
    };
    const two = fc.oneof(
      fc.integer({ min: 0, max: 99 }),
      fc.integer({ min: 0, max: 31 }),
      fc.constantFrom(0, 1, 12, 13, 23, 24, 29, 59, 60),
    );
    const pad = (value: number, width: number): string => String(value).padStart(width, '0');
    const year = fc.oneof(
      fc.integer({ min: 0, max: 9999 }),
      fc.constantFrom(0, 4, 1900, 1970, 2000, 2023, 2024, 2100, 9999),
    );
    const spelled = fc
      .tuple(year, two, two, two, two, two, fc.integer({ min: 0, max: 999 }))
      .map(
        ([y, mo, d, h, mi, s, ms]) =>
          `${pad(y, 4)}-${pad(mo, 2)}-${pad(d, 2)}T${pad(h, 2)}:${pad(mi, 2)}:${pad(s, 2)}.${pad(ms, 3)}Z`,
      );
    fc.assert(
      fc.property(fc.oneof(spelled, fc.string({ minLength: 24, maxLength: 24 })), (text) => {
        expect(parseIsoTime(text)).toBe(slow(text));
      }),
      { numRuns: 2000 },
    );
    const spoiled = fc.tuple(spelled, fc.nat({ max: 23 }), fc.string({ minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(spoiled, ([text, at, char]) => {
        const other = text.slice(0, at) + char + text.slice(at + 1);
        expect(parseIsoTime(other)).toBe(slow(other));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['2026-02-31T00:00:00.000Z'],
    ['2026-02-29T00:00:00.000Z'],
    ['2026-13-01T00:00:00.000Z'],
    ['2026-01-01T24:00:00.000Z'],
    ['2026-01-01T99:00:00.000Z'],
    ['2026-01-01T00:00:60.000Z'],
    ['2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00.000+00:00'],
    ['2026-01-01'],
    ['tomorrow'],
    [''],
  ])('%p is none', (text) => expect(parseIsoTime(text)).toBeNull());
});
