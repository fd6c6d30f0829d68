// The attributions of used nonces under way and done. Each turn has a number of steps for all of them together: one that needs more goes
// on in the next turn, and one that is done is not made again while nothing that it depends on changes. Not folded: after a restart
// they are made again.

import { isPromised, type NonceEntry } from '../lanes/lanes.ts';
import type { LiveQuotes } from '../live-quotes.ts';
import { type Attribution, attributing, namedOf, type UsedNonce } from './attribution.ts';
import type { Option } from './choices.ts';

/** Sums that are looked at in one turn: 0.1 to 0.2 ms of work. */
export const STEPS_A_TURN = 150;

/** A nonce, as it was when the search began. */
type Basis = {
  readonly live: LiveQuotes;
  readonly proven: Option | undefined;
  readonly named: number;
  readonly removed: number;
  readonly size: number;
};

type Search = {
  /** What was asked for. */
  readonly change: readonly bigint[];
  readonly nonces: readonly Basis[];
  /** The snapshot that it was begun for. */
  readonly snapshot: object;
  readonly steps: Generator<void, Attribution>;
  result: Attribution | null;
  isAsked: boolean;
};

export type AttributionInput = {
  readonly snapshot: object;
  readonly assets: readonly string[];
  readonly usedNonces: readonly UsedNonce[];
  readonly change: readonly bigint[];
};

export class Attributions {
  /** Those that were asked for in this turn or the one before: one for each balance that showed nonces used, and the newest. */
  #searches: Search[] = [];
  readonly #stepsATurn: number;
  #left = 0;
  /** Of the snapshot that was asked about last. */
  #suspects: { readonly snapshot: object; readonly entries: ReadonlySet<NonceEntry> } | null = null;

  constructor(stepsATurn: number) {
    this.#stepsATurn = stepsATurn;
  }

  beginTurn(): void {
    this.#searches = this.#searches.filter(({ isAsked }) => isAsked);
    for (const each of this.#searches) each.isAsked = false;
    this.#left = this.#stepsATurn;
  }

  /**
   * The nonces under which a snapshot may have settled something: those under which something was promised at its first turn. It was
   * read before that, so what is promised in later turns is neither a part of its change nor a reason to search again.
   */
  suspectsOf(snapshot: object, nonces: Iterable<NonceEntry>): ReadonlySet<NonceEntry> {
    if (this.#suspects?.snapshot === snapshot) return this.#suspects.entries;
    const entries = new Set<NonceEntry>();
    for (const entry of nonces) if (isPromised(entry)) entries.add(entry);
    this.#suspects = { snapshot, entries };
    return entries;
  }

  /** null: it goes on in the next turn, when it is asked for again. */
  of(input: AttributionInput): Attribution | null {
    const search = this.#searches.find((each) => isOf(each, input)) ?? this.#begin(input);
    search.isAsked = true;
    while (search.result === null && this.#left > 0) {
      const next = search.steps.next();
      if (next.done === true) search.result = next.value;
      else this.#left--;
    }
    return search.result;
  }

  #begin({ snapshot, assets, usedNonces, change }: AttributionInput): Search {
    const search: Search = {
      change,
      nonces: usedNonces.map((each) => ({
        live: each.live,
        proven: each.proven,
        named: namedOf(each).size,
        removed: each.live.removed,
        size: each.live.size,
      })),
      snapshot,
      steps: attributing(assets, usedNonces, change),
      result: null,
      isAsked: true,
    };
    this.#searches.push(search);
    return search;
  }
}

const isOf = (search: Search, { snapshot, usedNonces, change }: AttributionInput): boolean =>
  search.nonces.length === usedNonces.length &&
  search.change.every((units, at) => units === change[at]) &&
  search.nonces.every((basis, at) => isSame(basis, usedNonces[at], search.snapshot === snapshot));

/** What was signed since a snapshot was read cannot have been settled by it, but by one that is read later. */
const isSame = (basis: Basis, now: UsedNonce | undefined, isSameSnapshot: boolean): boolean =>
  basis.live === now?.live &&
  basis.proven === now.proven &&
  basis.named === namedOf(now).size &&
  basis.removed === now.live.removed &&
  (isSameSnapshot || basis.size === now.live.size);
