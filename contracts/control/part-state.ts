// What the engine tells of the parts that read: ingest, reference, inventory. Enough to say whether a part is healthy and
// connected, what it is using as input, what it last did, why it is blocked, and whether what it knows is fresh. Amounts and
// rates are decimal text, times ISO 8601.

import { type Static, Type } from '@sinclair/typebox';
import { DecimalText, IsoTime, nullable, oneOf, RateText, SignedUnitsText, UnitsText } from '../envelope.ts';
import { BREACH_CODES } from '../reasons.ts';
import { BASIS_KINDS, PRICE_SOURCES } from '../topics/ref-market-price.ts';
import { PairFilterBody } from './engine.ts';
import { ReservationsView } from './reservations.ts';
import { Codes, Count, Counts, described, Flag, list, shape, Text } from './shapes.ts';

/** What every part answers, in the same words. */
export const PartAnswers = shape({
  healthy: Flag,
  reasons: Codes,
  notes: Codes,
  connected: described(
    nullable(Flag),
    'Whether its source or venue is connected; null: it has no connection of its own.',
  ),
  input: described(nullable(Text), 'What it uses as input now; null: nothing yet.'),
  last_success_at: described(nullable(IsoTime), 'When it last did its job; null: not since the start.'),
  blocked_by: described(Codes, 'Codes of what keeps it from doing its job now, switches included; empty: nothing.'),
  freshness: described(
    oneOf(['authoritative', 'stale', 'unknown']),
    'Whether its state may be relied on: `unknown` before the first input, `stale` when the input is too old.',
  ),
});
export type PartAnswers = Static<typeof PartAnswers>;
/** The state of a part without what every part answers. */
export type OwnState<State> = Omit<State, keyof PartAnswers>;

export const PartState = shape({ ...PartAnswers.properties, paused: Flag });

export const ArmView = shape({
  armed: Flag,
  since: IsoTime,
  by: described(Text, 'Name of the token that was used, or why the engine did it by itself.'),
  until: described(nullable(IsoTime), 'When it disarms by itself; null: never.'),
  max_eur: described(
    nullable(DecimalText),
    'Filled value at which it disarms by itself, or below it when too little is left for a quote; null: none.',
  ),
  max_trades: described(nullable(Count), 'Number of settled quotes at which it disarms by itself; null: none.'),
  filled_eur: described(DecimalText, 'Value filled since it was armed.'),
  trades: described(Count, 'Nonces used since it was armed, each by a quote.'),
});
export type ArmView = Static<typeof ArmView>;

export const FrameCounts = shape({
  received: Count,
  quotes: Count,
  quotes_of_other_pairs: Count,
  quotes_repeated: Count,
  quotes_while_paused: Count,
  replies: described(
    Count,
    'Replies of the relay to answers and subscriptions, and replies that match nothing that was sent.',
  ),
  statuses: Count,
  statuses_of_others: Count,
  statuses_repeated: described(Count, 'Statuses that are on record already.'),
  bad: Count,
  other: Count,
});
export type FrameCounts = Static<typeof FrameCounts>;

/** `key_or_address_refused`: which of the two is not known yet. */
const RELAY_REFUSALS = ['key_missing', 'key_refused', 'address_refused', 'key_or_address_refused'] as const;
export type RelayRefusal = (typeof RELAY_REFUSALS)[number];

export const IngestState = shape({
  ...PartState.properties,
  connection: shape({
    state: Text,
    host: Text,
    connection_id: nullable(Text),
    since: nullable(IsoTime),
    last_frame_at: nullable(IsoTime),
    reconnects: Count,
    last_close: nullable(Text),
    next_retry_at: described(nullable(IsoTime), 'null: a connection is open or being opened.'),
    refusal: described(
      nullable(oneOf(RELAY_REFUSALS)),
      'Why the relay answered 401 or 403, a fault of the configuration; null: it did not at the last try.',
    ),
    storms: described(Count, 'Times that connections were opened and lost so often that the next had to wait.'),
  }),
  streams: described(
    shape({
      data_age_ms: described(nullable(Count), 'Any text frame.'),
      heartbeat_age_ms: described(nullable(Count), 'Pongs: the connection itself answers.'),
      quote_age_ms: described(nullable(Count), 'Quote requests of any pair that the relay sends here.'),
      quote_status_age_ms: described(nullable(Count), 'Settlements of the quotes of all solvers.'),
      pair_age_ms: described(nullable(Count), 'Quote requests of the traded pair.'),
    }),
    'Milliseconds since the last one, over all connections; null: none since the start.',
  ),
  delivery: described(
    shape({ guaranteed: Flag, left_out: Count }),
    'guaranteed: the relay keeps quote_status while this engine is away. left_out: events that it will send again.',
  ),
  backlog: described(
    shape({ waiting: Count, shed: Count, overloads: Count }),
    'Requests that came faster than they could be handled: the newest is handled first, and what gets too old is shed.',
  ),
  frames: FrameCounts,
  last_quote_at: nullable(IsoTime),
  published: described(Counts, 'Records that Kafka has acknowledged since the start, by topic.'),
  other_ids: described(
    list(shape({ asset: Text, symbol: Text, requests: Count, last_age_ms: Count })),
    'Requests since the start for BTC or EURe under known ids that are not BTC_ASSET_ID or EURE_ASSET_ID.',
  ),
  pair_filter: PairFilterBody,
  pair_filter_from: described(
    oneOf(['configuration', 'operator']),
    'operator: set at run time, in force over restarts until it is reset.',
  ),
});
export type IngestState = Static<typeof IngestState>;

