// Which columns a record of a topic fills in addition to those that every table has: one declarative table a topic, the same as in
// sql/migrations (a test compares them with the database). Rows are built from it by rows.ts.

import type { TopicName } from '../../../contracts/topics/registry.ts';

export type ColumnType = 'text' | 'boolean' | 'integer' | 'bigint' | 'numeric' | 'timestamptz' | 'date' | 'jsonb';

export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  /** Steps into the payload. */
  readonly path: readonly string[];
};

export type Table = { readonly name: string; readonly columns: readonly Column[] };

/** Columns of one type that are called as their payload field. */
const same = (type: ColumnType, ...names: readonly string[]): readonly Column[] =>
  names.map((name) => ({ name, type, path: [name] }));

/** A column that is called otherwise than its field, or that lies deeper; `path` is dotted. */
const from = (type: ColumnType, name: string, path: string): Column => ({ name, type, path: path.split('.') });

export const TABLES: Readonly<Record<TopicName, Table>> = {
  'raw.near_intents.quote': {
    name: 'raw_near_intents_quotes',
    columns: [...same('text', 'quote_id', 'connection_id'), ...same('timestamptz', 'received_at', 'quote_timestamp')],
  },
  'norm.swap_demand': {
    name: 'swap_demand_events',
    columns: [
      ...same('text', 'quote_id', 'pair', 'direction', 'asset_in', 'asset_out', 'partner_id', 'traceparent'),
      ...same('numeric', 'amount_in', 'amount_out'),
      ...same('bigint', 'ttl_ms', 'min_wait_ms', 'max_wait_ms'),
      ...same('timestamptz', 'received_at'),
    ],
  },
  'ref.market_price': {
    name: 'market_price_events',
    columns: [
      ...same('text', 'price_id', 'pair', 'source', 'problem'),
      ...same('numeric', 'bid_rate', 'ask_rate', 'fair_rate', 'divergence_pct'),
      ...same('bigint', 'freshness_ms'),
      ...same('boolean', 'tradable'),
      from('numeric', 'kraken_bid', 'kraken.bid'),
      from('numeric', 'kraken_ask', 'kraken.ask'),
      from('bigint', 'kraken_age_ms', 'kraken.age_ms'),
      from('boolean', 'kraken_healthy', 'kraken.healthy'),
      from('numeric', 'coingecko_price', 'coingecko.price'),
      from('bigint', 'coingecko_age_ms', 'coingecko.age_ms'),
      from('boolean', 'coingecko_healthy', 'coingecko.healthy'),
      from('text', 'basis_kind', 'basis.kind'),
      from('numeric', 'eur_per_eure', 'basis.eur_per_eure'),
    ],
  },
  'state.intent_inventory': {
    name: 'intent_inventory_snapshots',
    columns: [
      ...same('text', 'inventory_id', 'block_hash', 'salt', 'reconciliation_status', 'reconciliation_note'),
      ...same('bigint', 'block_height', 'sync_duration_ms', 'fee_pips', 'open_nonces', 'open_quotes'),
      ...same('timestamptz', 'block_time', 'last_sync_at'),
      ...same('jsonb', 'assets'),
    ],
  },
  'decision.trade_decision': {
    name: 'trade_decisions',
    columns: [
      ...same('text', 'decision_id', 'quote_id', 'pair', 'direction', 'request_kind', 'asset_in', 'asset_out'),
      ...same('numeric', 'amount_in', 'amount_out'),
      ...same('numeric', 'implied_rate', 'reference_rate', 'gross_edge_pct', 'notional_eur'),
      ...same('text', 'decision', 'decision_reason', 'detail'),
      ...same('boolean', 'strategy_armed'),
      ...same('timestamptz', 'decided_at'),
      ...same('bigint', 'decide_us', 'price_freshness_ms'),
      from('text', 'price_id', 'price_snapshot.price_id'),
      from('text', 'price_source', 'price_snapshot.source'),
      from('numeric', 'bid_rate', 'price_snapshot.bid_rate'),
      from('numeric', 'ask_rate', 'price_snapshot.ask_rate'),
      from('text', 'inventory_id', 'inventory_snapshot.inventory_id'),
      from('bigint', 'inventory_block', 'inventory_snapshot.block_height'),
      from('bigint', 'inventory_age_ms', 'inventory_snapshot.age_ms'),
      from('numeric', 'credited_out', 'inventory_snapshot.credited'),
      from('numeric', 'spendable_out', 'inventory_snapshot.spendable'),
      ...same('jsonb', 'price_snapshot', 'inventory_snapshot', 'limits'),
    ],
  },
  'cmd.execute_trade': {
    name: 'execute_trade_commands',
    columns: [
      ...same('text', 'command_id', 'idempotency_key', 'execution_key', 'quote_id', 'decision_id'),
      ...same('text', 'asset_in', 'asset_out', 'reason'),
      ...same('numeric', 'amount_in', 'amount_out'),
      ...same('bigint', 'min_deadline_ms'),
      ...same('timestamptz', 'issued_at'),
    ],
  },
  'exec.trade_result': {
    name: 'trade_execution_results',
    columns: [
      ...same('text', 'command_id', 'idempotency_key', 'execution_key', 'quote_id', 'decision_id', 'execution_id'),
      ...same('bigint', 'transition_seq'),
      ...same('text', 'previous_status', 'status', 'result_code', 'note'),
      ...same('boolean', 'recovered'),
      ...same('text', 'asset_in', 'asset_out'),
      ...same('numeric', 'amount_in', 'amount_out'),
      ...same('text', 'quote_hash', 'nonce'),
      ...same('bigint', 'lane', 'since_received_us', 'reply_after_ms'),
      ...same('timestamptz', 'deadline', 'at'),
      from('text', 'tx_hash', 'settlement.tx_hash'),
      from('bigint', 'settlement_block', 'settlement.block_height'),
      ...same('jsonb', 'settlement'),
    ],
  },
  'ops.control_action': {
    name: 'control_actions',
    columns: [
      ...same('text', 'action_id', 'service', 'part', 'action', 'actor', 'remote', 'outcome', 'note'),
      ...same('bigint', 'http_status'),
      ...same('timestamptz', 'at'),
      from('jsonb', 'from_value', 'from'),
      from('jsonb', 'to_value', 'to'),
    ],
  },
  'ops.service_health': {
    name: 'service_health_events',
    columns: [
      ...same('text', 'service', 'instance_id', 'version'),
      ...same('boolean', 'healthy', 'writing'),
      ...same('timestamptz', 'since', 'started_at', 'at'),
      ...same('bigint', 'lag_ms'),
      ...same('jsonb', 'reasons', 'notes'),
    ],
  },
  'ops.liquidity_action': {
    name: 'liquidity_actions',
    columns: [
      ...same('text', 'liquidity_action_id', 'kind', 'previous_status', 'status', 'reason_code', 'detail'),
      ...same('bigint', 'transition_seq', 'confirmations', 'confirmations_required'),
      ...same('boolean', 'rebalance'),
      ...same('text', 'bridge', 'bridge_status', 'asset_id', 'chain', 'funding_handle', 'external_wallet'),
      ...same('text', 'destination', 'tx_hash', 'near_tx_hash', 'intent_hash'),
      ...same('text', 'reservation_id', 'funding_observation_id'),
      ...same('numeric', 'amount', 'credited_amount', 'fee'),
      ...same('timestamptz', 'requested_at', 'first_seen_at', 'credited_at', 'completed_at', 'at'),
    ],
  },
  'ops.funding_observation': {
    name: 'funding_observations',
    columns: [
      ...same('text', 'funding_observation_id', 'asset_id', 'chain', 'bridge', 'funding_handle', 'source', 'tx_hash'),
      ...same('bigint', 'observation_seq', 'output_index', 'confirmations', 'confirmations_required', 'block_height'),
      ...same('boolean', 'handle_active'),
      ...same('text', 'sender', 'previous_status', 'status', 'reason_code', 'detail', 'block_hash'),
      ...same('text', 'replaced_by_tx_hash', 'replaces_tx_hash', 'bridge_status', 'bridge_deposit_tx_hash'),
      ...same('text', 'liquidity_action_id'),
      ...same('numeric', 'amount', 'minimum_amount', 'credited_amount'),
      ...same('timestamptz', 'first_seen_at', 'last_seen_at', 'confirmed_at', 'credited_at', 'at'),
      ...same('jsonb', 'inputs'),
    ],
  },
  'ops.alert': {
    name: 'ops_alerts',
    columns: [
      ...same('text', 'alert_event_id', 'alert_key', 'alert_code', 'subject', 'status', 'cause', 'severity', 'reason'),
      ...same('text', 'service_scope', 'pair', 'asset_id', 'tx_hash', 'runbook'),
      ...same('timestamptz', 'condition_since', 'first_raised_at', 'raised_at', 'cleared_at', 'last_evaluated_at'),
      ...same('jsonb', 'correlation_ids', 'details'),
    ],
  },
  'ops.reconciliation': {
    name: 'reconciliation_findings',
    columns: [
      ...same('text', 'reconciliation_id', 'kind', 'status', 'detail', 'finding_id', 'finding_code'),
      ...same('bigint', 'duration_ms', 'compared', 'open_findings', 'block_height', 'finding_seq'),
      ...same('text', 'asset_id', 'quote_id', 'command_id', 'nonce', 'tx_hash', 'liquidity_action_id'),
      ...same('text', 'recorded', 'observed', 'proposed_status'),
      ...same('numeric', 'difference'),
      ...same('timestamptz', 'started_at', 'at', 'compared_from', 'first_found_at', 'resolved_at'),
    ],
  },
  'dlq.unrip': {
    name: 'dead_letters',
    columns: [
      ...same('text', 'service', 'origin', 'reason', 'detail', 'value'),
      ...same('bigint', 'value_bytes'),
      ...same('timestamptz', 'at'),
      from('bigint', 'origin_partition', 'partition'),
      from('text', 'origin_offset', 'offset'),
      from('text', 'origin_key', 'key'),
    ],
  },
};
