// Every record has to be accounted for once, by position, and the writer's own counts have to agree.

import { expect, test } from 'bun:test';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { type Counted, judge, type Lying, type Stored } from './judge.ts';

const TOPIC: TopicName = 'norm.swap_demand';
const lying = (offset: number, event: string | null, honest = false): Lying => ({
  topic: TOPIC,
  at: `0 ${offset}`,
  event,
  honest,
});
const IN_KAFKA = [lying(0, 'day a', true), lying(1, 'day a'), lying(2, null)];
const storedAs = (change: Partial<Stored> = {}): Map<TopicName, Stored> =>
  new Map([[TOPIC, { rows: new Set(['0 0']), events: new Set(['day a']), dead: new Set(['0 2']), ...change }]]);
const countedAs = (change: Partial<Counted> = {}): Counted => ({
  rows: 1,
  repeated: 1,
  topics: new Map([[TOPIC, { records: 3, deadLetters: 1 }]]),
  ...change,
});

test('a row, a repeat and a dead letter add up', () => {
  const verdict = judge(IN_KAFKA, storedAs(), countedAs());
  expect(verdict).toEqual({ rows: 1, dead: 1, repeats: 1, honest: 1, violations: [] });
});

test.each<[what: string, stored: Partial<Stored>, counted: Partial<Counted>, said: RegExp]>([
  ['a lost record', { dead: new Set() }, {}, /neither a row nor a dead letter nor a repeat/],
  ['a record that is both', { dead: new Set(['0 0', '0 2']) }, {}, /a row and a dead letter/],
  ['an honest dead letter', { rows: new Set(), dead: new Set(['0 0', '0 2']) }, {}, /honest record and no row/],
  ['a row of no record', { rows: new Set(['0 0', '0 9']) }, {}, /the table has 2/],
  ['a dead letter of no record', { dead: new Set(['0 2', '0 9']) }, {}, /there are 2 dead letters/],
  ['a repeat that was not counted', {}, { repeated: 0 }, /0 repeats, Kafka 1/],
  ['a row that was counted twice', {}, { rows: 2 }, /2 rows, the tables 1/],
  ['a record too few', {}, { topics: new Map([[TOPIC, { records: 2, deadLetters: 1 }]]) }, /3 records, \/state 2/],
  ['a topic that is not counted', {}, { topics: new Map() }, /undefined/],
])('%s is a violation', (_what, stored, counted, said) => {
  const { violations } = judge(IN_KAFKA, storedAs(stored), countedAs(counted));
  expect(violations.join('\n')).toMatch(said);
});
