import { expect, test } from 'bun:test';
import { benchQuote, foreignFrame } from './quotes.ts';
import { createTally } from './tally.ts';

const answerTo = (id: string) => `{"id":1,"params":[{"quote_id":"${id}"}]}`;

test('an answer is stamped from the moment at which its quote was due', () => {
  const tally = createTally({ prefix: 'p', count: 2 });
  tally.sent(0, 100);
  tally.sent(1, 200);
  expect(tally.take(answerTo('p-000001'), 450)).toBe(true);
  expect(tally.awaited(450)).toBe(1);
  expect(tally.isComplete()).toBe(false);
  expect(tally.take(answerTo('p-000000'), 500)).toBe(true);
  expect(tally.isComplete()).toBe(true);
  expect(tally.result([0])).toEqual({
    sent: 2,
    latenciesUs: [400, 250],
    latenessUs: [0],
    answers: [
      [1, answerTo('p-000001')],
      [0, answerTo('p-000000')],
    ],
    repeated: 0,
    foreign: 0,
    unknown: 0,
  });
});

test('a quote that is not answered for a second is not waited for, until its answer comes after all', () => {
  const tally = createTally({ prefix: 'p', count: 4 });
  for (let index = 0; index < 3; index++) tally.sent(index, index * 100_000);
  tally.take(answerTo('p-000001'), 110_000);
  expect(tally.awaited(1_000_000)).toBe(2);
  expect(tally.awaited(1_000_001)).toBe(1);
  expect(tally.awaited(1_300_000)).toBe(0);
  const unanswered = () => tally.result([]).latenciesUs.filter((us, index) => us === -1 && index < 3).length;
  expect(unanswered()).toBe(2);
  tally.sent(3, 1_300_000);
  expect(tally.awaited(1_300_000)).toBe(1);
  tally.take(answerTo('p-000000'), 1_300_100);
  expect([tally.awaited(1_300_100), unanswered()]).toEqual([1, 1]);
  tally.take(answerTo('p-000003'), 1_300_200);
  expect([tally.awaited(1_300_200), unanswered()]).toEqual([0, 1]);
});

test('what is no first answer to a quote that was sent is counted by kind', () => {
  const tally = createTally({ prefix: 'p', count: 2 });
  tally.sent(0, 0);
  expect(tally.take(answerTo('p-000000'), 1)).toBe(true);
  const others = [
    answerTo('p-000000'),
    answerTo('p-000001'),
    answerTo('p-warm-000000'),
    answerTo('p-0000x0'),
    '{}',
    '',
  ];
  expect([...others, foreignFrame(3, 's')].map((text) => tally.take(text, 1))).not.toContain(true);
  expect(tally.result([])).toMatchObject({ sent: 1, latenciesUs: [1, -1], repeated: 1, unknown: 5, foreign: 1 });
});

test('of very many answers an even sample is kept', () => {
  const tally = createTally({ prefix: 'p', count: 50_000 });
  for (let index = 0; index < 50_000; index++) {
    tally.sent(index, 0);
    tally.take(answerTo(`p-${String(index).padStart(6, '0')}`), 1);
  }
  const { answers } = tally.result([]);
  expect([answers.length, answers[1]?.[0]]).toEqual([16_667, 3]);
});

test('no two quotes have the same text or the same amounts', () => {
  const maker = { prefix: 'p', eurPerBtc: 40_000, firstAtMs: 0, ratePerS: null, minDeadlineMs: 60_000 };
  const frames = Array.from({ length: 1000 }, (_, index) => benchQuote(maker, index).frame('s'));
  expect(new Set(frames).size).toBe(1000);
  expect(frames[0]).toContain('"min_deadline_ms":60000');
});
