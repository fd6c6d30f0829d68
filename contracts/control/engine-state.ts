// What the engine tells about itself at /state and /<part>/state: enough to say whether a part is healthy and connected,
// what it is using as input, what it last did, why it is blocked, and whether what it knows is fresh. Amounts and rates are
// decimal text, times ISO 8601. No secret stands in any of it; the signature of an answer is one.

import type { Direction } from '../assets.ts';
import type { DecisionReason, ResultCode, TradeState } from '../reasons.ts';
import type { DecisionTradeDecision } from '../topics/decision-trade-decision.ts';
import type { PairFilterBody } from './engine.ts';

export type PartState = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly paused: boolean;
};

export type ArmView = {
  readonly armed: boolean;
  readonly since: string;
  /** Name of the token, or why the engine did it itself. */
  readonly by: string;
  /** When it disarms by itself; null: it does not. */
  readonly until: string | null;
};

export type FrameCounts = {
  readonly received: number;
  readonly quotes: number;
  readonly quotes_of_other_pairs: number;
  readonly quotes_repeated: number;
  readonly quotes_while_paused: number;
  /** To our answers and subscriptions, and to nothing that we sent. */
  readonly replies: number;
  readonly statuses: number;
  readonly statuses_of_others: number;
  readonly bad: number;
  readonly other: number;
};

export type IngestState = PartState & {
  readonly connection: {
    readonly state: string;
    readonly host: string;
    readonly connection_id: string | null;
    readonly since: string | null;
    readonly last_frame_at: string | null;
    readonly reconnects: number;
    readonly last_close: string | null;
    /** null: a connection is open or on its way. */
    readonly next_retry_at: string | null;
  };
  /** Milliseconds since an event of the stream came, of whatever pair and solver; null: none since the start. */
  readonly streams: {
    readonly quote_age_ms: number | null;
    readonly quote_status_age_ms: number | null;
  };
  readonly frames: FrameCounts;
  readonly last_quote_at: string | null;
  /** Records that Kafka has acknowledged since the start, by topic. */
  readonly published: Readonly<Record<string, number>>;
  readonly pair_filter: PairFilterBody;
};

type SourceView = {
  readonly healthy: boolean;
  readonly fault: string | null;
  readonly age_ms: number | null;
  readonly max_age_ms: number;
};

export type ReferencePartState = PartState & {
  readonly pair: string;
  readonly problem: string | null;
  readonly price_id: string | null;
  readonly source: string;
  readonly fallback_used: boolean;
  readonly bid_rate: string | null;
  readonly ask_rate: string | null;
  readonly fair_rate: string | null;
  readonly freshness_ms: number | null;
  readonly divergence_pct: string | null;
  readonly basis: { readonly kind: string; readonly eur_per_eure: string | null };
  readonly kraken: SourceView & {
    readonly connected: boolean;
    readonly market_status: string | null;
    readonly bid: string | null;
    readonly ask: string | null;
  };
  readonly coingecko: SourceView & { readonly price: string | null; readonly failure: string | null };
};

export type AssetCapitalView = {
  readonly credited: string;
  readonly spendable: string;
  readonly allocated: string;
  readonly reserved_for_orders: string;
  readonly reserved_for_positions: string;
  readonly realized_pnl: string;
  readonly ceilings: string;
  /** null: nobody has told; unknown is not zero. */
  readonly pending_inbound: string | null;
  readonly pending_outbound: string | null;
};

export type InventoryPartState = PartState & {
  readonly account_id: string;
  readonly last_sync_at: string | null;
  readonly age_ms: number | null;
  readonly max_age_ms: number;
  readonly block_height: number | null;
  readonly assets: Readonly<Record<string, AssetCapitalView>>;
  readonly reconciliation: { readonly status: 'ok' | 'breach' | 'unknown'; readonly note: string | null };
  readonly lanes: readonly LaneView[];
  /** The poll of the verifier in detail. */
  readonly poll: Readonly<Record<string, unknown>>;
};

export type LaneView = {
  readonly asset: string;
  readonly lane: number;
  readonly nonce: string;
  readonly nonce_deadline: string;
  readonly ceiling: string;
  readonly reserved: string;
  readonly live_quotes: number;
  readonly current: boolean;
  readonly draining: string | null;
  readonly used: boolean;
};

