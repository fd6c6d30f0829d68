import { expect, test } from 'bun:test';
import type { History } from '../kill/history.ts';
import { blockedOnRecord, delaysOf, excessesOf, onceOnRecord, residentIn } from './judge.ts';

const row = { quoteId: 'a', seq: 1 };
const whole = {
  heard: ['a'],
  decisions: [row],
  commands: [row],
  results: [row, { ...row, seq: 2 }],
} as unknown as History;

test('each answer is on record once', () => {
  expect(onceOnRecord(['a'], whole)).toEqual([]);
});

test.each([
  ['request', { heard: [] }],
  ['request', { heard: ['a', 'a'] }],
  ['decision', { decisions: [row, row] }],
  ['command', { commands: [] }],
  ['first result', { results: [row, row] }],
])('an answer without one %s is found: %j', (what, over) => {
  expect(onceOnRecord(['a'], { ...whole, ...over } as unknown as History)).toEqual([expect.stringContaining(what)]);
});

test.each([
  ['held back', { answered: 0, decisions: [['a', 'rejected', 'history_impaired']] }, []],
  ['answered', { answered: 1, decisions: [['a', 'rejected', 'history_impaired']] }, ['1 were answered']],
  ['accepted', { answered: 0, decisions: [['a', 'accepted', 'accepted']] }, ['1 were accepted', 'none of 1']],
  ['asked by nobody', { answered: 0, decisions: [['b', 'rejected', 'history_impaired']] }, ['none of 0']],
] as const)('under strict: %s', (_what, { answered, decisions }, found) => {
  const rows = decisions.map(([quoteId, decision, reason]) => ({ quoteId, decision, reason }));
  const history = { ...whole, decisions: rows } as unknown as History;
  const violations = blockedOnRecord({ quoteIds: ['a'], answered }, history);
  expect(violations).toEqual(found.map((text) => expect.stringContaining(text)));
});

test('memory and journal have bounds', () => {
  const [memory, journal] = [150 * 2 ** 20, 2 ** 30];
  expect(excessesOf({ grownBytes: memory - 1, journalBytes: journal - 1 })).toEqual([]);
  expect(excessesOf({ grownBytes: memory, journalBytes: journal })).toHaveLength(2);
});

test('on an idle machine most are answered, and ten seconds are enough to notice', () => {
  const asked = (answered: number) => ({ asked: { quoteIds: Array.from({ length: 10 }, String), answered } });
  expect(delaysOf(asked(9), { notReadyMs: { degrade: 10_000, strict: 10_000 } })).toEqual([]);
  expect(delaysOf(asked(8), { notReadyMs: { degrade: 10_000, strict: 10_001 } })).toEqual([
    'only 8 of 10 were answered without Kafka',
    'strict: ready to trade for 10001 ms without PostgreSQL',
  ]);
});

test('memory is read from the metrics', () => {
  expect(residentIn('a 1\nprocess_resident_memory_bytes{x="y"} 1.5e+8\nb 2')).toBe(150_000_000);
  expect(() => residentIn('')).toThrow('resident');
});
