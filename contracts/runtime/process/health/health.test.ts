import { expect, test } from 'bun:test';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { metricsFaults } from '../../../../ops/testing/exposition.ts';
import { OpsServiceHealth } from '../../../topics/ops-service-health.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { createMetrics } from '../metrics.ts';
import { startLoopDelay } from './event-loop-lag.ts';
import { createHealth, partHealth } from './health.ts';

const isPayload = TypeCompiler.Compile(OpsServiceHealth);

function make() {
  const timers = new ManualClock();
  const parts = { relay: [] as string[], prices: [] as string[] };
  const failed: string[] = [];
  const health = createHealth({
    service: 'engine',
    instanceId: 'i-1',
    version: '1',
    timers,
    parts: {
      relay: () => partHealth(parts.relay, ['silent_pair']),
      prices: () => {
        if (parts.prices.includes('throw')) throw new Error('x');
        return partHealth(parts.prices);
      },
    },
    onFailed: (part, error) => failed.push(`${part}: ${error}`),
  });
  return { timers, parts, health, failed };
}

test('health is that of all parts at this moment, with since when it is so', () => {
  const { timers, parts, health } = make();
  const startedAtMs = timers.nowMs();
  expect(health.now()).toMatchObject({
    healthy: true,
    reasons: [],
    notes: ['relay.silent_pair'],
    sinceMs: startedAtMs,
  });
  timers.advance(1000);
  parts.prices = ['price_stale'];
  expect(health.now()).toMatchObject({ healthy: false, reasons: ['prices.price_stale'], sinceMs: startedAtMs + 1000 });
  timers.advance(500);
  expect(health.now().sinceMs).toBe(startedAtMs + 1000);
  parts.prices = [];
  expect(health.now()).toMatchObject({ healthy: true, sinceMs: startedAtMs + 1500 });
});

test('a health check that throws makes its part unhealthy, not the process', () => {
  const { parts, health, failed } = make();
  for (const reasons of [['throw'], ['throw'], [], ['throw']]) {
    parts.prices = reasons;
    expect(health.now().reasons).toEqual(reasons.length === 0 ? [] : ['prices.check_failed']);
  }
  // Each time that it begins.
  expect(failed).toEqual(['prices: Error: x', 'prices: Error: x']);
});

test('whether history is written counts as no while it cannot be read, and reports go on', () => {
  let fails = false;
  const failed: string[] = [];
  const health = createHealth({
    service: 'history-writer',
    ...{ instanceId: 'i-1', version: '1', timers: new ManualClock(), parts: {} },
    writing() {
      if (fails) throw new Error('x');
      return { writing: true, lagMs: 7 };
    },
    onFailed: (part, error) => failed.push(`${part}: ${error}`),
  });
  expect(health.payload()).toMatchObject({ writing: true, lag_ms: 7 });
  fails = true;
  expect(health.payload()).toMatchObject({ writing: false, lag_ms: null });
  expect(failed).toEqual(['writing: Error: x']);
});

test('each change is published soon, and the same again every five seconds', () => {
  const { timers, parts, health } = make();
  const published: boolean[] = [];
  const stop = health.report((payload) => {
    expect(isPayload.Check(payload)).toBe(true);
    published.push(payload.healthy);
  });
  expect(published).toEqual([true]);
  timers.advance(4750);
  expect(published).toHaveLength(1);
  timers.advance(250);
  expect(published).toEqual([true, true]);
  parts.relay = ['relay_down'];
  timers.advance(250);
  expect(published.at(-1)).toBe(false);
  stop();
  timers.advance(60_000);
  expect(published).toHaveLength(3);
});

test('a time of day that is set back does not silence the repeats', () => {
  const timers = new ManualClock();
  const health = createHealth({ service: 'engine', instanceId: 'i-1', version: '1', timers, parts: {} });
  let published = 0;
  const stop = health.report(() => void published++);
  timers.stepWall(-3_600_000);
  timers.advance(10_000);
  expect(published).toBe(3);
  stop();
});

test('loop delay tells how late the turns were, and metrics carry it', async () => {
  let tick = (): void => {};
  let nowUs = 0;
  const delay = startLoopDelay({
    elapsedUs: () => nowUs,
    every: (_ms, run) => {
      tick = run;
      return () => {};
    },
  });
  for (const lateMs of [0, 0, 0, 30]) {
    nowUs += (20 + lateMs) * 1000;
    tick();
  }
  expect(delay.snapshot()).toEqual({ samples: 4, p50Ms: 0, p99Ms: 30, maxMs: 30 });
  const text = await createMetrics({ service: 'engine', version: '9', startedAtMs: 5000, loopDelay: delay }).metrics();
  expect(text).toContain('unrip_loop_delay_seconds{statistic="max",program="engine"} 0.03');
  expect(text).toContain('process_start_time_seconds{program="engine"} 5');
  expect(text).toMatch(/unrip_build_info\{version="9",bun="[^"]+",program="engine"\} 1/);
  expect(text).toContain('# TYPE process_cpu_seconds_total counter');
  expect(await metricsFaults(text)).toEqual([]);
});
