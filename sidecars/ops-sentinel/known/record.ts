// A record as Kafka gives it -> what the rules may believe of it, or why it is passed over. Total: whatever the bytes are. What
// happened when is decided by the time in the record, never by its arrival, so that a backlog says nothing about today.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../../../contracts/envelope.ts';
import { type JsonBounds, readJson } from '../../../contracts/json.ts';
import { isPlausibleTime, parseIsoTime } from '../../../contracts/time.ts';
import type { DlqUnrip } from '../../../contracts/topics/dlq-unrip.ts';
import type { ExecTradeResult } from '../../../contracts/topics/exec-trade-result.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { OpsControlAction } from '../../../contracts/topics/ops-control-action.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { OpsReconciliation } from '../../../contracts/topics/ops-reconciliation.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import type { RefMarketPrice } from '../../../contracts/topics/ref-market-price.ts';
import { topicOf } from '../../../contracts/topics/registry.ts';
import type { StateIntentInventory } from '../../../contracts/topics/state-intent-inventory.ts';
import type { Moment } from '../moment.ts';
import { slim } from './slim.ts';

export type Payloads = {
  'ref.market_price': RefMarketPrice;
  'state.intent_inventory': StateIntentInventory;
  'exec.trade_result': ExecTradeResult;
  'ops.control_action': OpsControlAction;
  'ops.service_health': OpsServiceHealth;
  'ops.liquidity_action': OpsLiquidityAction;
  'ops.funding_observation': OpsFundingObservation;
  'ops.alert': OpsAlert;
  'ops.reconciliation': OpsReconciliation;
  'dlq.unrip': DlqUnrip;
};
export type ReadTopic = keyof Payloads;

/**
 * How many of the newest records of each partition are read at the start: more than a rule counts or an account has under way, and
 * read in seconds.
 */
export const LOOK_BACK: Readonly<Record<ReadTopic, number>> = {
  'ref.market_price': 100,
  'state.intent_inventory': 100,
  'exec.trade_result': 10_000,
  'ops.control_action': 1000,
  // Five processes for half an hour.
  'ops.service_health': 2000,
  // A thousand transfers of a chain are followed, most of them dust perhaps, each with a record a confirmation.
  'ops.liquidity_action': 20_000,
  'ops.funding_observation': 20_000,
  'ops.alert': 5000,
  'ops.reconciliation': 5000,
  'dlq.unrip': 1000,
};
export const READ_TOPICS = Object.keys(LOOK_BACK) as readonly ReadTopic[];

export type Heard<Payload> = {
  readonly payload: Payload;
  readonly eventId: string;
  /** When it happened, by the clock of its producer. */
  readonly atMs: number;
  /** The same on the monotonic clock of this process: ages are measured from here. */
  readonly asOfUs: number;
};

const REFUSALS = ['empty', 'too_large', 'not_json', 'schema', 'time'] as const;
export type Refusal = (typeof REFUSALS)[number];

export type RecordRead<Payload> =
  | { readonly ok: true; readonly heard: Heard<Payload> }
  | { readonly ok: false; readonly refusal: Refusal | 'other_account' };

/** A result carries the text of the venue and what was signed, a dead letter 64 KiB of text, escaped perhaps. */
const RECORD_BYTES_MAX = 1_048_576;
const BOUNDS: JsonBounds = { charsMax: RECORD_BYTES_MAX, depthMax: 64, valuesMax: 20_000 };
/** Clocks of two machines differ less. A record of tomorrow would hide all that follow it. */
const AHEAD_MAX_MS = 60_000;

const decoder = new TextDecoder();
const CHECKS = new Map(READ_TOPICS.map((topic) => [topic, TypeCompiler.Compile(topicOf(topic).readerSchema)]));

/** @param accountId records of other accounts are passed over; those of a process without an account concern all */
export function readRecord<Topic extends ReadTopic>(
  topic: Topic,
  bytes: Uint8Array | null,
  { accountId, now }: { readonly accountId: string; readonly now: Moment },
): RecordRead<Payloads[Topic]> {
  if (bytes === null) return refuse('empty');
  if (bytes.length > RECORD_BYTES_MAX) return refuse('too_large');
  const read = readJson(decoder.decode(bytes), BOUNDS);
  if (!read.ok) return refuse(read.reason);
  if (CHECKS.get(topic)?.Check(read.value) !== true) return refuse('schema');
  const envelope = read.value as Envelope<Payloads[Topic]>;
  const { account_id: account, payload, event_id: eventId } = envelope;
  if (account !== accountId && account !== '') return refuse('other_account');
  const atMs = parseIsoTime('at' in payload ? payload.at : envelope.ingested_at);
  if (atMs === null || !isPlausibleTime(atMs) || atMs - now.nowMs > AHEAD_MAX_MS) return refuse('time');
  // A clock that is ahead gains nothing by it.
  const ageMs = Math.max(0, now.nowMs - atMs);
  return { ok: true, heard: { payload: slim(payload), eventId, atMs, asOfUs: now.nowUs - ageMs * 1000 } };
}

const refuse = (refusal: Refusal | 'other_account') => ({ ok: false, refusal }) as const;
