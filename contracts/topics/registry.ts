// The one table of topics: name, what a record is keyed by, partitions, retention, schema and its version. Everything that
// creates, checks, writes or reads a topic takes it from here.

import type { TSchema } from '@sinclair/typebox';
import { envelopeOf } from '../envelope.ts';
import { readerSchemaOf } from '../reader-schema.ts';
import { CmdExecuteTrade } from './cmd-execute-trade.ts';
import { DecisionTradeDecision } from './decision-trade-decision.ts';
import { DlqUnrip } from './dlq-unrip.ts';
import { ExecTradeResult } from './exec-trade-result.ts';
import { NormSwapDemand } from './norm-swap-demand.ts';
import { OpsAlert } from './ops-alert.ts';
import { OpsControlAction } from './ops-control-action.ts';
import { OpsFundingObservation } from './ops-funding-observation.ts';
import { OpsLiquidityAction } from './ops-liquidity-action.ts';
import { OpsReconciliation } from './ops-reconciliation.ts';
import { OpsServiceHealth } from './ops-service-health.ts';
import { RawNearIntentsQuote } from './raw-near-intents-quote.ts';
import { RefMarketPrice } from './ref-market-price.ts';
import { StateIntentInventory } from './state-intent-inventory.ts';

const DAY_MS = 86_400_000;
/** Evidence stays a week in Kafka and indefinitely in PostgreSQL. */
export const TOPIC_RETENTION_MS = 7 * DAY_MS;
/** What is keyed by quote is spread; the rest is little and needs one order. */
const QUOTE_PARTITIONS = 6;

export type TopicName =
  | 'raw.near_intents.quote'
  | 'norm.swap_demand'
  | 'ref.market_price'
  | 'state.intent_inventory'
  | 'decision.trade_decision'
  | 'cmd.execute_trade'
  | 'exec.trade_result'
  | 'ops.control_action'
  | 'ops.service_health'
  | 'ops.liquidity_action'
  | 'ops.funding_observation'
  | 'ops.alert'
  | 'ops.reconciliation'
  | 'dlq.unrip';

export type Topic = {
  readonly name: TopicName;
  readonly description: string;
  readonly eventType: string;
  readonly schemaVersion: number;
  /** What the key is taken from, in words of the payload. */
  readonly key: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly payload: TSchema;
  /** The whole record, envelope around the payload, as a producer of this version writes it. */
  readonly schema: TSchema;
  /** The same as a reader takes it, also from a newer producer. */
  readonly readerSchema: TSchema;
};

type Row = Omit<Topic, 'schema' | 'readerSchema' | 'retentionMs' | 'schemaVersion'> & {
  readonly schemaVersion?: number;
};

function topic(row: Row): Topic {
  const schemaVersion = row.schemaVersion ?? 1;
  const schema = envelopeOf({
    eventType: row.eventType,
    version: schemaVersion,
    payload: row.payload,
    id: `${row.name}.v${schemaVersion}`,
  });
  return {
    ...row,
    schemaVersion,
    retentionMs: TOPIC_RETENTION_MS,
    schema,
    readerSchema: readerSchemaOf(schema),
  };
}

export const TOPICS: readonly Topic[] = [
  topic({
    name: 'raw.near_intents.quote',
    description: 'Quote requests that passed the pair filter, as the venue sent them',
    eventType: 'near_intents_quote_raw',
    key: 'quote_id',
    partitions: QUOTE_PARTITIONS,
    payload: RawNearIntentsQuote,
  }),
  topic({
    name: 'norm.swap_demand',
    description: 'The same requests, normalised',
    eventType: 'swap_demand',
    key: 'quote_id',
    partitions: QUOTE_PARTITIONS,
    payload: NormSwapDemand,
  }),
  topic({
    name: 'ref.market_price',
    description: 'Prices of the sources, and the fair price derived from them',
    eventType: 'market_price',
    key: 'pair',
    partitions: 1,
    payload: RefMarketPrice,
  }),
  topic({
    name: 'state.intent_inventory',
    description: 'Credited inventory at a final block, and how much of it is reserved',
    eventType: 'intent_inventory',
    key: 'account_id',
    partitions: 1,
    payload: StateIntentInventory,
  }),
  topic({
    name: 'decision.trade_decision',
    description: 'Every decision with its reason and the values it was based on',
    eventType: 'trade_decision',
    key: 'quote_id',
    partitions: QUOTE_PARTITIONS,
    payload: DecisionTradeDecision,
  }),
  topic({
    name: 'cmd.execute_trade',
    description: 'Actionable decisions, handed to the executor',
    eventType: 'execute_trade',
    key: 'execution_key',
    partitions: 1,
    payload: CmdExecuteTrade,
  }),
  topic({
    name: 'exec.trade_result',
    description: 'Transitions of every attempt',
    eventType: 'trade_result',
    key: 'execution_key',
    partitions: 1,
    payload: ExecTradeResult,
  }),
  topic({
    name: 'ops.control_action',
    description: 'Who called which control route, and what it changed',
    eventType: 'control_action',
    key: 'service',
    partitions: 1,
    payload: OpsControlAction,
  }),
  topic({
    name: 'ops.service_health',
    description: 'Health of every process',
    eventType: 'service_health',
    key: 'service',
    partitions: 1,
    payload: OpsServiceHealth,
  }),
  topic({
    name: 'ops.liquidity_action',
    description: 'Transitions of deposit addresses, deposits, withdrawals and moves between chains',
    eventType: 'liquidity_action',
    key: 'account_id',
    partitions: 1,
    payload: OpsLiquidityAction,
  }),
  topic({
    name: 'ops.funding_observation',
    description: 'Transfers to deposit addresses as the chains and the bridge show them; none of it is spendable',
    eventType: 'funding_observation',
    key: 'tx_hash',
    partitions: 1,
    payload: OpsFundingObservation,
  }),
  topic({
    name: 'ops.alert',
    description: 'Alerts that were raised or cleared',
    eventType: 'alert',
    key: 'alert_key',
    partitions: 1,
    payload: OpsAlert,
  }),
  topic({
    name: 'ops.reconciliation',
    description: 'Comparisons of the venue with the records, and the differences that they found',
    eventType: 'reconciliation',
    key: 'account_id',
    partitions: 1,
    payload: OpsReconciliation,
  }),
  topic({
    name: 'dlq.unrip',
    description: 'Messages that could not be processed, and why',
    eventType: 'dead_letter',
    key: 'origin topic',
    partitions: 1,
    payload: DlqUnrip,
  }),
];

const BY_NAME = new Map(TOPICS.map((row) => [row.name, row]));

export function topicOf(name: TopicName): Topic {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`topic ${name} is not in the registry`);
  return found;
}
