// What is said of topics that are not as declared, and that the settings of the cluster itself are no drift.

import { expect, test } from 'bun:test';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { parse } from '../cli/topics.ts';
import { compareTopics, replicasFor, wantedTopics } from './drift.ts';

const [quote, ...others] = wantedTopics(TOPICS, 2);
if (quote === undefined) throw new Error('the registry is empty');

test('topics as declared are no drift, whatever else is set', () => {
  const found = [quote, ...others].map((topic) => ({
    ...topic,
    settings: { ...topic.settings, 'segment.bytes': '1' },
  }));
  expect(compareTopics([quote, ...others], found)).toEqual([]);
});

test.each([
  ['fewer partitions', { partitions: 1 }, /1 partitions, declared 6; add them with .*--partitions 6/],
  ['more partitions', { partitions: 9 }, /9 partitions, declared 6; partitions cannot be taken away/],
  ['fewer copies', { replicas: 1 }, /1 copies, wanted 2/],
  [
    'shorter retention',
    { settings: { ...quote.settings, 'retention.ms': '1000' } },
    /retention\.ms is 1000, declared 604800000; set it with .*retention\.ms=604800000/,
  ],
  [
    'compaction',
    { settings: { ...quote.settings, 'cleanup.policy': 'compact' } },
    /cleanup\.policy is compact, declared delete/,
  ],
])('%s', (_what, change, said) => {
  const drift = compareTopics([quote], [{ ...quote, ...change }]);
  expect(drift).toHaveLength(1);
  expect(drift[0]?.topic).toBe(quote.name);
  expect(drift[0]?.what).toMatch(said);
});

test('every topic is declared with a compression that every build reads', () => {
  // gzip and zstd depend on libraries that a machine may lack when the addon is built.
  for (const { settings } of [quote, ...others]) expect(settings['compression.type']).toBe('lz4');
});

test('more copies than wanted are no drift, and a topic that is not there is', () => {
  expect(compareTopics([quote], [{ ...quote, replicas: 5 }])).toEqual([]);
  expect(compareTopics([quote], [])).toEqual([{ topic: quote.name, what: 'does not exist; ./unrip topics makes it' }]);
});

test.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [9, 3],
])('on %i brokers, %i copies', (brokers, replicas) => {
  expect(replicasFor(brokers)).toBe(replicas);
});

test('arguments', () => {
  expect(parse([])).toEqual({ check: false, replicas: null, allowDrift: false });
  expect(parse(['--allow-drift'])).toMatchObject({ allowDrift: true });
  expect(parse(['--check', '--allow-drift'])).toContain('--check is about drift');
  expect(parse(['--check', '--replication-factor', '2'])).toMatchObject({ check: true, replicas: 2 });
  expect(parse(['--replication-factor', '0'])).toMatch(/whole number/);
  expect(parse(['--nonsense'])).toMatch(/nonsense/);
});
