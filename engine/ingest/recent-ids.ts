// Quote ids of the last while, bounded by age and by number; the oldest go first. Pure.

import type { QuoteId } from '../../contracts/ids.ts';
import { LongMap } from '../lib/collections/long-map.ts';

/** At most so many go for one that comes: the cost of a turn stays even. */
const EVICTED_AT_ONCE = 2;

export class RecentIds {
  readonly #ageMaxUs: number;
  readonly #countMax: number;
  /** In order of insertion, so the oldest id is always the first. */
  readonly #atUsById = new LongMap<QuoteId, number>();

  constructor(ageMaxMs: number, countMax: number) {
    this.#ageMaxUs = ageMaxMs * 1000;
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#atUsById.size;
  }

  has(quoteId: QuoteId): boolean {
    return this.#atUsById.has(quoteId);
  }

  /** @param atUs monotonic time */
  add(quoteId: QuoteId, atUs: number): void {
    this.#atUsById.set(quoteId, atUs);
    let left = EVICTED_AT_ONCE;
    for (const [oldest, sinceUs] of this.#atUsById.entries()) {
      if (left-- === 0 || (this.#atUsById.size <= this.#countMax && atUs - sinceUs <= this.#ageMaxUs)) break;
      this.#atUsById.delete(oldest);
    }
  }

  /** Oldest first. */
  entries(): IterableIterator<[QuoteId, number]> {
    return this.#atUsById.entries();
  }
}
