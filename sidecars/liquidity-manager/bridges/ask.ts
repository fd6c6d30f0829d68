// One request to a bridge, and its answer as JSON within bounds or as a named failure.

import { type JsonReviver, readJson } from '../../../contracts/json.ts';
import { retryAfterMs } from '../../../contracts/retry-after.ts';
import { boundedFetch } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { cutAndSay } from '../../../contracts/text.ts';
import type { BridgeFailure, BridgeResult } from './bridge.ts';

export type Question = {
  readonly url: string;
  /** JSON; null: a GET. */
  readonly body: string | null;
  readonly clock: Pick<Clock, 'after' | 'nowMs'>;
  readonly signal: AbortSignal;
  readonly reviver?: JsonReviver;
};

/** What came; `json` is undefined when the body was none. */
export type BridgeAnswer = { readonly status: number; readonly json: unknown; readonly retryAfterMs: number | null };

const TIME_LIMIT_MS = 10_000;
/** A page of 100 deposits has some 50 kB and 1,300 values. */
const BYTES_MAX = 524_288;
const BOUNDS = { charsMax: BYTES_MAX, depthMax: 16, valuesMax: 20_000 } as const;
/** Longest time that a bridge is left alone because it asks for that. */
const RETRY_AFTER_MAX_MS = 300_000;
const DETAIL_BYTES_MAX = 300;

export async function askBridge({ url, body, clock, signal, reviver }: Question): Promise<BridgeResult<BridgeAnswer>> {
  const answer = await boundedFetch({
    url,
    ...(body === null ? {} : { body, headers: { 'content-type': 'application/json' } }),
    timers: clock,
    timeLimitMs: TIME_LIMIT_MS,
    bytesMax: BYTES_MAX,
    signal,
  });
  if (!answer.ok) return bridgeFailure('unreachable', `${answer.reason}: ${answer.detail}`);
  return { ok: true, value: readAnswer(answer, clock.nowMs(), reviver) };
}

/** Total: whatever the body is. */
export function readAnswer(
  { status, body, retryAfter }: { readonly status: number; readonly body: string; readonly retryAfter: string | null },
  nowMs: number,
  reviver?: JsonReviver,
): BridgeAnswer {
  const waitMs = retryAfterMs(retryAfter, nowMs);
  const read = readJson(body, BOUNDS, reviver);
  return {
    status,
    json: read.ok ? read.value : undefined,
    retryAfterMs: waitMs === null ? null : Math.min(waitMs, RETRY_AFTER_MAX_MS),
  };
}

export const bridgeFailure = (
  reason: BridgeFailure['reason'],
  detail: string,
  retryAfter: number | null = null,
): BridgeFailure => ({ ok: false, reason, detail: cutAndSay(detail, DETAIL_BYTES_MAX), retryAfterMs: retryAfter });
