// What this run of the process knows beyond the facts: how its clocks and the chain's hang together, and when the newest balance
// was read. None of it survives a restart, since what an earlier run read says nothing of now.

import type { Fact } from '../model/facts.ts';
import type { Observation } from '../model/observation.ts';
import type { ObservationPlan } from './plan-observation.ts';
import { type Anchors, anchorAt, anchorsAfter, type ClockAnchor } from './settlement/evidence.ts';

type ReadSnapshot = Pick<Observation, 'block' | 'readAtMs' | 'readAtUs' | 'confirmed' | 'confirmedTimeMs'>;

const NO_ANCHORS: Anchors = { used: null, next: null };

export class RunKnowledge {
  #anchors: Anchors = NO_ANCHORS;
  /** The snapshot whose balance is about to be applied. */
  #planned: { readonly blockHeight: number; readonly readAtUs: number } | null = null;
  #readAtUs: number | null = null;
  /** Time of the latest block that took something away which no balance on record shows; null: there is none. */
  #heldAtBlockTimeMs: number | null = null;

  /** Monotonic time of the read behind the newest balance that was taken in this run; null when none was. */
  readAtUs(): number | null {
    return this.#readAtUs;
  }

  /** Ties the clocks of this run together; null before the first snapshot. */
  anchor(): ClockAnchor | null {
    return this.#anchors.used;
  }

  /** A snapshot was read. @returns the anchor to judge it by */
  read(snapshot: ReadSnapshot, longestBoundMs: () => number): ClockAnchor {
    this.#anchors = anchorsAfter(this.#anchors, snapshot, longestBoundMs);
    return this.#anchors.used ?? anchorAt(snapshot);
  }

  /** What was planned for it. @param hasBalance some balance is on record */
  planned(snapshot: ReadSnapshot, plan: Pick<ObservationPlan, 'verdict' | 'heldUnits'>, hasBalance: boolean): void {
    const { block, readAtUs } = snapshot;
    const { verdict, heldUnits } = plan;
    // Its time, and not its height: that is the word of one endpoint, which can be far ahead of the chain. Times are bounded.
    if (heldUnits.size > 0) this.#heldAtBlockTimeMs = Math.max(this.#heldAtBlockTimeMs ?? 0, block.timeMs);
    if (verdict === 'taken') this.#planned = { blockHeight: block.height, readAtUs };
    // What is on record, less what this snapshot takes away, can be counted on: also after a restart.
    if (verdict === 'unconfirmed' && hasBalance) this.#readAtUs = readAtUs;
  }

  /** A fact was applied. @returns whether what is held back is to be given back */
  applied(fact: Fact): boolean {
    if (fact.kind === 'chain_replaced') {
      this.#anchors = NO_ANCHORS;
      this.#planned = null;
      this.#readAtUs = null;
      this.#heldAtBlockTimeMs = null;
      return true;
    }
    if (fact.kind !== 'balance' || fact.blockHeight !== this.#planned?.blockHeight) return false;
    this.#readAtUs = this.#planned.readAtUs;
    this.#planned = null;
    // One of before that block, as an endpoint that is behind gives it, cannot show what went.
    if (this.#heldAtBlockTimeMs !== null && fact.blockTimeMs < this.#heldAtBlockTimeMs) return false;
    this.#heldAtBlockTimeMs = null;
    return true;
  }
}
