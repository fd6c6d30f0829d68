// The worst price at which the live quotes of one nonce were signed: what a move of the price is measured from. Prices
// are kept by the second of the quote's deadline, the worst of each, so that neither a quote that is added nor the answer walks over
// the quotes: an answer is new only when a second is over. What ended early keeps its second's price until then, which may pull a
// little too soon, never too late.

/** Whether a higher or a lower price is worse: we lose by a rise where we pay BTC, by a fall where we receive it. */
export type WorsePrice = 'higher' | 'lower';

const SECOND_MS = 1000;

export class SigningPrices {
  /** Worst price by second of the deadline. Bounded by the longest lifetime of a quote, 600 s, and what is not final of it. */
  readonly #bySecond = new Map<number, bigint>();
  /** The worst of all from `#fromSecond` on; null: none. */
  #worst: bigint | null = null;
  #fromSecond = 0;

  add(deadlineAtMs: number, priceE8: bigint, worse: WorsePrice): void {
    const second = Math.floor(deadlineAtMs / SECOND_MS);
    const known = this.#bySecond.get(second);
    if (known !== undefined && !isWorse(priceE8, known, worse)) return;
    this.#bySecond.set(second, priceE8);
    if (this.#worst === null || isWorse(priceE8, this.#worst, worse)) this.#worst = priceE8;
  }

  /** @param earliestAtMs the first deadline of what is live; Infinity: nothing is */
  worst(earliestAtMs: number, worse: WorsePrice): bigint | null {
    const from = Math.floor(earliestAtMs / SECOND_MS);
    if (from !== this.#fromSecond) this.#forget(from, worse);
    return this.#worst;
  }

  #forget(from: number, worse: WorsePrice): void {
    this.#fromSecond = from;
    this.#worst = null;
    for (const [second, priceE8] of this.#bySecond) {
      if (second < from) this.#bySecond.delete(second);
      else if (this.#worst === null || isWorse(priceE8, this.#worst, worse)) this.#worst = priceE8;
    }
  }
}

/** A quote is worse off the further the price can still move from it: the lowest one where a rise hurts. */
const isWorse = (priceE8: bigint, than: bigint, worse: WorsePrice): boolean =>
  worse === 'higher' ? priceE8 < than : priceE8 > than;
