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
