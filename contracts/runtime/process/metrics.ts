// The Prometheus registry that every process starts from: what it is, how much of the machine it takes, how late its turns
// come. Processes add their own metrics to the registry.

import { Counter, Gauge, Registry } from 'prom-client';
import type { LoopDelay } from './health/event-loop-lag.ts';

export type MetricsOptions = {
  readonly service: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly loopDelay: LoopDelay;
};

export function createMetrics(options: MetricsOptions): Registry {
  const registry = new Registry();
  // Not `service`: a monitor of Kubernetes sets that label itself.
  registry.setDefaultLabels({ program: options.service });
  const gauge = (name: string, help: string, collect: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(collect());
      },
    });
  };
  new Gauge({
    name: 'unrip_build_info',
    help: 'always 1; the version is in the label',
    labelNames: ['version', 'bun'],
    registers: [registry],
  }).set({ version: options.version, bun: Bun.version }, 1);
  gauge(
    'process_start_time_seconds',
    'when the process started, seconds since the epoch',
    () => options.startedAtMs / 1000,
  );
  gauge('process_resident_memory_bytes', 'resident memory', () => process.memoryUsage.rss());
  gauge('process_heap_bytes', 'size of the JavaScript heap in use', () => process.memoryUsage().heapUsed);
  gauge(
    'process_heap_external_bytes',
    'part of the JavaScript heap in use that lies outside of its blocks: long texts and buffers',
    () => process.memoryUsage().external,
  );
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time, user and system',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1_000_000);
    },
  });
  new Gauge({
    name: 'unrip_loop_delay_seconds',
    help: 'delay of the event loop over the last ten seconds',
    labelNames: ['statistic'],
    registers: [registry],
    collect() {
      const { p50Ms, p99Ms, maxMs } = options.loopDelay.snapshot();
      this.set({ statistic: 'p50' }, p50Ms / 1000);
      this.set({ statistic: 'p99' }, p99Ms / 1000);
      this.set({ statistic: 'max' }, maxMs / 1000);
    },
  });
  return registry;
}
