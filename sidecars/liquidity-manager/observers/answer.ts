// What a node answered, or why that cannot be used. The reasons are a closed list: they are codes of health.

import { type JsonBounds, readJson } from '../../../contracts/json.ts';
import { cutAndSay } from '../../../contracts/text.ts';

/**
 * Codes of health, but for the last two: the node does not know what was asked for, which is an answer, and the observer is being
 * stopped.
 */
export type FailureReason =
  | 'node_unreachable'
  | 'node_timed_out'
  | 'node_rate_limited'
  | 'node_refused'
  | 'node_unreadable'
  | 'node_answer_too_large'
  | 'node_range_refused'
  | 'node_inconsistent'
  | 'node_behind'
  | 'node_height_implausible'
  | 'node_stalled'
  | 'node_wrong_chain'
  | 'node_wrong_token'
  | NoFault;
type NoFault = 'not_found' | 'stopped';

export type Failure = { readonly ok: false; readonly reason: FailureReason; readonly detail: string };
export type Answer<T> = { readonly ok: true; readonly value: T } | Failure;

const DETAIL_BYTES_MAX = 300;

export const failure = (reason: FailureReason, detail: string): Failure => ({
  ok: false,
  reason,
  detail: cutAndSay(detail, DETAIL_BYTES_MAX),
});

export const answered = <T>(value: T): Answer<T> => ({ ok: true, value });

/** A page of 75 transactions with thousands of outputs each is less. */
export const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const BOUNDS: JsonBounds = { charsMax: ANSWER_BYTES_MAX, depthMax: 32, valuesMax: 500_000 };

export function readBody(body: string): Answer<unknown> {
  const read = readJson(body, BOUNDS);
  if (read.ok) return answered(read.value);
  return failure(read.reason === 'too_large' ? 'node_answer_too_large' : 'node_unreadable', read.detail);
}

/** By these a gateway says that the node behind it took too long. */
const TIMED_OUT: ReadonlySet<number> = new Set([408, 504, 522, 524]);

/** Why a status other than of success came, as far as it says so itself. */
export function statusFailure(status: number, body: string): Failure {
  const detail = `HTTP ${status}: ${body}`;
  if (status === 429) return failure('node_rate_limited', detail);
  if (TIMED_OUT.has(status)) return failure('node_timed_out', detail);
  return failure(status === 413 ? 'node_answer_too_large' : 'node_refused', detail);
}

export const isHeight = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= HEIGHT_MAX;
/** Centuries of blocks of either chain. */
const HEIGHT_MAX = 10_000_000_000;
