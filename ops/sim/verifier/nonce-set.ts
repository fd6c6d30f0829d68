// Set of used nonces (64 hex digits each) whose copies share what did not change, so that every block can keep the set
// as it stood. Spread over 256 buckets by the last byte: an addition copies one bucket and the list of buckets.
import { nonceWord } from './nonce.ts';

const BUCKETS = 256;
const NO_NONCES: ReadonlySet<string> = new Set();

export class NonceSet {
  static readonly empty = new NonceSet([], 0);

  readonly #buckets: readonly (ReadonlySet<string> | undefined)[];
  readonly size: number;

  private constructor(buckets: readonly (ReadonlySet<string> | undefined)[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  #bucketOf(nonceHex: string): number {
    return Number.parseInt(nonceHex.slice(62), 16) % BUCKETS;
  }

  has(nonceHex: string): boolean {
    return this.#buckets[this.#bucketOf(nonceHex)]?.has(nonceHex) ?? false;
  }

  with(nonceHex: string): NonceSet {
    if (this.has(nonceHex)) return this;
    const index = this.#bucketOf(nonceHex);
    const buckets = [...this.#buckets];
    buckets[index] = new Set(this.#buckets[index] ?? NO_NONCES).add(nonceHex);
    return new NonceSet(buckets, this.size + 1);
  }

  /** Without every nonce that shares the word of this one. */
  withoutWordOf(nonceHex: string): NonceSet {
    const word = nonceWord(nonceHex);
    const buckets = [...this.#buckets];
    let removed = 0;
    for (const [index, bucket] of buckets.entries()) {
      const nonce = word + index.toString(16).padStart(2, '0');
      if (bucket?.has(nonce) !== true) continue;
      const rest = new Set(bucket);
      rest.delete(nonce);
      buckets[index] = rest;
      removed += 1;
    }
    return removed === 0 ? this : new NonceSet(buckets, this.size - removed);
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket;
  }
}
