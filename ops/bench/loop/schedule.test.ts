import { expect, test } from 'bun:test';
import { sendOnSchedule } from './schedule.ts';

test('what is due leaves in order, each with the moment at which it was due, whatever held the sender up', async () => {
  // A clock that is read now and then: the second quote finds that four more have become due meanwhile.
  let nowUs = 0;
  const sent: { index: number; dueUs: number }[] = [];
  await sendOnSchedule({
    count: 6,
    ratePerS: 1000,
    isQuiet: () => false,
    sleepUs: () => {},
    nowUs: () => {
      nowUs += 100;
      return nowUs;
    },
    send(index, dueUs) {
      sent.push({ index, dueUs });
      if (index === 1) nowUs += 4_000;
    },
  });
  expect(sent.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  const [first] = sent;
  expect(sent.map(({ dueUs }) => dueUs - (first?.dueUs ?? 0))).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
});

test.each([
  { quiet: true, slept: 4 },
  { quiet: false, slept: 0 },
])('the thread sleeps before a send only when no answer is due: quiet $quiet', async ({ quiet, slept }) => {
  let nowUs = 0;
  const sleeps: number[] = [];
  await sendOnSchedule({
    count: 5,
    ratePerS: 1000,
    isQuiet: () => quiet,
    nowUs: () => {
      nowUs += 10;
      return nowUs;
    },
    sleepUs(us) {
      sleeps.push(us);
      nowUs += us;
    },
    send() {},
  });
  expect(sleeps).toHaveLength(slept);
  expect(Math.max(0, ...sleeps)).toBeLessThan(1000);
});

test('a send that fails ends the run', async () => {
  const run = sendOnSchedule({
    count: 2,
    ratePerS: 100_000,
    isQuiet: () => true,
    sleepUs: () => {},
    nowUs: () => performance.now() * 1000,
    send() {
      throw new Error('nobody there');
    },
  });
  await expect(run).rejects.toThrow('nobody there');
});
