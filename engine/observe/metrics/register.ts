// The engine's metrics for Prometheus. Nothing is computed in the turn: whatever is exported is read, when it is asked for, from the
// observer's counters and from the gauges of the parts.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { ObservedCounts } from '../counts.ts';
import { CAPITAL_METRICS } from './capital.ts';
import type { EngineGauges } from './engine-gauges.ts';
import { ExportedHistogram } from './exported-histogram.ts';
import { INPUT_METRICS } from './inputs.ts';
import type { Metric, Sample } from './metric.ts';
import { PULL_METRICS } from './pulls.ts';
import { RECORD_METRICS } from './records.ts';
import { TRADING_METRICS } from './trading.ts';

export function registerEngineMetrics(
  registry: Registry,
  counts: ObservedCounts,
  readGauges: () => EngineGauges,
): void {
  const source = oncePerTurn(() => ({ counts, gauges: readGauges() }));
  for (const metric of [...TRADING_METRICS, ...CAPITAL_METRICS, ...PULL_METRICS, ...INPUT_METRICS, ...RECORD_METRICS]) {
    registerMetric(registry, metric, () => metric.read(source()));
  }
  new ExportedHistogram(registry, {
    name: 'unrip_answer_latency_seconds',
    help: 'time from the arrival of a request to the sending of its answer',
    source: counts.answerLatency,
  });
}

/** One scrape reads all metrics in one turn: what they are read from is asked once for all of them. */
function oncePerTurn<Value>(read: () => Value): () => Value {
  let kept: { readonly value: Value } | null = null;
  return () => {
    if (kept === null) {
      kept = { value: read() };
      queueMicrotask(() => {
        kept = null;
      });
    }
    return kept.value;
  };
}

function registerMetric(registry: Registry, metric: Metric, read: () => readonly Sample[]): void {
  const { name, help, labels } = metric;
  const common = { name, help, labelNames: [...labels], registers: [registry] };
  if (metric.kind === 'counter') {
    new Counter({
      ...common,
      collect() {
        this.reset();
        for (const sample of read()) this.inc(sample.labels, sample.value);
      },
    });
    return;
  }
  new Gauge({
    ...common,
    collect() {
      this.reset();
      const samples = read();
      // Without a value there is no sample: a reset leaves 0 behind, which would read as quite fresh.
      if (samples.length === 0 && labels.length === 0) this.remove();
      for (const sample of samples) this.set(sample.labels, sample.value);
    },
  });
}