const SourceView = shape({
  healthy: Flag,
  fault: nullable(Text),
  age_ms: nullable(Count),
  max_age_ms: Count,
});

const CoinView = shape({ price: nullable(DecimalText), last_updated_at: nullable(IsoTime), age_ms: nullable(Count) });

/** Kraken's connection and what came over it, counted since the start. */
const KrakenFeedState = shape({
  opened: Count,
  frames_received: described(Count, 'All frames received, unreadable ones included.'),
  resubscribed: Count,
  checksum_mismatches: Count,
  malformed_frames: Count,
  frames_ahead: described(Count, 'Frames not used because their time was too far ahead of the local clock.'),
  book_frames: Count,
  ticker_frames: Count,
  last_frame_at: nullable(IsoTime),
  last_error: nullable(Text),
  connection: Text,
  connection_since: nullable(IsoTime),
  connects: Count,
  failures_in_row: Count,
  next_retry_at: nullable(IsoTime),
});

const CoinGeckoPollState = shape({
  requests: Count,
  failures: described(Count, 'Requests without a usable answer.'),
  failures_in_row: Count,
  in_flight: Flag,
  not_before: nullable(IsoTime),
});

export const ReferencePartState = shape({
  ...PartState.properties,
  pair: Text,
  problem: nullable(Text),
  price_id: nullable(Text),
  source: oneOf(PRICE_SOURCES),
  fallback_used: Flag,
  fallback_policy: Text,
  bid_rate: nullable(RateText),
  ask_rate: nullable(RateText),
  fair_rate: nullable(RateText),
  freshness_ms: nullable(Count),
  divergence_pct: nullable(DecimalText),
  last_comparison: nullable(shape({ pct: DecimalText, is_over: Flag })),
  max_divergence_pct: DecimalText,
  basis: shape({ kind: oneOf(BASIS_KINDS), eur_per_eure: nullable(DecimalText) }),
  kraken: shape({
    ...SourceView.properties,
    connected: Flag,
    last_close: nullable(Text),
    market_status: nullable(Text),
    bid: nullable(DecimalText),
    ask: nullable(DecimalText),
    levels: shape({ bids: Count, asks: Count }),
    confirmed_at: nullable(IsoTime),
    venue_time: nullable(IsoTime),
    ticker: shape({ bid: nullable(DecimalText), ask: nullable(DecimalText), age_ms: nullable(Count) }),
  }),
  coingecko: shape({
    ...SourceView.properties,
    ...CoinView.properties,
    failure: nullable(Text),
    read_at: nullable(IsoTime),
    eure: CoinView,
  }),
  kraken_feed: KrakenFeedState,
  coingecko_poll: CoinGeckoPollState,
  records: described(Count, 'Price records written since the start.'),
});
export type ReferencePartState = Static<typeof ReferencePartState>;

const EndpointState = shape({
  host: Text,
  requests: Count,
  failures: Count,
  last_failure: nullable(Text),
  last_failure_at: nullable(IsoTime),
  chain_id: described(nullable(Text), 'null: not known yet.'),
  block_height: nullable(Count),
  block_lag_ms: nullable(Type.Integer()),
  trouble: described(nullable(Text), 'Why the endpoint is not used now; null: it is.'),
  trouble_since: nullable(IsoTime),
});

