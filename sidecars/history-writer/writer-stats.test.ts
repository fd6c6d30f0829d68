// What the history-writer counts, as a page of metrics.
import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { metricsFaults } from '../../ops/testing/exposition.ts';
import { createWriterStats } from './writer-stats.ts';

test('the page of metrics is one that Prometheus takes, also while the lag is unknown', async () => {
  const registry = new Registry();
  const stats = createWriterStats(registry, {
    lagMs: () => null,
    lagRecords: () => 7,
    buffered: () => 2,
    writing: () => true,
  });
  stats.deadLettered('exec.trade_result', 'schema');
  stats.failed('the database is gone', 1_000);
  const text = await registry.metrics();
  expect(await metricsFaults(text)).toEqual([]);
  expect(text).toContain('unrip_history_dead_letters_total{topic="exec.trade_result",reason="schema"} 1');
  expect(text).toContain('unrip_history_lag_records 7');
  // From 0 on: an increase needs a sample before it.
  for (const { name } of TOPICS) expect(text).toContain(`unrip_history_missed_records_total{topic="${name}"} 0`);
});

test('the last write to a topic is that of its partition that was written last, also before this process', () => {
  const stats = createWriterStats(new Registry(), {
    lagMs: () => null,
    lagRecords: () => null,
    buffered: () => 0,
    writing: () => true,
  });
  stats.writtenBefore('ops.alert', 2_000);
  stats.writtenBefore('ops.alert', 1_000);
  expect(stats.topics['ops.alert'].lastWriteAtMs).toBe(2_000);
  expect(stats.topics['ops.funding_observation'].lastWriteAtMs).toBeNull();
  expect(stats.totals().lastWriteAtMs).toBeNull();
});
