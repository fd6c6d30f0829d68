// Metrics of the liquidity-manager, read when they are asked for.

import { Gauge, type Registry } from 'prom-client';
import type { Manager } from './manager.ts';

export function registerGauges(registry: Registry, { ledger, trackers }: Pick<Manager, 'ledger' | 'trackers'>): void {
  const registers = [registry];
  new Gauge({
    name: 'unrip_liquidity_actions',
    help: 'treasury actions that are kept, by kind and status',
    labelNames: ['kind', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { action } of ledger.book.values()) this.inc({ kind: action.kind, status: action.status });
    },
  });
  new Gauge({
    name: 'unrip_liquidity_waiting_records',
    help: 'records that Kafka has not acknowledged',
    registers,
    collect() {
      this.set(ledger.counts().waiting);
    },
  });
  new Gauge({
    name: 'unrip_liquidity_refused_actions',
    help: 'treasury actions that were left out since the start because too many are open',
    registers,
    collect() {
      this.set(ledger.refused);
    },
  });
  new Gauge({
    name: 'unrip_liquidity_bridge_failures_in_row',
    help: 'failed polls of the bridge since the last that succeeded',
    labelNames: ['bridge'],
    registers,
    collect() {
      for (const tracker of trackers) this.set({ bridge: tracker.name }, tracker.view().failuresInRow);
    },
  });
  new Gauge({
    name: 'unrip_liquidity_bridge_unread_reports',
    help: 'reports of the last poll of the bridge that could not be read',
    labelNames: ['bridge'],
    registers,
    collect() {
      for (const tracker of trackers) this.set({ bridge: tracker.name }, tracker.view().unread);
    },
  });
}
