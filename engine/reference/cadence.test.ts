import { describe, expect, test } from 'bun:test';
import { isRecordDue, type Published, publishedAt, STATUS_BURST } from './cadence.ts';

const NOW_US = 7_200_000_000;
const last: Published = { atUs: NOW_US, statusPaidUs: NOW_US, status: 'kraken', values: '1' };
const next = (afterMs: number, over: Partial<Pick<Published, 'status' | 'values'>> = {}): Published =>
  publishedAt(last, NOW_US + 1000 * afterMs, { status: 'kraken', values: '1', ...over });

describe('a record is due', () => {
  test.each([
    ['the first', null, last, true],
    ['nothing new', last, next(9999), false],
    ['nothing new for ten seconds', last, next(10_000), true],
    ['new values within the second', last, next(999, { values: '2' }), false],
    ['new values after it', last, next(1000, { values: '2' }), true],
    ['a new status at once', last, next(0, { status: 'coingecko' }), true],
  ])('%s: %#', (_, before, now, due) => {
    expect(isRecordDue(before, now)).toBe(due);
  });
});

test('a status that changes a hundred times a second is reported a few times at once, then once a second', () => {
  let before: Published | null = null;
  const reportedMs: number[] = [];
  for (let ms = 0; ms < 10_000; ms += 10) {
    const now = publishedAt(before, NOW_US + 1000 * ms, { status: String(ms % 20), values: '1' });
    if (!isRecordDue(before, now)) continue;
    before = now;
    reportedMs.push(ms);
  }
  expect(reportedMs.slice(0, STATUS_BURST)).toEqual([...Array(STATUS_BURST).keys()].map((n) => n * 10));
  expect(reportedMs.length).toBeLessThanOrEqual(STATUS_BURST + 10);
  expect(reportedMs.at(-1)).toBeGreaterThanOrEqual(9000);
  // Quiet for as long, it may change often again.
  const later = NOW_US + 1000 * 30_000;
  for (let n = 0; n < STATUS_BURST; n++) {
    const now = publishedAt(before, later + n, { status: `again ${n}`, values: '1' });
    expect(isRecordDue(before, now)).toBe(true);
    before = now;
  }
});