const VerifierPollState = shape({
  paused: Flag,
  last_sync_at: described(
    nullable(IsoTime),
    'Of the newest snapshot that the inventory accepted; so are age, duration and block.',
  ),
  age_ms: nullable(Count),
  max_age_ms: Count,
  sync_duration_ms: nullable(Count),
  block_height: nullable(Count),
  block_time: nullable(IsoTime),
  polls: Count,
  polls_under_way: Count,
  failures: Count,
  failures_in_row: Count,
  last_failure: nullable(Text),
  last_failure_at: nullable(IsoTime),
  refused_by_ledger: described(Count, 'Snapshots that the inventory refused; also counted as failures.'),
  overtaken: described(Count, 'Snapshots that arrived after a newer one.'),
  key_registered: nullable(Flag),
  account_locked: nullable(Flag),
  salt: described(nullable(Text), 'What new nonces are made with; null: the verifier did not say.'),
  fee_pips: described(nullable(Count), 'Fee of the verifier, in millionths of each amount paid; null: it did not say.'),
  transactions_sought: Count,
  transactions_given_up: Count,
  confirmation: described(
    oneOf(['single_endpoint', 'second_endpoint']),
    '`single_endpoint`: there is no second endpoint that could confirm a snapshot.',
  ),
  asked: described(Count, 'Snapshots that had to be confirmed.'),
  unconfirmed: described(Count, 'Snapshots that had to be confirmed and were not.'),
  last_unconfirmed: described(nullable(Text), 'Why the newest of them was not confirmed; null: it was.'),
  unconfirmed_since: described(nullable(IsoTime), 'Since when none of them was confirmed; null: the newest was.'),
  unconfirmed_for_ms: nullable(Count),
  unconfirmed_by: described(
    list(shape({ host: Text, problem: Text })),
    'Every endpoint that could have confirmed the newest of them, and why it did not.',
  ),
  unconfirmed_fix: described(nullable(Text), 'What an operator can do; null: nothing has to be done.'),
  rpc: shape({ endpoint: Text, endpoints: list(EndpointState) }),
});

const AssetCapitalView = shape({
  credited: UnitsText,
  spendable: UnitsText,
  allocated: UnitsText,
  reserved_for_orders: UnitsText,
  reserved_for_positions: UnitsText,
  realized_pnl: SignedUnitsText,
  ceilings: UnitsText,
  pending_inbound: described(
    nullable(UnitsText),
    'Deposits under way, as the liquidity-manager follows them; never spendable. null: unknown, which is not zero.',
  ),
  pending_outbound: described(nullable(UnitsText), 'Withdrawals under way; null: unknown.'),
  pre_credit_inbound: described(
    nullable(UnitsText),
    'Transfers that a chain shows and the bridge has not credited; also part of pending_inbound, never spendable. null: unknown.',
  ),
});

const KNOWLEDGE = described(
  oneOf(['current', 'stale', 'unknown']),
  '`stale`: the process that publishes it is silent; `unknown`: its topics have not been read to their end.',
);

const ProducerView = shape({
  heard_at: described(nullable(IsoTime), 'Time of its newest report; null: none since the start.'),
  healthy: described(nullable(Flag), 'null: not heard of for 15 s.'),
  reasons: Codes,
});

const FundsEntryView = shape({
  id: Text,
  asset: Text,
  amount: nullable(UnitsText),
  status: Text,
  reason_code: nullable(Text),
  under_way: Flag,
  tx_hash: nullable(Text),
  confirmations: nullable(Count),
  at: IsoTime,
});

const FundingView = shape({
  status: KNOWLEDGE,
  complete: described(Flag, 'false: not all that is under way could be kept, so the sums are unknown.'),
  manager: ProducerView,
  deposits: described(list(FundsEntryView), 'The newest 20; the history has all.'),
  withdrawals: list(FundsEntryView),
  observations: list(FundsEntryView),
});

const FindingsView = shape({
  status: KNOWLEDGE,
  reconciler: ProducerView,
  last_run_at: nullable(IsoTime),
  last_run_status: nullable(Text),
  open: described(Counts, 'Open findings by code.'),
  complete: Flag,
});

const LaneView = shape({
  asset: Text,
  lane: Count,
  nonce: Text,
  nonce_deadline: IsoTime,
  ceiling: UnitsText,
  reserved: UnitsText,
  live_quotes: Count,
  current: Flag,
  draining: nullable(Text),
  used: Flag,
});

export const InventoryPartState = shape({
  ...PartState.properties,
  account_id: Text,
  last_sync_at: nullable(IsoTime),
  age_ms: nullable(Count),
  max_age_ms: Count,
  block_height: nullable(Count),
  assets: Type.Record(Text, AssetCapitalView),
  stranded: described(
    list(shape({ asset: Text, symbol: Text, bridge: oneOf(['poa', 'omni']), credited: UnitsText })),
    'Balances under known ids of BTC or EURe that are not BTC_ASSET_ID or EURE_ASSET_ID: never spendable.',
  ),
  reconciliation: shape({
    status: oneOf(['ok', 'breach', 'unknown']),
    code: described(nullable(oneOf(BREACH_CODES)), 'What does not fit; null: all fits.'),
    note: nullable(Text),
    findings: described(FindingsView, 'What the reconciler found.'),
  }),
  funding: described(FundingView, 'What is on its way, as the liquidity-manager reports it; none of it is spendable.'),
  reservations: described(
    ReservationsView,
    'Amounts that are kept back for withdrawals: part of reserved_for_positions once taken.',
  ),
  lanes: list(LaneView),
  poll: described(VerifierPollState, 'Details of the poll of the verifier.'),
});
export type InventoryPartState = Static<typeof InventoryPartState>;
