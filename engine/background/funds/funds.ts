// What is on its way into and out of the verifier, as the liquidity-manager reports it: shown apart, and never spendable. Sums are
// null when they are not known, which is not zero. Pure: time comes in.

import { UNITS_MAX, type Units, units } from '../../../contracts/amounts.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { FundsUnderWay } from '../../model/funds.ts';
import type { Moment } from '../../model/values.ts';
import { Latest } from '../latest.ts';
import type { Refusal } from '../ops-record.ts';
import { actionEntry, type FundsEntry, type FundsKind, observationEntry } from './entry.ts';

export class Funds {
  readonly #actions = new Latest<FundsEntry>();
  readonly #observations = new Latest<FundsEntry>();

  takeAction(payload: OpsLiquidityAction, atMs: number, now: Moment): Refusal | null {
    const entry = actionEntry(payload, atMs);
    if (typeof entry === 'string') return entry;
    // A move between chains is a withdrawal and a deposit of one id.
    if (entry !== null) this.#actions.take(`${entry.kind}:${entry.id}`, entry, now);
    return null;
  }

  takeObservation(payload: OpsFundingObservation, atMs: number, now: Moment): null {
    const entry = observationEntry(payload, atMs);
    this.#observations.take(entry.id, entry, now);
    return null;
  }

  /** Nothing is known any more, such as when nothing can be read. */
  forget(): void {
    this.#actions.forget();
    this.#observations.forget();
  }

  /** False: not all that is under way could be kept. */
  isComplete(nowUs: number): boolean {
    return this.#actions.isComplete(nowUs) && this.#observations.isComplete(nowUs);
  }

  underWay(assetId: string, nowUs: number): FundsUnderWay {
    return {
      pendingInboundUnits: this.#sum(this.#actions, { kind: 'deposit', assetId }, nowUs),
      pendingOutboundUnits: this.#sum(this.#actions, { kind: 'withdrawal', assetId }, nowUs),
      preCreditInboundUnits: this.#sum(this.#observations, { kind: 'observation', assetId }, nowUs),
    };
  }

  /** At most `most` of a kind, the newest first. */
  newest(kind: FundsKind, most: number, nowUs: number): readonly FundsEntry[] {
    const from = kind === 'observation' ? this.#observations : this.#actions;
    return from
      .entries(nowUs)
      .filter((entry) => entry.kind === kind)
      .slice(-most)
      .reverse();
  }

  /** Whether any action or observation is so. */
  some(fits: (entry: FundsEntry) => boolean, nowUs: number): boolean {
    return this.#actions.entries(nowUs).some(fits) || this.#observations.entries(nowUs).some(fits);
  }

  #sum(from: Latest<FundsEntry>, of: Pick<FundsEntry, 'kind' | 'assetId'>, nowUs: number): Units | null {
    if (!from.isComplete(nowUs)) return null;
    let sum = 0n;
    for (const { kind, assetId, isUnderWay, amountUnits } of from.entries(nowUs)) {
      if (kind !== of.kind || assetId !== of.assetId || !isUnderWay) continue;
      if (amountUnits === null) return null;
      sum += amountUnits;
      // The verifier holds no such amount: something of it is not true.
      if (sum > UNITS_MAX) return null;
    }
    return units(sum);
  }
}
