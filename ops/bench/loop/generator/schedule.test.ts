import { expect, test } from 'bun:test';
import { napUs, sendOnSchedule } from './schedule.ts';

test('what is due leaves in order, each with the moment at which it was due, whatever held the sender up', async () => {
  // A clock that is read now and then: the second quote finds that four more have become due meanwhile.
  let nowUs = 0;
  const sent: { index: number; dueUs: number }[] = [];
  await sendOnSchedule({
    napUs: () => 0,
    sleepUs: () => {},
    nowUs: () => {
      nowUs += 100;
      return nowUs;
    },
    streams: [
      {
        count: 6,
        ratePerS: 1000,
        send(index, dueUs) {
          sent.push({ index, dueUs });
          if (index === 1) nowUs += 4_000;
        },
      },
    ],
  });
  expect(sent.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  const [first] = sent;
  expect(sent.map(({ dueUs }) => dueUs - (first?.dueUs ?? 0))).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
});

test('two streams keep their own rates and leave in the order in which they are due', async () => {
  let nowUs = 0;
  const sent: string[] = [];
  const stream = (name: string, count: number, ratePerS: number) => ({
    count,
    ratePerS,
    send: (index: number, dueUs: number) => void sent.push(`${name}${index} ${dueUs - 160}`),
  });
  await sendOnSchedule({
    napUs: () => 0,
    sleepUs: () => {},
    nowUs: () => {
      nowUs += 10;
      return nowUs;
    },
    streams: [stream('a', 2, 1000), stream('b', 4, 2000), stream('none', 0, 0)],
  });
  expect(sent).toEqual(['a0 0', 'b0 0', 'b1 500', 'a1 1000', 'b2 1000', 'b3 1500']);
});

test.each([
  { nap: Number.POSITIVE_INFINITY, slept: 4 },
  { nap: 0, slept: 0 },
])('the thread sleeps before a send only when it may: $nap', async ({ nap, slept }) => {
  let nowUs = 0;
  const sleeps: number[] = [];
  await sendOnSchedule({
    napUs: () => nap,
    nowUs: () => {
      nowUs += 10;
      return nowUs;
    },
    sleepUs(us) {
      sleeps.push(us);
      nowUs += us;
    },
    streams: [{ count: 5, ratePerS: 1000, send() {} }],
  });
  expect(sleeps).toHaveLength(slept);
  expect(Math.max(0, ...sleeps)).toBeLessThan(1000);
});

test.each([
  { unanswered: 0, ratePerS: 1000, us: Number.POSITIVE_INFINITY },
  { unanswered: 1, ratePerS: 1000, us: 0 },
  { unanswered: 2, ratePerS: 1000, us: 125 },
  { unanswered: 2, ratePerS: 2000, us: 0 },
  { unanswered: 9, ratePerS: 2000, us: 500 },
])('with $unanswered due at $ratePerS/s the thread may sleep for $us us', ({ unanswered, ratePerS, us }) => {
  expect(napUs(unanswered, ratePerS)).toBe(us);
});

test('a send that fails ends the run', async () => {
  const run = sendOnSchedule({
    napUs: () => 0,
    sleepUs: () => {},
    nowUs: () => performance.now() * 1000,
    streams: [
      {
        count: 2,
        ratePerS: 100_000,
        send() {
          throw new Error('nobody there');
        },
      },
    ],
  });
  await expect(run).rejects.toThrow('nobody there');
});
