// A record of an ops.* topic -> its payload, or why it is passed over. Total: whatever the bytes are. What arrives there can be made
// by anybody who may write to Kafka: nothing of it may do more than take risk away.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../../contracts/envelope.ts';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { isPlausibleTime, parseIsoTime } from '../../contracts/time.ts';
import type { OpsFundingObservation } from '../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../contracts/topics/ops-liquidity-action.ts';
import type { OpsReconciliation } from '../../contracts/topics/ops-reconciliation.ts';
import { topicOf } from '../../contracts/topics/registry.ts';

export type OpsPayloads = {
  'ops.liquidity_action': OpsLiquidityAction;
  'ops.funding_observation': OpsFundingObservation;
  'ops.reconciliation': OpsReconciliation;
};
export type OpsTopic = keyof OpsPayloads;

export const OPS_TOPICS = [
  'ops.liquidity_action',
  'ops.funding_observation',
  'ops.reconciliation',
] as const satisfies readonly OpsTopic[];

/** In words of metrics and of the log. */
export const REFUSALS = [
  'empty',
  'too_large',
  'not_json',
  'schema',
  'time',
  'account_differs',
  'status',
  'asset',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export type OpsRead<Payload> =
  | { readonly ok: true; readonly payload: Payload; readonly atMs: number }
  | { readonly ok: false; readonly refusal: Refusal }
  /** It is another account's. */
  | { readonly ok: false; readonly refusal: null };

/** A record is under 8 KB. */
const RECORD_BYTES_MAX = 65_536;

const decoder = new TextDecoder();

const CHECKS = {
  'ops.liquidity_action': TypeCompiler.Compile(topicOf('ops.liquidity_action').readerSchema),
  'ops.funding_observation': TypeCompiler.Compile(topicOf('ops.funding_observation').readerSchema),
  'ops.reconciliation': TypeCompiler.Compile(topicOf('ops.reconciliation').readerSchema),
} as const;

export function readOpsRecord<Topic extends OpsTopic>(
  topic: Topic,
  bytes: Uint8Array | null,
  accountId: string,
): OpsRead<OpsPayloads[Topic]> {
  if (bytes === null) return refuse('empty');
  if (bytes.length > RECORD_BYTES_MAX) return refuse('too_large');
  const read = readJson(decoder.decode(bytes), SMALL_JSON);
  if (!read.ok) return refuse(read.reason);
  if (!CHECKS[topic].Check(read.value)) return refuse('schema');
  const envelope = read.value as Envelope<OpsPayloads[Topic]>;
  if (envelope.account_id !== accountId) return { ok: false, refusal: null };
  const { payload } = envelope;
  if (payload.account_id !== accountId) return refuse('account_differs');
  const atMs = parseIsoTime(payload.at);
  if (atMs === null || !isPlausibleTime(atMs)) return refuse('time');
  return { ok: true, payload, atMs };
}

const refuse = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({ ok: false, refusal });
