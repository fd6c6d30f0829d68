// Puts the state together again from the facts of a checkpoint, which come one after the other.

import type { Fact } from '../model/facts.ts';
import type { QuoteData } from './quotes.ts';
import { beginRestoration, type Restoration, restoreState } from './snapshot.ts';
import { fromVersion1 } from './snapshot-v1.ts';
import type { BookOptions, BookState } from './state.ts';

export type CheckpointFact = Extract<
  Fact,
  { readonly kind: 'checkpoint' | 'checkpoint_begin' | 'checkpoint_part' | 'checkpoint_end' }
>;

export class CheckpointReader {
  readonly #options: BookOptions;
  /** A checkpoint of which the end was not read yet. */
  #restoration: Restoration | null = null;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** @returns the state when the checkpoint is complete, else null @throws Error when parts of it are missing */
  read(fact: CheckpointFact): BookState | null {
    switch (fact.kind) {
      case 'checkpoint':
        return restoreState(this.#options, fromVersion1(fact.book));
      case 'checkpoint_begin':
        this.#restoration = beginRestoration(this.#options, fact.book);
        return null;
      case 'checkpoint_part':
        this.#restoration?.add(fact.quotes as readonly QuoteData[]);
        return null;
      case 'checkpoint_end': {
        if (this.#restoration === null) throw new Error("the journal's checkpoint has an end and no begin");
        const state = this.#restoration.finish();
        this.#restoration = null;
        return state;
      }
    }
  }
}
