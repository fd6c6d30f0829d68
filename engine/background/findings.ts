// What the reconciler found, as it reports it: the newest run, and the findings that are open. Pure: time comes in.

import { FINDING_TEXT } from '../../contracts/codes/findings.ts';
import type { OpsReconciliation } from '../../contracts/topics/ops-reconciliation.ts';
import type { Moment } from '../model/values.ts';
import { Latest } from './latest.ts';
import type { Refusal } from './ops-record.ts';

type Finding = { readonly seq: number; readonly isOver: boolean; readonly code: string; readonly atMs: number };

export type ReconciliationRun = {
  readonly status: string;
  readonly atMs: number;
  /** null: the run did not say. */
  readonly openFindings: number | null;
};

/** A status that this version does not know leaves a finding open. */
const OVER: readonly string[] = ['corrected', 'resolved', 'dismissed'];

export class Findings {
  readonly #findings = new Latest<Finding>();
  #run: ReconciliationRun | null = null;

  take(payload: OpsReconciliation, atMs: number, now: Moment): Refusal | null {
    const { kind, status } = payload;
    if (kind === 'run') {
      // The order of the topic, which has one partition, is that of the runs.
      this.#run = { status, atMs, openFindings: payload.open_findings };
      return null;
    }
    if (kind !== 'finding') return null;
    const { finding_id: id, finding_seq: seq, finding_code: code } = payload;
    if (id === null || seq === null || code === null) return 'schema';
    this.#findings.take(id, { seq, code, isOver: OVER.includes(status), atMs }, now);
    return null;
  }

  forget(): void {
    this.#findings.forget();
    this.#run = null;
  }

  lastRun(): ReconciliationRun | null {
    return this.#run;
  }

  /** How many are open, by code; unknown codes by `other`, so that whoever writes the topic cannot make names without bound. */
  open(nowUs: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { code, isOver } of this.#findings.entries(nowUs)) {
      if (isOver) continue;
      const name = Object.hasOwn(FINDING_TEXT, code) ? code : 'other';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  isComplete(nowUs: number): boolean {
    return this.#findings.isComplete(nowUs);
  }
}
