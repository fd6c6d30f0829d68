// One metric that cannot be read costs itself alone.

import { expect, test } from 'bun:test';
import { Counter, Gauge } from 'prom-client';
import { metricsFaults } from '../../../ops/testing/exposition.ts';
import { ManualClock } from '../manual-clock.fixture.ts';
import { startLoopDelay } from './health/event-loop-lag.ts';
import { createMetrics } from './metrics.ts';

const fail = (what: string): never => {
  throw new Error(what);
};

function make() {
  const reported: string[][] = [];
  const loopDelay = startLoopDelay(new ManualClock());
  const registry = createMetrics({
    ...{ service: 'engine', version: '1', startedAtMs: 0, loopDelay },
    onUnread: (unread) => void reported.push([...unread].map(([name, error]) => `${name}: ${error}`)),
  });
  loopDelay.stop();
  const registers = [registry];
  const state = { breaks: true };
  new Gauge({ name: 'throws', help: 'x', registers, collect: () => (state.breaks ? fail('throws') : undefined) });
  new Gauge({
    ...{ name: 'rejects', help: 'x', registers },
    collect: async () => (state.breaks ? fail('rejects') : undefined),
  });
  new Gauge({
    ...{ name: 'no_number', help: 'x', registers },
    collect() {
      if (state.breaks) this.set('text' as unknown as number);
    },
  });
  new Counter({
    ...{ name: 'falls_total', help: 'x', registers },
    collect() {
      this.inc(state.breaks ? -1 : 1);
    },
  });
  new Gauge({ name: 'others', help: 'x', registers }).set(7);
  return { registry, reported, state };
}

test('what cannot be read is left out, counted, and reported when that changes; all others are there', async () => {
  const { registry, reported, state } = make();
  const broken = ['throws', 'rejects', 'no_number', 'falls_total'];
  const first = await registry.metrics();
  const second = await registry.metrics();
  expect(await metricsFaults(second)).toEqual([]);
  for (const text of [first, second]) {
    expect(text).toContain('others{program="engine"} 7\n');
    expect(text).toContain('unrip_build_info{');
    for (const name of broken) expect(text).not.toMatch(new RegExp(`^(?:# HELP )?${name}\\b`, 'm'));
  }
  for (const name of broken)
    expect(second).toContain(`unrip_metric_failures_total{metric="${name}",program="engine"} 2\n`);
  expect(registry.unread).toEqual(broken);
  expect(reported).toEqual([
    ['throws: Error: throws', 'rejects: Error: rejects', expect.stringMatching(/^no_number: /), expect.anything()],
  ] as string[][]);

  state.breaks = false;
  const third = await registry.metrics();
  for (const name of broken) expect(third).toMatch(new RegExp(`^${name}\\{`, 'm'));
  expect(registry.unread).toEqual([]);
  expect(reported.slice(1)).toEqual([[]]);
});
