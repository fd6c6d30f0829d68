// The engine's metrics for Prometheus. Nothing is computed in the turn: whatever is exported is read, when it is asked for,
// from the observer's counters and from `gauges`. Amounts are exported as ratios only; exact amounts stand in /state.

import { Counter, Gauge, Histogram as PromHistogram, type Registry } from 'prom-client';
import type { Histogram } from './histogram.ts';
import type { ObservedCounts } from './observer.ts';

type LaneUse = {
  readonly asset: string;
  readonly lane: number;
  readonly ceilingUnits: bigint;
  readonly reservedUnits: bigint;
  readonly liveQuotes: number;
};

type RpcEndpointUse = {
  readonly host: string;
  readonly requests: number;
  readonly failures: number;
  /** False while what it says cannot be true, or it does not answer. */
  readonly usable: boolean;
};

/** Read at each scrape; null: not known. */
export type EngineGauges = {
  readonly armed: Readonly<Record<'strategy' | 'executor', boolean>>;
  readonly paused: Readonly<Record<string, boolean>>;
  readonly healthy: Readonly<Record<string, boolean>>;
  /** A small request that came now would be answered. */
  readonly trading: boolean;
  /** By decision reason: whether it keeps the engine from signing now. */
  readonly holds: Readonly<Record<string, boolean>>;
  readonly priceAgeMs: number | null;
  readonly inventoryAgeMs: number | null;
  /** Polls of the verifier that gave nothing to the ledger, and those of them whose snapshot it refused. */
  readonly inventoryFailures: number;
  readonly inventoryRefusals: number;
  /** Snapshots that would have freed capital and that no second endpoint confirmed. */
  readonly inventoryUnconfirmed: number;
  readonly rpcEndpoints: readonly RpcEndpointUse[];
  /** Proven error of our clock, positive when it is ahead. */
  readonly clockSkewMs: number | null;
  /** Journalled and not yet durable. */
  readonly journalLagRecords: number;
  /** Age of the oldest of them. */
  readonly journalLagMs: number;
  /** Of all segments kept. */
  readonly journalBytes: number;
  /** What besides its records could not be written or removed the last time. */
  readonly journalTrouble: Readonly<Record<'checkpoint' | 'removal' | 'signed_ids', boolean>>;
  /** Quote ids that are never signed for again within a day, and what remembering them takes. */
  readonly signedIds: number;
  readonly signedIdsBytes: number;
  readonly outboxLagRecords: number;
  readonly outboxLagMs: number;
  readonly deadLettered: number;
  /** Topics that Kafka takes no messages for, with how long that has been so. */
  readonly blockedTopicsMs: Readonly<Record<string, number>>;
  /** Times that Kafka was seen to have lost acknowledged records. */
  readonly kafkaLosses: number;
  /** Where a republish has to begin to make up for what Kafka lost; null: nothing is open. */
  readonly republishFrom: number | null;
  readonly republishLeft: number;
  readonly republished: number;
  /** Answers that the relay has not replied to. */
  readonly inFlight: number;
  readonly repliesEvicted: number;
  readonly stalls: number;
  /** Since the start, by code. */
  readonly stops: Readonly<Record<string, number>>;
  readonly breaches: Readonly<Record<string, number>>;
  /** What went wrong with the price sources since the start, by kind. */
  readonly referenceTroubles: Readonly<Record<string, number>>;
  readonly fallbackUsed: boolean;
  readonly openQuotes: number;
  /** Connections made again since the start, by source. */
  readonly reconnects: Readonly<Record<string, number>>;
  readonly connected: Readonly<Record<string, boolean>>;
  readonly lanes: readonly LaneUse[];
};

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels: Labels; readonly value: number };

/** One scrape reads all gauges in one turn: what they are read from is asked once for all of them. */
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

