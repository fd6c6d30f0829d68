// What the history-writers of our account report about themselves on ops.service_health, one report an instance. A report
// can only stop decisions, never allow more than the policy does: what is unknown, impossible or old counts as not written.
// Pure: time comes in, durations are measured on the monotonic clock.

import { Value } from '@sinclair/typebox/value';
import type { Envelope } from '../../../contracts/envelope.ts';
import { readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import type { OpsServiceHealth } from '../../../contracts/topics/ops-service-health.ts';
import { topicOf } from '../../../contracts/topics/registry.ts';

/** Silence after which it is not known whether history is written: three missed records. */
export const HISTORY_SILENCE_MS = 15_000;
/** Writers that are followed at a time; more would have no partition to write. The one heard of longest ago is forgotten. */
const INSTANCES_MAX = 16;
/** A record is under 2 KB. */
const RECORD_BYTES_MAX = 65_536;

export type HistoryReport = {
  readonly instanceId: string;
  /** When the writer made it, by its clock. */
  readonly atMs: number;
  readonly writing: boolean;
  /** null: not known. */
  readonly lagMs: number | null;
  /** It is ending by itself: its partitions go to others. */
  readonly leaving: boolean;
};

/** Over all writers that were heard of lately. */
export type HistoryStatus = {
  /** Each of them is writing; null: none was heard of. */
  readonly writing: boolean | null;
  /** Of the slowest; null: not known. */
  readonly lagMs: number | null;
  /** Time of the newest report, however old. */
  readonly reportedAtMs: number | null;
};

const decoder = new TextDecoder();

/** The report in the text of a record; null: none of a history-writer of this account, or not possible as it is. */
export function historyReportIn(bytes: Uint8Array, accountId: string): HistoryReport | null {
  if (bytes.length > RECORD_BYTES_MAX) return null;
  const read = readJson(decoder.decode(bytes), SMALL_JSON);
  if (!read.ok || !Value.Check(topicOf('ops.service_health').readerSchema, read.value)) return null;
  const envelope = read.value as Envelope<OpsServiceHealth>;
  const { payload } = envelope;
  if (payload.service !== 'history-writer') return null;
  // A writer without an account of its own writes the records of all.
  if (envelope.account_id !== '' && envelope.account_id !== accountId) return null;
  const atMs = parseIsoTime(payload.at);
  const others = [payload.since, payload.started_at, envelope.ingested_at, envelope.observed_at ?? payload.at];
  if (atMs === null || others.some((text) => parseIsoTime(text) === null)) return null;
  if (payload.lag_ms !== null && !(payload.lag_ms >= 0)) return null;
  return {
    instanceId: payload.instance_id,
    atMs,
    writing: payload.writing === true,
    lagMs: payload.lag_ms,
    leaving: payload.notes.some((note) => /(^|\.)draining$/.test(note)),
  };
}

/** Known to be written: somebody reported lately, all who did are writing, and none is too far behind. */
export function isHistoryWritten({ writing, lagMs }: HistoryStatus, maxLagMs: number): boolean {
  return writing === true && lagMs !== null && lagMs <= maxLagMs;
}

type Known = { readonly report: HistoryReport; readonly heardUs: number; readonly ageMs: number };

export class HistoryReports {
  /** By instance, the one heard of longest ago first. */
  readonly #known = new Map<string, Known>();
  #reportedAtMs: number | null = null;

  /** `nowMs`, `nowUs`: wall and monotonic clock at this moment. */
  take(report: HistoryReport, nowMs: number, nowUs: number): void {
    // A report that arrives late is as old as its writer says; a writer whose clock is ahead gains nothing by it.
    const ageMs = Math.max(0, nowMs - report.atMs);
    this.#reportedAtMs = Math.min(report.atMs, nowMs);
    this.#known.delete(report.instanceId);
    this.#known.set(report.instanceId, { report, heardUs: nowUs, ageMs });
    if (this.#known.size <= INSTANCES_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }

  /** Nothing is known any more, such as when nothing can be read. */
  forget(): void {
    this.#known.clear();
  }

  status(nowUs: number): HistoryStatus {
    let writing: boolean | null = null;
    let lagMs: number | null = null;
    let isLagKnown = true;
    for (const { report, heardUs, ageMs } of this.#known.values()) {
      const silentMs = ageMs + (nowUs - heardUs) / 1000;
      if (!(silentMs <= HISTORY_SILENCE_MS) || report.leaving) continue;
      writing = (writing ?? true) && report.writing;
      if (report.lagMs === null) isLagKnown = false;
      else lagMs = Math.max(lagMs ?? 0, report.lagMs);
    }
    return { writing, lagMs: isLagKnown ? lagMs : null, reportedAtMs: this.#reportedAtMs };
  }
}
