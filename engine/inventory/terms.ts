// Quotes of one nonce with the same amounts: no balance can tell them apart. Most amounts are those of a single quote, of which there
// can be hundreds of thousands: sets are made from the second one on. Mutated by live-quotes.ts alone.

import type { QuoteEntry } from './quotes.ts';

export const termsKey = (inUnits: bigint, outUnits: bigint): string => `${inUnits}:${outUnits}`;

export class Terms {
  readonly key: string;
  /** While there is one. */
  #only: QuoteEntry | null;
  #many: Set<QuoteEntry> | null = null;
  /** For each deadline in use, a lower one to try next: deadlines in between are in use too. */
  #lower: Map<number, number> | null = null;

  constructor(key: string, quote: QuoteEntry) {
    this.key = key;
    this.#only = quote;
  }

  get quotes(): ReadonlySet<QuoteEntry> {
    return this.#many ?? new Set(this.#only === null ? [] : [this.#only]);
  }

  get inUnits(): bigint {
    return this.#sample?.attempt.amountInUnits ?? 0n;
  }

  get outUnits(): bigint {
    return this.#sample?.attempt.amountOutUnits ?? 0n;
  }

  add(quote: QuoteEntry): void {
    const only = this.#only;
    if (only !== null) {
      this.#only = null;
      this.#many = new Set([only]);
      this.#lower = new Map([[only.attempt.deadlineAtMs, only.attempt.deadlineAtMs - 1]]);
    }
    this.#many?.add(quote);
    this.#lower?.set(quote.attempt.deadlineAtMs, quote.attempt.deadlineAtMs - 1);
  }

  /** @returns how many are left */
  delete(quote: QuoteEntry): number {
    if (this.#only === quote) this.#only = null;
    this.#many?.delete(quote);
    this.#lower?.delete(quote.attempt.deadlineAtMs);
    return this.#many?.size ?? (this.#only === null ? 0 : 1);
  }

  /** The latest deadline, not after `latestAtMs`, that none of them has. */
  freeDeadline(latestAtMs: number): number {
    const lower = this.#lower;
    if (lower === null) return this.#only?.attempt.deadlineAtMs === latestAtMs ? latestAtMs - 1 : latestAtMs;
    let free = latestAtMs;
    for (let next = lower.get(free); next !== undefined; next = lower.get(free)) free = next;
    // Remember the way: a burst of equal requests asks for the same deadline again and again.
    for (let at = latestAtMs; at !== free; ) {
      const next = lower.get(at) ?? free;
      lower.set(at, free);
      at = next;
    }
    return free;
  }

  get #sample(): QuoteEntry | undefined {
    return this.#only ?? this.#many?.values().next().value;
  }
}
