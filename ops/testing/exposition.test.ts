// Each rule that a page of metrics has to keep refuses what breaks it.
import { expect, test } from 'bun:test';
import { expositionFaults, metricsFaults } from './exposition.ts';

const page = (name: string, type: string, sample: string, help = 'what it counts') =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${sample}\n`;

test.each([
  ['a counter', page('a_total', 'counter', 'a_total{kind="x"} 3')],
  ['a gauge', page('a_seconds', 'gauge', 'a_seconds 0.5')],
  ['a histogram', page('a_seconds', 'histogram', 'a_seconds_bucket{le="+Inf"} 1\na_seconds_sum 1\na_seconds_count 1')],
  ['a summary', page('a_seconds', 'summary', 'a_seconds{quantile="0.5"} 1\na_seconds_sum 1\na_seconds_count 1')],
  ['labels with quotes', page('a', 'gauge', 'a{b="service=\\"x\\",le"} 1')],
])('%s is sound', async (_name, text) => {
  expect(await metricsFaults(text)).toEqual([]);
});

test.each([
  ['a gauge called _total', page('a_total', 'gauge', 'a_total 1'), '_total is for counters'],
  ['a counter without _total', page('a', 'counter', 'a 1'), '_total is for counters'],
  ['a quantile on a gauge', page('a', 'gauge', 'a{quantile="0.5"} 1'), 'the label quantile on a gauge'],
  ['le on a counter', page('a_total', 'counter', 'a_total{le="1"} 1'), 'the label le on a counter'],
  ['the label service', page('a', 'gauge', 'a{b="1",service="engine"} 1'), 'the label service is set by the scrape'],
  ['no help', page('a', 'gauge', 'a 1', ''), 'no help'],
  ['no type', 'a 1\n', 'no type'],
  ['another unit', page('a_ms', 'gauge', 'a_ms 1'), 'no base unit'],
  ['a part of a histogram', page('a_count', 'gauge', 'a_count 1'), 'parts of a histogram'],
  ['a sample twice', page('a', 'gauge', 'a 1\na 2'), 'twice'],
  ['no number', page('a', 'gauge', 'a one'), 'not a sample'],
])('%s is a fault', (_name, text, fault) => {
  expect(expositionFaults(text).join('; ')).toContain(fault);
});
