// Whether the process that writes a topic is alive, by its reports on ops.service_health: a topic of low rate that is silent tells
// nothing, and what it said last may no longer be true. Pure: time comes in, ages are measured on the monotonic clock.

import type { Moment } from '../model/values.ts';
import { type HealthReport, SILENCE_MS } from './health-report.ts';

export type ProducerStatus = {
  /** It reported lately, and is not ending. */
  readonly isHeard: boolean;
  /** Time of the newest report, however old; null: none since the start. */
  readonly reportedAtMs: number | null;
  /** null: not heard of lately. */
  readonly healthy: boolean | null;
  readonly reasons: readonly string[];
};

/** Reasons that are kept of a report; more say nothing new. */
const REASONS_MAX = 16;
const REASON_CHARS_MAX = 128;

export class ProducerWatch {
  #last: { readonly report: HealthReport; readonly heardUs: number; readonly ageMs: number } | null = null;

  take(report: HealthReport, now: Moment): void {
    // One that arrives late is as old as it says; a clock that is ahead gains nothing by it.
    this.#last = { report, heardUs: now.nowUs, ageMs: Math.max(0, now.nowMs - report.atMs) };
  }

  /** Reports cannot be read now. */
  forget(): void {
    if (this.#last !== null) this.#last = { ...this.#last, ageMs: Number.POSITIVE_INFINITY };
  }

  status(nowUs: number): ProducerStatus {
    if (this.#last === null) return { isHeard: false, reportedAtMs: null, healthy: null, reasons: [] };
    const { report, heardUs, ageMs } = this.#last;
    const isHeard = ageMs + (nowUs - heardUs) / 1000 <= SILENCE_MS && !report.leaving;
    return {
      isHeard,
      reportedAtMs: report.atMs,
      healthy: isHeard ? report.healthy : null,
      reasons: isHeard ? report.reasons.slice(0, REASONS_MAX).map((reason) => reason.slice(0, REASON_CHARS_MAX)) : [],
    };
  }
}
