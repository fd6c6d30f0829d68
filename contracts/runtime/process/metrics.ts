// The Prometheus registry that every process starts from: what it is, how much of the machine it takes, how late its turns
// come. Processes add their own metrics to the registry. Of a metric that cannot be read only that metric is missing.

import { Counter, Gauge, Registry } from 'prom-client';
import type { LoopDelay } from './health/event-loop-lag.ts';

export type MetricsOptions = {
  readonly service: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly loopDelay: LoopDelay;
  /** Called when other metrics cannot be read than at the scrape before: each with its error; none: all can be. */
  readonly onUnread?: (unread: ReadonlyMap<string, unknown>) => void;
};

const FAILURES = 'unrip_metric_failures_total';

/** A registry whose scrape has every metric that can be read. */
class ProcessRegistry extends Registry {
  readonly #failures: Counter<'metric'>;
  readonly #onUnread: NonNullable<MetricsOptions['onUnread']>;
  #unread: ReadonlyMap<string, unknown> = new Map();

  constructor(onUnread: MetricsOptions['onUnread'] = () => undefined) {
    super();
    this.#onUnread = onUnread;
    this.#failures = new Counter({
      name: FAILURES,
      help: 'scrapes that lack this metric, because it could not be read',
      labelNames: ['metric'],
      registers: [this],
    });
  }

  /** Metrics that the last scrape lacks. */
  get unread(): readonly string[] {
    return [...this.#unread.keys()];
  }

  override async metrics(): Promise<string> {
    const names = this.getMetricsAsArray().flatMap(({ name }) => (name === FAILURES ? [] : [name]));
    // All begin in this turn: what several of them are read from is asked once for all of them.
    const read = await Promise.allSettled(names.map((name) => this.getSingleMetricAsString(name)));
    const unread = new Map<string, unknown>();
    const texts = read.flatMap((result, index) => {
      if (result.status === 'fulfilled') return [result.value];
      unread.set(names[index] ?? '', result.reason);
      return [];
    });
    this.#note(unread);
    return `${[...texts, await this.getSingleMetricAsString(FAILURES)].join('\n\n')}\n`;
  }

  #note(unread: ReadonlyMap<string, unknown>): void {
    for (const metric of unread.keys()) this.#failures.inc({ metric });
    const isChanged = [...unread.keys()].join() !== this.unread.join();
    this.#unread = unread;
    if (isChanged) this.#onUnread(unread);
  }
}

export function createMetrics(options: MetricsOptions): ProcessRegistry {
  const registry = new ProcessRegistry(options.onUnread);
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
