import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { AgeMarks } from './age-marks.ts';

describe('the age of the oldest waiting record', () => {
  test('is never too small, and not much too large, however long the outage', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 40_000_000 }), { minLength: 1, maxLength: 3_000 });
    fc.assert(
      fc.property(gaps, fc.nat(), (gapsUs, pick) => {
        const marks = new AgeMarks(0, 0);
        const appendedUs: number[] = [];
        let nowUs = 0;
        for (const gapUs of gapsUs) {
          nowUs += gapUs;
          appendedUs.push(nowUs);
          marks.appended(appendedUs.length, nowUs);
        }
        const seq = 1 + (pick % appendedUs.length);
        const trueUs = nowUs - (appendedUs[seq - 1] as number);
        const ageUs = marks.ageUs(seq, nowUs);
        expect(ageUs).toBeGreaterThanOrEqual(trueUs);
        // A mark in a tenth of a second, and with more than a thousand of them every other, or fewer, for the rest.
        const before = appendedUs[Math.max(0, seq - 1 - 8)] as number;
        expect(ageUs).toBeLessThanOrEqual(nowUs - Math.min(before, (appendedUs[seq - 1] as number) - 800_000));
      }),
      { numRuns: 50 },
    );
  });

  test('counts from the start for what was there before', () => {
    const marks = new AgeMarks(50, 1_000);
    marks.appended(51, 900_000);
    expect(marks.ageUs(10, 2_001_000)).toBe(2_000_000);
    expect(marks.ageUs(51, 2_001_000)).toBe(1_101_000);
  });
});
