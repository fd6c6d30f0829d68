// What Prometheus sees of the chain observers, read when it asks.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { FundingObserverState } from '../../../contracts/control/funding-state.ts';
import type { FundingObserver } from './types.ts';

type Row = {
  readonly name: string;
  readonly help: string;
  readonly value: (state: FundingObserverState) => number;
};

const GAUGES: readonly Row[] = [
  {
    name: 'unrip_funding_observer_reading_age_seconds',
    help: 'since the last usable reading of the chain; NaN: there was none since the start',
    value: ({ last_reading_age_ms: ageMs }) => (ageMs === null ? Number.NaN : ageMs / 1000),
  },
  {
    name: 'unrip_funding_observer_lag_blocks',
    help: 'blocks known to exist that are not read yet; NaN: not known',
    value: ({ lag_blocks: blocks }) => blocks ?? Number.NaN,
  },
  {
    name: 'unrip_funding_observer_followed_transfers',
    help: 'transfers to deposit addresses that are not over',
    value: ({ followed }) => followed,
  },
  {
    name: 'unrip_funding_observer_refused_transfers',
    help: 'transfers of the last reading that were left out because too many are followed',
    value: ({ refused }) => refused,
  },
  {
    name: 'unrip_funding_observer_waiting_records',
    help: 'observations that Kafka has not acknowledged',
    value: ({ records_waiting: waiting }) => waiting,
  },
];

const COUNTERS: readonly Row[] = [
  {
    name: 'unrip_funding_observer_readings_total',
    help: 'usable readings of the chain',
    value: ({ readings }) => readings,
  },
  {
    name: 'unrip_funding_observer_failures_total',
    help: 'readings of the chain that gave nothing usable',
    value: ({ failures }) => failures,
  },
];

export function registerObserverMetrics(registry: Registry, observers: readonly FundingObserver[]): void {
  const labelNames = ['chain'] as const;
  for (const { name, help, value } of GAUGES) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const observer of observers) this.set({ chain: observer.chain }, value(observer.state()));
      },
    });
  }
  for (const { name, help, value } of COUNTERS) {
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const observer of observers) this.inc({ chain: observer.chain }, value(observer.state()));
      },
    });
  }
}
