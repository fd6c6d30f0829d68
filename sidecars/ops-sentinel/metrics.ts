// What the sentinel does, in metrics.

import { Counter, Gauge, type Registry } from 'prom-client';
import { activeBySeverity } from './alerts/alert.ts';
import type { Repeater } from './delivery/repeater.ts';
import type { Sentinel } from './sentinel.ts';

export type MetricSources = {
  readonly sentinel: Sentinel;
  readonly receivers: Readonly<Record<'alertmanager' | 'webhook', Repeater | null>>;
};

export function registerMetrics(registry: Registry, { sentinel, receivers }: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: 'unrip_alerts_active',
    help: 'alerts that are raised, by severity',
    labelNames: ['severity'],
    registers,
    collect() {
      for (const [severity, count] of Object.entries(activeBySeverity(sentinel.book.alerts())))
        this.set({ severity }, count);
    },
  });
  new Gauge({
    name: 'unrip_alerts_evaluation_age_seconds',
    help: 'time since the rules were evaluated; NaN: not since the start',
    registers,
    collect() {
      this.set((sentinel.evaluatedForMs() ?? Number.NaN) / 1000);
    },
  });
  new Gauge({
    name: 'unrip_alerts_unsent',
    help: 'records of alerts that were not handed over yet, by receiver',
    labelNames: ['receiver'],
    registers,
    collect() {
      for (const receiver of ['kafka', 'webhook'] as const)
        this.set({ receiver }, sentinel.outbox.waitingFor(receiver).length);
    },
  });
  kept(registry, {
    name: 'unrip_alert_transitions_total',
    help: 'alerts that were raised or cleared',
    labelNames: ['status'],
    read: () => Object.entries(sentinel.transitions()).map(([status, count]) => [{ status }, count]),
  });
  kept(registry, {
    name: 'unrip_alert_deliveries_total',
    help: 'deliveries to Alertmanager and the webhook, by outcome',
    labelNames: ['receiver', 'outcome'],
    read: () =>
      Object.entries(receivers).flatMap(([receiver, repeater]) =>
        Object.entries(repeater?.counts() ?? {}).map(([outcome, count]): Sample => [{ receiver, outcome }, count]),
      ),
  });
  kept(registry, {
    name: 'unrip_alert_records_total',
    help: 'records read, by topic and outcome',
    labelNames: ['topic', 'outcome'],
    read: () =>
      [...sentinel.counts].flatMap(([topic, { outcomes }]) =>
        [...outcomes].map(([outcome, count]): Sample => [{ topic, outcome }, count]),
      ),
  });
}

type Sample = [labels: Record<string, string>, value: number];
type KeptCounter = {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly read: () => Sample[];
};

/** A counter whose values are kept elsewhere. */
function kept(registry: Registry, { name, help, labelNames, read }: KeptCounter): void {
  new Counter({
    ...{ name, help, labelNames, registers: [registry] },
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}
