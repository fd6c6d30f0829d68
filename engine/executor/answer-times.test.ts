import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createAnswerTimes } from './answer-times.ts';

const SECOND = 1_000_000;

test('the 99th percentile is that of all times, at most an eighth above it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10 ** 8 }), { minLength: 1, maxLength: 500 }), (times) => {
      const answers = createAnswerTimes();
      for (const tookUs of times) answers.add(tookUs, 0);
      const sorted = times.toSorted((a, b) => a - b);
      // Of up to a hundred the longest is the 99th percentile, and is passed over.
      const rank = Math.min(Math.ceil(sorted.length * 0.99), sorted.length - 1);
      const exact = sorted[rank - 1] ?? 0;
      const found = answers.p99Us(0);
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * 1.125 + 1);
    }),
  );
});

test('nothing was answered: nothing is taken for it', () => {
  expect(createAnswerTimes().p99Us(0)).toBe(0);
});

test('one long pause counts for nothing, two do', () => {
  const answers = createAnswerTimes();
  answers.add(5 * SECOND, 0);
  expect(answers.p99Us(0)).toBe(0);
  for (let count = 0; count < 20; count++) answers.add(100, SECOND);
  expect(answers.p99Us(SECOND)).toBeLessThan(150);
  answers.add(4 * SECOND, 2 * SECOND);
  expect(answers.p99Us(2 * SECOND)).toBeGreaterThanOrEqual(4 * SECOND);
});

test('long pauses are forgotten within a minute, though nothing is answered after them', () => {
  const answers = createAnswerTimes();
  for (let pauses = 0; pauses < 2; pauses++) answers.add(5 * SECOND, 29 * SECOND);
  expect(answers.p99Us(29 * SECOND)).toBeGreaterThanOrEqual(5 * SECOND);
  expect(answers.p99Us(59 * SECOND)).toBeGreaterThanOrEqual(5 * SECOND);
  expect(answers.p99Us(60 * SECOND)).toBe(0);
});

test('what was measured since counts within a second', () => {
  const answers = createAnswerTimes();
  expect(answers.p99Us(0)).toBe(0);
  for (const tookUs of [100, 101]) answers.add(tookUs, 1);
  expect(answers.p99Us(SECOND)).toBeGreaterThanOrEqual(100);
});

test('a time beyond every bucket is the longest', () => {
  const answers = createAnswerTimes();
  for (let times = 0; times < 2; times++) answers.add(Number.MAX_SAFE_INTEGER, 0);
  expect(answers.p99Us(0)).toBeGreaterThan(10 ** 9);
});

test('of 200 answers two are passed over, also when they are not alike', () => {
  const answers = createAnswerTimes();
  for (let count = 0; count < 197; count++) answers.add(100, 0);
  for (const tookUs of [1_000_000, 50_000, 50_000]) answers.add(tookUs, 0);
  // Two of 200 may take longer: the slowest, and one of those two.
  expect(answers.p99Us(0)).toBeGreaterThanOrEqual(50_000);
  expect(answers.p99Us(0)).toBeLessThan(60_000);
});
