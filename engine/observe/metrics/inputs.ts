// Metrics of what decisions are made on: connections, price, balances, clock.

import { by, type Metric, one, seconds } from './metric.ts';

export const INPUT_METRICS: readonly Metric[] = [
  {
    kind: 'gauge',
    name: 'unrip_connected',
    help: '1 when the connection is open',
    labels: ['source'],
    read: ({ gauges }) => by('source', gauges.connected),
  },
  {
    kind: 'counter',
    name: 'unrip_reconnects_total',
    help: 'reconnections, by source',
    labels: ['source'],
    read: ({ gauges }) => by('source', gauges.reconnects),
  },
  {
    kind: 'counter',
    name: 'unrip_relay_reconnect_storms_total',
    help: 'times that so many connections to the relay were opened and lost that the next had to wait',
    labels: [],
    read: ({ gauges }) => one(gauges.reconnectStorms),
  },
  {
    kind: 'gauge',
    name: 'unrip_relay_age_seconds',
    help: 'time since the last event from the relay, by stream: any data, heartbeat, quote, quote_status, traded pair',
    labels: ['stream'],
    read: ({ gauges }) =>
      Object.entries(gauges.relayAgesMs).flatMap(([stream, ms]) =>
        ms === null ? [] : [{ labels: { stream }, value: ms / 1000 }],
      ),
  },
  {
    kind: 'counter',
    name: 'unrip_reference_troubles_total',
    help: 'problems with the price sources, by kind',
    labels: ['kind'],
    read: ({ gauges }) => by('kind', gauges.referenceTroubles),
  },
  {
    kind: 'gauge',
    name: 'unrip_price_age_seconds',
    help: 'age of the price in use',
    labels: [],
    read: ({ gauges }) => seconds(gauges.priceAgeMs),
  },
  {
    kind: 'gauge',
    name: 'unrip_fallback_used',
    help: "1 while CoinGecko's price is used in place of Kraken's",
    labels: [],
    read: ({ gauges }) => one(Number(gauges.fallbackUsed)),
  },
  {
    kind: 'gauge',
    name: 'unrip_inventory_age_seconds',
    help: 'age of the balance in use',
    labels: [],
    read: ({ gauges }) => seconds(gauges.inventoryAgeMs),
  },
  {
    kind: 'gauge',
    name: 'unrip_balance_stranded',
    help: '1 when there is a balance under a known asset id that is not traded',
    labels: ['asset'],
    read: ({ gauges }) => by('asset', gauges.stranded),
  },
  {
    kind: 'counter',
    name: 'unrip_inventory_poll_failures_total',
    help: 'polls of the verifier that gave no usable snapshot',
    labels: [],
    read: ({ gauges }) => one(gauges.inventoryFailures),
  },
  {
    kind: 'counter',
    name: 'unrip_inventory_refused_total',
    help: 'snapshots of the verifier that the inventory refused',
    labels: [],
    read: ({ gauges }) => one(gauges.inventoryRefusals),
  },
  {
    kind: 'counter',
    name: 'unrip_inventory_unconfirmed_total',
    help: 'snapshots that no second endpoint confirmed',
    labels: [],
    read: ({ gauges }) => one(gauges.inventoryUnconfirmed),
  },
  {
    kind: 'gauge',
    name: 'unrip_rpc_unconfirmed_seconds',
    help: 'time for which no second endpoint has confirmed what would free capital, by endpoint that could; no sample: it is confirmed',
    labels: ['host'],
    read: ({ gauges }) =>
      Object.entries(gauges.rpcUnconfirmedMs).map(([host, ms]) => ({ labels: { host }, value: ms / 1000 })),
  },
  {
    kind: 'counter',
    name: 'unrip_rpc_requests_total',
    help: 'requests to NEAR RPC endpoints',
    labels: ['host'],
    read: ({ gauges }) => gauges.rpcEndpoints.map(({ host, requests }) => ({ labels: { host }, value: requests })),
  },
  {
    kind: 'counter',
    name: 'unrip_rpc_failures_total',
    help: 'requests to NEAR RPC endpoints that failed',
    labels: ['host'],
    read: ({ gauges }) => gauges.rpcEndpoints.map(({ host, failures }) => ({ labels: { host }, value: failures })),
  },
  {
    kind: 'gauge',
    name: 'unrip_rpc_usable',
    help: '1 while the NEAR RPC endpoint answers, and plausibly',
    labels: ['host'],
    read: ({ gauges }) => gauges.rpcEndpoints.map(({ host, usable }) => ({ labels: { host }, value: Number(usable) })),
  },
  {
    kind: 'gauge',
    name: 'unrip_clock_skew_seconds',
    help: 'proven error of the local clock, positive when it is ahead',
    labels: [],
    read: ({ gauges }) => seconds(gauges.clockSkewMs),
  },
];