export function registerEngineMetrics(
  registry: Registry,
  counts: ObservedCounts,
  readGauges: () => EngineGauges,
): void {
  const gauges = oncePerTurn(readGauges);
  const counter = (name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void => {
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.inc(labels, value);
      },
    });
  };
  const gauge = (name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        const samples = read();
        // Without a value there is no sample: a reset leaves 0 behind, which would read as quite fresh.
        if (samples.length === 0 && labelNames.length === 0) this.remove();
        for (const { labels, value } of samples) this.set(labels, value);
      },
    });
  };
  const one = (value: number): readonly Sample[] => [{ labels: {}, value }];
  const seconds = (ms: number | null): readonly Sample[] => (ms === null ? [] : one(ms / 1000));
  const by = (label: string, values: Readonly<Record<string, number | boolean>>): Sample[] =>
    Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value: Number(value) }));

  counter('unrip_frames_received_total', 'frames received from the relay', [], () => one(counts.received()));
  counter('unrip_frames_total', 'frames received from the relay, by kind', ['kind'], () =>
    by('kind', counts.frames.shown()),
  );
  counter('unrip_quotes_total', 'decided quote requests, by outcome and reason', ['outcome', 'reason'], () =>
    counts.reasons.names.map((reason) => ({
      labels: { outcome: reason === 'accepted' ? 'accepted' : 'rejected', reason },
      value: counts.reasons.get(reason),
    })),
  );
  counter('unrip_trade_results_total', 'transitions of attempts, by state and result code', ['state', 'code'], () =>
    counts.results().map(({ state, code, count }) => ({ labels: { state, code }, value: count })),
  );
  counter('unrip_records_published_total', 'records acknowledged by Kafka', ['topic'], () =>
    by('topic', counts.published.shown()),
  );
  counter('unrip_frames_dead_total', 'frames that could not be processed, by reason', ['reason'], () =>
    by('reason', counts.deadLetters.shown()),
  );
  counter('unrip_dead_letters_total', 'records that Kafka refused permanently', [], () => one(gauges().deadLettered));
  counter('unrip_kafka_losses_total', 'times that Kafka was found to have lost acknowledged records', [], () =>
    one(gauges().kafkaLosses),
  );
  gauge(
    'unrip_republish_from_position',
    'journal position of the first record that Kafka has lost: run ./unrip republish --from with this value',
    [],
    () => {
      const from = gauges().republishFrom;
      return from === null ? [] : one(from);
    },
  );
  gauge('unrip_republish_records_left', 'records that the running republish still has to send to Kafka', [], () =>
    one(gauges().republishLeft),
  );
  counter('unrip_republished_messages_total', 'messages that republishes have delivered to Kafka', [], () =>
    one(gauges().republished),
  );
  counter('unrip_turn_faults_total', 'events whose processing failed because of a fault in the engine', [], () =>
    one(counts.faults()),
  );
  counter('unrip_process_stalls_total', 'times that the process did not run for longer than allowed', [], () =>
    one(gauges().stalls),
  );
  counter('unrip_reference_troubles_total', 'problems with the price sources, by kind', ['kind'], () =>
    by('kind', gauges().referenceTroubles),
  );
  counter(
    'unrip_replies_evicted_total',
    'answers whose reply is no longer awaited, because too many replies were outstanding',
    [],
    () => one(gauges().repliesEvicted),
  );
  counter(
    'unrip_capital_breaches_total',
    'violated capital invariants, such as more promised than credited',
    ['code'],
    () => by('code', gauges().breaches),
  );
  counter('unrip_executor_stops_total', 'times that the executor disarmed itself, by first cause', ['code'], () =>
    by('code', gauges().stops),
  );
  counter('unrip_reconnects_total', 'reconnections, by source', ['source'], () => by('source', gauges().reconnects));

  counter('unrip_inventory_poll_failures_total', 'polls of the verifier that gave no usable snapshot', [], () =>
    one(gauges().inventoryFailures),
  );
  counter('unrip_inventory_refused_total', 'snapshots of the verifier that the inventory refused', [], () =>
    one(gauges().inventoryRefusals),
  );

  counter('unrip_inventory_unconfirmed_total', 'snapshots that no second endpoint confirmed', [], () =>
    one(gauges().inventoryUnconfirmed),
  );
  counter('unrip_rpc_requests_total', 'requests to NEAR RPC endpoints', ['host'], () =>
    gauges().rpcEndpoints.map(({ host, requests }) => ({ labels: { host }, value: requests })),
  );
  counter('unrip_rpc_failures_total', 'requests to NEAR RPC endpoints that failed', ['host'], () =>
    gauges().rpcEndpoints.map(({ host, failures }) => ({ labels: { host }, value: failures })),
  );

  gauge('unrip_rpc_usable', '1 while the NEAR RPC endpoint answers, and plausibly', ['host'], () =>
    gauges().rpcEndpoints.map(({ host, usable }) => ({ labels: { host }, value: Number(usable) })),
  );
  gauge('unrip_clock_skew_seconds', 'proven error of the local clock, positive when it is ahead', [], () =>
    seconds(gauges().clockSkewMs),
  );
  gauge('unrip_connected', '1 when the connection is open', ['source'], () => by('source', gauges().connected));
  gauge('unrip_armed', '1 when armed', ['part'], () => by('part', gauges().armed));
  gauge('unrip_paused', '1 when paused', ['part'], () => by('part', gauges().paused));
  gauge('unrip_healthy', '1 when the part can do its job', ['part'], () => by('part', gauges().healthy));
  gauge('unrip_trading', '1 when a small request received now would be answered', [], () =>
    one(Number(gauges().trading)),
  );
  gauge('unrip_hold', '1 while this reason keeps the engine from signing', ['reason'], () =>
    by('reason', gauges().holds),
  );
  gauge('unrip_price_age_seconds', 'age of the price in use', [], () => seconds(gauges().priceAgeMs));
  gauge('unrip_fallback_used', "1 while CoinGecko's price is used in place of Kraken's", [], () =>
    one(Number(gauges().fallbackUsed)),
  );
  gauge('unrip_inventory_age_seconds', 'age of the balance in use', [], () => seconds(gauges().inventoryAgeMs));
  gauge('unrip_journal_lag_records', 'journal records that are not on disk yet', [], () =>
    one(gauges().journalLagRecords),
  );
  gauge('unrip_journal_sync_lag_seconds', 'age of the oldest journal record that is not on disk yet', [], () =>
    one(gauges().journalLagMs / 1000),
  );
  gauge('unrip_signed_ids', 'remembered quote ids, so that none is signed twice within a day', [], () =>
    one(gauges().signedIds),
  );
  gauge('unrip_signed_ids_bytes', 'memory used by the remembered quote ids', [], () => one(gauges().signedIdsBytes));
  gauge('unrip_journal_trouble', '1 when this upkeep of the journal failed the last time', ['what'], () =>
    by('what', gauges().journalTrouble),
  );
  gauge('unrip_journal_bytes', 'size of the journal on disk', [], () => one(gauges().journalBytes));
  gauge('unrip_outbox_lag_records', 'journal records on disk that Kafka has not acknowledged yet', [], () =>
    one(gauges().outboxLagRecords),
  );
  gauge('unrip_outbox_lag_seconds', 'age of the oldest record that Kafka has not acknowledged yet', [], () =>
    one(gauges().outboxLagMs / 1000),
  );
  gauge(
    'unrip_outbox_topic_blocked_seconds',
    'time for which Kafka has accepted no message of the topic',
    ['topic'],
    () => by('topic', gauges().blockedTopicsMs).map(({ labels, value }) => ({ labels, value: value / 1000 })),
  );
  gauge('unrip_answers_in_flight', 'answers to which the relay has not replied yet', [], () => one(gauges().inFlight));
  gauge('unrip_quotes_open', 'quotes that may still settle', [], () => one(gauges().openQuotes));
  gauge('unrip_lane_live_quotes', 'live quotes of a lane', ['asset', 'lane'], () =>
    gauges().lanes.map(({ asset, lane, liveQuotes }) => ({ labels: { asset, lane: String(lane) }, value: liveQuotes })),
  );
  gauge('unrip_lane_use_ratio', "share of the lane's ceiling that is reserved for live quotes", ['asset', 'lane'], () =>
    gauges().lanes.map(({ asset, lane, ceilingUnits, reservedUnits }) => ({
      labels: { asset, lane: String(lane) },
      // Rounded down to a millionth.
      value: ceilingUnits === 0n ? 0 : Number((reservedUnits * 1_000_000n) / ceilingUnits) / 1_000_000,
    })),
  );
  new ExportedHistogram(
    registry,
    'unrip_answer_latency_seconds',
    'time from the arrival of a request to the sending of its answer',
    counts.answerLatency,
  );
}

/** 16 us to 2^24 us (16.8 s), by powers of two: those are exact edges of the histogram that is exported. */
const EXPONENTS = Array.from({ length: 21 }, (_, index) => index + 4);

/** Puts our own histogram into the registry; values are recorded there, not here. */
class ExportedHistogram extends PromHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #source: Histogram;

  constructor(registry: Registry, name: string, help: string, source: Histogram) {
    super({ name, help, registers: [registry] });
    this.#name = name;
    this.#help = help;
    this.#source = source;
  }

  /** What prom-client reads for both of its forms; not among its declared types. */
  async getForPromString() {
    const sample = (suffix: string, value: number, labels = {}) => ({
      metricName: `${this.#name}${suffix}`,
      value,
      labels,
    });
    const source = this.#source;
    const buckets = EXPONENTS.map((exponent) =>
      sample('_bucket', source.countBelowPowerOfTwo(exponent), { le: String(2 ** exponent / 1_000_000) }),
    );
    const values = [
      ...buckets,
      sample('_bucket', source.count(), { le: '+Inf' }),
      sample('_sum', source.sumUs() / 1_000_000),
      sample('_count', source.count()),
    ];
    return { name: this.#name, help: this.#help, type: 'histogram', values, aggregator: 'sum' };
  }
}
