// How long to wait before the next try of something that goes on failing: doubled each time up to a limit, and short again
// after a success. Without chance: for one client that tries alone.

export class GrowingPause {
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  /** The wait before the next try. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, ms * 2);
    return ms;
  }

  /** It succeeded. */
  reset(): void {
    this.#nextMs = this.#minMs;
  }
}
