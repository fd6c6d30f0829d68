// Metrics of the capital ledger.

import { by, type Metric, one } from './metric.ts';

export const CAPITAL_METRICS: readonly Metric[] = [
  {
    kind: 'gauge',
    name: 'unrip_capital_tokens',
    help: 'capital in whole tokens, by asset and bucket; reserved_for_withdrawals is part of reserved_for_positions',
    labels: ['asset', 'bucket'],
    read: ({ gauges }) =>
      gauges.capital.flatMap(({ asset, decimals, units }) =>
        Object.entries(units).map(([bucket, value]) => ({ labels: { asset, bucket }, value: tokens(value, decimals) })),
      ),
  },
  {
    kind: 'counter',
    name: 'unrip_capital_invariant_violations_total',
    help: 'times that more of an asset was promised than is credited',
    labels: [],
    read: ({ gauges }) => one(gauges.breaches['capital_breach'] ?? 0),
  },
  {
    kind: 'counter',
    name: 'unrip_capital_breaches_total',
    help: 'violated capital invariants, such as more promised than credited',
    labels: ['code'],
    read: ({ gauges }) => by('code', gauges.breaches),
  },
  {
    kind: 'gauge',
    name: 'unrip_start_rebuilt',
    help: 'what the start of this process rebuilt from the journal, by kind',
    labels: ['what'],
    read: ({ gauges }) => by('what', gauges.rebuilt),
  },
];

/** To look at, not to reckon with: rounded to the nearest float. */
const tokens = (units: bigint, decimals: number): number => Number(units) / 10 ** decimals;
