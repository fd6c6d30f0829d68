// What a process of our account reports about itself on ops.service_health. Total; what is impossible as it is counts as not said.

import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Envelope } from '../../contracts/envelope.ts';
import { readJson, SMALL_JSON } from '../../contracts/json.ts';
import { parseIsoTime } from '../../contracts/time.ts';
import type { OpsServiceHealth } from '../../contracts/topics/ops-service-health.ts';
import { topicOf } from '../../contracts/topics/registry.ts';

/** Silence after which it is not known how a process is: three missed records. */
export const SILENCE_MS = 15_000;
/** A record is under 2 KB. */
const RECORD_BYTES_MAX = 65_536;

export type HealthReport = {
  readonly service: string;
  readonly instanceId: string;
  /** When the process made it, by its clock. */
  readonly atMs: number;
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  /** null: not the history-writer, or not known. */
  readonly writing: boolean | null;
  readonly lagMs: number | null;
  /** It is ending by itself. */
  readonly leaving: boolean;
};

const CHECK = TypeCompiler.Compile(topicOf('ops.service_health').readerSchema);
const decoder = new TextDecoder();

/** null: of another account, or not possible as it is. */
export function healthReportIn(bytes: Uint8Array, accountId: string): HealthReport | null {
  if (bytes.length > RECORD_BYTES_MAX) return null;
  const read = readJson(decoder.decode(bytes), SMALL_JSON);
  if (!read.ok || !CHECK.Check(read.value)) return null;
  const envelope = read.value as Envelope<OpsServiceHealth>;
  const { payload } = envelope;
  // A process without an account of its own serves all.
  if (envelope.account_id !== '' && envelope.account_id !== accountId) return null;
  const atMs = parseIsoTime(payload.at);
  const others = [payload.since, payload.started_at, envelope.ingested_at, envelope.observed_at ?? payload.at];
  if (atMs === null || others.some((text) => parseIsoTime(text) === null)) return null;
  if (payload.lag_ms !== null && !(payload.lag_ms >= 0)) return null;
  return {
    service: payload.service,
    instanceId: payload.instance_id,
    atMs,
    healthy: payload.healthy,
    reasons: payload.reasons,
    writing: payload.writing,
    lagMs: payload.lag_ms,
    leaving: payload.notes.some((note) => /(^|\.)draining$/.test(note)),
  };
}
