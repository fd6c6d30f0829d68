// What the history-writer counts, as a page of metrics.
import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
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
});