export type StrategyState = PartState & {
  readonly arm: ArmView;
  readonly threshold: { readonly min_edge_pct: string; readonly target_edge_pct: string };
  readonly limits: {
    readonly max_notional_eur: string;
    readonly max_divergence_pct: string;
    readonly max_basis_deviation_pct: string;
    readonly journal_max_sync_lag_ms: number;
    readonly quotes_live_max: number;
    readonly inventory_max_age_ms: number;
    readonly quote_lifetime_max_ms: number;
    /** Empty: every partner is answered. */
    readonly partners: readonly string[];
  };
  readonly decisions: number;
  readonly accepted: number;
  /** Every reason that was given since the start, with how often. */
  readonly rejected_by_reason: Readonly<Record<string, number>>;
  readonly latest_decision: DecisionTradeDecision | null;
  readonly latest_rejected: {
    readonly quote_id: string;
    readonly reason: string;
    readonly detail: string;
    readonly at: string;
  } | null;
  /** The last decisions, at most 50, newest first. */
  readonly recent_decisions: readonly RecentDecision[];
  /** The price and inventory values of the latest decision that had them. */
  readonly latest_price_used: DecisionTradeDecision['price_snapshot'];
  readonly latest_inventory_used: DecisionTradeDecision['inventory_snapshot'];
};

/** One decision in short; its full record is in `decision.trade_decision` under the same quote id. */
export type RecentDecision = {
  readonly quote_id: string;
  readonly direction: Direction | null;
  readonly decision: 'accepted' | 'rejected';
  readonly reason: DecisionReason;
  /** The reason with its numbers, as a sentence. */
  readonly detail: string;
  readonly amount_in: string | null;
  readonly amount_out: string | null;
  readonly gross_edge_pct: string | null;
  readonly at: string;
  /** From the arrival of the request to the decision. */
  readonly decide_us: number;
};

/** One accepted decision and what came of it; its full records are in `exec.trade_result`. */
export type RecentAttempt = {
  readonly quote_id: string;
  readonly command_id: string;
  readonly direction: Direction | null;
  readonly amount_in: string | null;
  readonly amount_out: string | null;
  /** Lane, hash and deadline of the answer; null: the executor did not sign. */
  readonly lane: number | null;
  readonly quote_hash: string | null;
  readonly deadline: string | null;
  readonly decided_at: string;
  /** From the arrival of the request to the answer's handing over; null: no answer left. */
  readonly answered_after_us: number | null;
  readonly state: TradeState;
  /** Why it is in this state; null while it is `proposed`. */
  readonly result_code: ResultCode | null;
  readonly note: string;
  readonly reply_after_ms: number | null;
  readonly tx_hash: string | null;
  /** When it came into this state. */
  readonly state_at: string;
};

export type LatencyView = {
  readonly count: number;
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly max_us: number;
};

export type ExecutorState = PartState & {
  readonly arm: ArmView;
  /** Until when arming wants `fresh_account`; null: it does not. */
  readonly arm_wants_fresh_account_until: string | null;
  /** What recovery found that does not add up: arming is refused until it says `accept_recovery_findings`. */
  readonly recovery_findings: readonly string[];
  /** Who accepted them in this run; null: nobody did, or there are none. */
  readonly recovery_findings_accepted: { readonly by: string; readonly at: string } | null;
  /** Ids that are never signed for again within a day. When `bytes_max` is reached, nothing is signed: `quote_ids_full`. */
  readonly signed_ids: {
    readonly ids: number;
    readonly tables: number;
    readonly bytes: number;
    readonly bytes_max: number;
    /** Not in a file of their own yet; the journal has them. */
    readonly unsaved: number;
    readonly problem: string | null;
  };
  readonly draining: boolean;
  readonly public_key: string;
  readonly key_registered: boolean | null;
  readonly account_locked: boolean | null;
  readonly last_command: { readonly command_id: string; readonly quote_id: string; readonly at: string } | null;
  readonly last_request: {
    readonly quote_id: string;
    readonly quote_hash: string;
    readonly lane: number;
    readonly deadline: string;
    readonly at: string;
  } | null;
  readonly last_venue_response: {
    readonly quote_id: string;
    readonly status: TradeState;
    readonly result_code: string;
    readonly after_ms: number | null;
    readonly reply: string | null;
    readonly at: string;
  } | null;
  readonly last_error: { readonly code: string; readonly note: string; readonly at: string } | null;
  /** The last attempts, at most 50, newest first. Of an earlier run of the process there are none. */
  readonly recent_attempts: readonly RecentAttempt[];
  /** Answers without a reply of the relay yet. */
  readonly in_flight: number;
  /** Quotes that may still be settled, or of which it is not known whether they were. */
  readonly open: number;
  /** Commands whose end is on record since the start. */
  readonly completed: number;
  readonly results_by_state: Readonly<Record<string, number>>;
  readonly errors_by_code: Readonly<Record<string, number>>;
  /** From the arrival of a request to the answer's handing over. */
  readonly answer_latency: LatencyView;
};

