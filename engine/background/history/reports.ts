// What the history-writers of our account report about themselves on ops.service_health, one report an instance. A report
// can only stop decisions, never allow more than the policy does: what is unknown, impossible or old counts as not written.
// Pure: time comes in, durations are measured on the monotonic clock.

import { type HealthReport, SILENCE_MS } from '../health-report.ts';

/** Writers that are followed at a time; more would have no partition to write. The one heard of longest ago is forgotten. */
const INSTANCES_MAX = 16;

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

/** null: of another process. */
export function historyReportOf({
  service,
  instanceId,
  atMs,
  writing,
  lagMs,
  leaving,
}: HealthReport): HistoryReport | null {
  if (service !== 'history-writer') return null;
  return { instanceId, atMs, writing: writing === true, lagMs, leaving };
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
      if (!(silentMs <= SILENCE_MS) || report.leaving) continue;
      writing = (writing ?? true) && report.writing;
      if (report.lagMs === null) isLagKnown = false;
      else lagMs = Math.max(lagMs ?? 0, report.lagMs);
    }
    return { writing, lagMs: isLagKnown ? lagMs : null, reportedAtMs: this.#reportedAtMs };
  }
}
