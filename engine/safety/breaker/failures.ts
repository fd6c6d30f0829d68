// Failures in a row, as a fold: answers that the relay refused, and settlements that were begun and came to nothing. An accepted
// answer ends the row of refusals, a settlement ends both; both together are held against the limit. That an answer came too late is
// no failure of the venue, and says nothing of settlements either.

import type { QuoteHash } from '../../../contracts/ids.ts';
import type { Fact } from '../../model/facts.ts';

/** Quotes that the relay has named as being settled and whose end is not on record: as many as nonces can be open, and more. */
const NAMED_MAX = 1_024;

export class Failures {
  #rejections = 0;
  #settlements = 0;
  readonly #named = new Set<QuoteHash>();

  get inRow(): number {
    return this.#rejections + this.#settlements;
  }

  get rejections(): number {
    return this.#rejections;
  }

  get settlements(): number {
    return this.#settlements;
  }

  reset(): void {
    this.#rejections = 0;
    this.#settlements = 0;
  }

  apply(fact: Fact): void {
    if (fact.kind === 'status_seen') this.#name(fact.quoteHash);
    else if (fact.kind === 'nonce_resolved' && fact.outcome === 'burned') this.#settlements++;
    else if (fact.kind !== 'transition') return;
    else if (fact.to === 'rejected') this.#rejections++;
    else if (fact.to === 'accepted') this.#rejections = 0;
    else if (fact.to === 'settled') this.reset();
    // The relay had said that it was being settled, and its deadline passed with the nonce unused.
    else if (fact.to === 'expired' && this.#named.delete(fact.attempt.quoteHash)) this.#settlements++;
  }

  #name(quoteHash: QuoteHash): void {
    this.#named.add(quoteHash);
    if (this.#named.size <= NAMED_MAX) return;
    for (const oldest of this.#named) {
      this.#named.delete(oldest);
      return;
    }
  }
}