export type JournalState = {
  readonly journal_id: string;
  readonly born_at: string;
  readonly last_seq: number;
  readonly synced_seq: number;
  /** Age of the oldest record that is not on disk; 0 when all are. */
  readonly sync_lag_ms: number;
  readonly segments: number;
  readonly bytes: number;
  /** A checkpoint is being written. */
  readonly checkpointing: boolean;
  /** Why the last checkpoint could not be written; older segments are kept meanwhile. */
  readonly checkpoint_problem: string | null;
  /** Why old segments could not be removed the last time. */
  readonly removal_problem: string | null;
  readonly failed: string | null;
};

export type BusState = {
  /** `lost`: the client failed for good and is about to be replaced. */
  readonly kafka: {
    readonly status: string;
    readonly for_ms: number;
    readonly clients_replaced: number;
    readonly last_replaced_for: string | null;
  };
  readonly attached: boolean;
  readonly watermark: number;
  readonly in_flight: number;
  readonly lag_records: number;
  readonly lag_ms: number;
  readonly delivered: number;
  readonly dead_lettered: number;
  readonly retried: number;
  /** Why the next message cannot be handed over now. */
  readonly waiting: { readonly on: string; readonly for_ms: number } | null;
  /** Topics that Kafka takes no messages for; the others go on without them. `code` is librdkafka's. */
  readonly blocked_topics: readonly {
    readonly topic: string;
    readonly for_ms: number;
    readonly code: number | null;
    readonly problem: string;
    readonly fix: string;
    readonly watermark: number;
  }[];
  /** Acknowledged records that Kafka was seen to have lost, since the start. */
  readonly lost_records: {
    readonly times: number;
    readonly last: {
      readonly topic: string;
      readonly partition: number;
      readonly before: number;
      readonly now: number;
    } | null;
  };
  readonly trouble: string | null;
};

/** Whether history is being written, as far as the engine has heard. */
export type HistoryState = {
  readonly policy: string;
  readonly writing: boolean | null;
  readonly lag_ms: number | null;
  readonly heard_at: string | null;
  readonly blocks: boolean;
};

export type EngineState = {
  readonly service: 'engine';
  readonly version: string;
  readonly instance_id: string;
  readonly account_id: string;
  readonly started_at: string;
  /** A small request that came now would be answered, in one direction at least. */
  readonly trading: boolean;
  /** Codes of what is in the way; empty when trading. */
  readonly not_trading: readonly string[];
  /** The same for each direction. */
  readonly not_trading_by_direction: Readonly<Record<Direction, readonly string[]>>;
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  readonly ingest: IngestState;
  readonly reference: ReferencePartState;
  readonly inventory: InventoryPartState;
  readonly strategy: StrategyState;
  readonly executor: ExecutorState;
  readonly journal: JournalState;
  readonly bus: BusState;
  readonly history: HistoryState;
  /** null while no time but our own is known. */
  readonly clock: ClockState | null;
  readonly stalls: StallState;
};

/** Times that the process did not run for longer than it may. */
export type StallState = {
  readonly count: number;
  readonly last: {
    /** `stalled`, `suspended` or `clock_set`. */
    readonly kind: string;
    readonly gap_ms: number;
    readonly ended_at: string;
  } | null;
};

/** What the times that others stamp say of our wall clock, in milliseconds; positive when ours is ahead. */
export type ClockState = {
  /** The smallest error that fits the evidence. */
  readonly skew_ms: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly agreeing: readonly string[];
  readonly contradicting: readonly string[];
  readonly unhealthy_over_ms: number;
  readonly hold_over_ms: number;
};
