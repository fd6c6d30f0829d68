import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseUnits } from '../amounts.ts';
import { isoTime, parseIsoTime } from '../time.ts';
import { ASKED_TIME_PATTERN, ASKED_UNITS_PATTERN } from './asked.ts';

const time = new RegExp(ASKED_TIME_PATTERN);
const units = new RegExp(ASKED_UNITS_PATTERN);

test('a time is asked for by every moment of the century, and by nothing else', () => {
  const moment = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) - 1 });
  fc.assert(fc.property(moment, (atMs) => time.test(isoTime(atMs))));
  fc.assert(
    fc.property(fc.stringMatching(new RegExp(ASKED_TIME_PATTERN)), (text) => parseIsoTime(text) !== null),
    { numRuns: 1000 },
  );
});

describe('a time', () => {
  test.each([
    '2000-02-29T00:00:00.000Z',
    '2028-02-29T23:59:59.999Z',
    '2026-12-31T00:00:00.000Z',
    '2026-04-30T00:00:00.000Z',
  ])('%s is one', (text) => expect(time.test(text)).toBe(true));
  test.each([
    '2026-02-29T00:00:00.000Z',
    '2026-02-31T00:00:00.000Z',
    '2026-04-31T00:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    '2026-00-01T00:00:00.000Z',
    '2026-01-00T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-01-01T00:60:00.000Z',
    '2026-01-01T00:00:00Z',
    '0000-00-00T00:00:00.000Z',
    '2026-01-01T00:00:00.000Z\n',
  ])('%j is none', (text) => expect(time.test(text)).toBe(false));
});

test('every amount that fits can be held', () => {
  for (const text of ['1', '9'.repeat(38)])
    expect([units.test(text), parseUnits(text)]).toEqual([true, BigInt(text) as never]);
  for (const text of ['0', '01', '', '-1', '1'.repeat(39)]) expect(units.test(text)).toBe(false);
});
