import { describe, expect, test } from 'bun:test';
import { FIRST_BOOK_LIMIT_MS, judgeStream, mayResubscribe, SILENCE_LIMIT_MS, type StreamState } from './renewal.ts';

const SUBSCRIBED_US = 50_000_000;
const STREAM: StreamState = {
  subscribedUs: SUBSCRIBED_US,
  confirmedUs: SUBSCRIBED_US + 1000,
  hasBook: true,
  isBookMissing: false,
  triesInRow: 0,
};
const FIRST_US = FIRST_BOOK_LIMIT_MS * 1000;
const SILENCE_US = SILENCE_LIMIT_MS * 1000;

describe('judgeStream', () => {
  test.each([
    ['a price that was just confirmed', {}, 1000, 'none'],
    ['silence up to the limit', {}, 1000 + SILENCE_US, 'none'],
    ['silence beyond it', {}, 1001 + SILENCE_US, ['book', 'ticker']],
    ['no book yet', { hasBook: false, confirmedUs: null }, FIRST_US, 'none'],
    ['no book for too long', { hasBook: false, confirmedUs: null }, FIRST_US + 1, ['book', 'ticker']],
    ['a confirmation of the subscription before', { confirmedUs: SUBSCRIBED_US - 1 }, FIRST_US + 1, ['book', 'ticker']],
    ['a lost book', { hasBook: false, isBookMissing: true }, 1000, ['book']],
    ['a lost book after too many tries', { hasBook: false, isBookMissing: true, triesInRow: 3 }, 1000, 'reconnect'],
    ['silence after too many tries', { hasBook: false, triesInRow: 3 }, FIRST_US + 1, 'reconnect'],
    ['all well after too many tries', { triesInRow: 3 }, 1000, 'none'],
  ] as const)('%s', (_, change, sinceUs, action) => {
    expect(judgeStream({ ...STREAM, ...change }, SUBSCRIBED_US + sinceUs).action).toEqual(action as never);
  });

  test('forgets the tries once a book has lasted', () => {
    const tried = { ...STREAM, triesInRow: 3, confirmedUs: SUBSCRIBED_US + SILENCE_US - 1000 };
    expect(judgeStream(tried, SUBSCRIBED_US + SILENCE_US - 1).triesInRow).toBe(3);
    expect(judgeStream(tried, SUBSCRIBED_US + SILENCE_US).triesInRow).toBe(0);
    expect(judgeStream({ ...tried, hasBook: false }, SUBSCRIBED_US + SILENCE_US).triesInRow).toBe(3);
  });
});

test('subscribes again once a second at most, and three times in a row', () => {
  expect(mayResubscribe(0, SUBSCRIBED_US, SUBSCRIBED_US + 999_999)).toBe(false);
  expect([0, 2, 3].map((tries) => mayResubscribe(tries, SUBSCRIBED_US, SUBSCRIBED_US + 1_000_000))).toEqual([
    true,
    true,
    false,
  ]);
});
