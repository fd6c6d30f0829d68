// The live quotes of one nonce, with an index for each question that is asked about them, so that no answer depends on how
// many there are: the one that pays most, the first to end, equal terms, those that the venue named. Mutated by the fold alone.

import { Heap } from '../lib/heap.ts';
import { isOpen, type QuoteEntry } from './quotes.ts';
import { Terms, termsKey } from './terms.ts';

/** A quote and its places in the heaps. */
type Node = { readonly quote: QuoteEntry; readonly order: number; deadlineAt: number; sizeAt: number };

export class LiveQuotes {
  /** In order of signing. */
  readonly #nodes = new Map<QuoteEntry, Node>();
  #order = 0;
  readonly #byDeadline = new Heap<Node>(
    // The same order after a restart: of equal deadlines the one that was signed first.
    ({ quote: { attempt: a }, order }, { quote: { attempt: b }, order: other }) =>
      a.deadlineAtMs === b.deadlineAtMs ? order < other : a.deadlineAtMs < b.deadlineAtMs,
    (node, at) => {
      node.deadlineAt = at;
    },
  );
  readonly #bySize = new Heap<Node>(
    (a, b) => a.quote.attempt.amountOutUnits > b.quote.attempt.amountOutUnits,
    (node, at) => {
      node.sizeAt = at;
    },
  );
  readonly #terms = new Map<string, Terms>();
  /** Those of which the venue says that a settlement is under way or done. */
  readonly named = new Set<QuoteEntry>();
  /** Those whose outcome is neither known nor in doubt: proposed, submitted or accepted. */
  readonly open = new Set<QuoteEntry>();

  get size(): number {
    return this.#nodes.size;
  }

  has(quote: QuoteEntry): boolean {
    return this.#nodes.has(quote);
  }

  [Symbol.iterator](): IterableIterator<QuoteEntry> {
    return this.#nodes.keys();
  }

  get terms(): ReadonlyMap<string, Terms> {
    return this.#terms;
  }

  /** Amount of the quote that pays most; 0 when there is none. */
  get largestUnits(): bigint {
    return this.#bySize.peek()?.quote.attempt.amountOutUnits ?? 0n;
  }

  /** Infinity when there is none. */
  get earliestDeadlineAtMs(): number {
    return this.#byDeadline.peek()?.quote.attempt.deadlineAtMs ?? Number.POSITIVE_INFINITY;
  }

  add(quote: QuoteEntry): void {
    const { amountInUnits, amountOutUnits } = quote.attempt;
    const node: Node = { quote, order: this.#order++, deadlineAt: 0, sizeAt: 0 };
    this.#nodes.set(quote, node);
    this.#byDeadline.push(node);
    this.#bySize.push(node);
    const key = termsKey(amountInUnits, amountOutUnits);
    const terms = this.#terms.get(key);
    if (terms === undefined) this.#terms.set(key, new Terms(key, quote));
    else terms.add(quote);
    this.mark(quote);
  }

  /** Puts the quote into the sets that its state and status belong to. */
  mark(quote: QuoteEntry): void {
    if (!this.#nodes.has(quote)) return;
    if (quote.status !== null) this.named.add(quote);
    if (isOpen(quote.state)) this.open.add(quote);
    else this.open.delete(quote);
  }

  delete(quote: QuoteEntry): void {
    const node = this.#nodes.get(quote);
    if (node === undefined) return;
    this.#nodes.delete(quote);
    this.#byDeadline.removeAt(node.deadlineAt);
    this.#bySize.removeAt(node.sizeAt);
    this.named.delete(quote);
    this.open.delete(quote);
    const key = termsKey(quote.attempt.amountInUnits, quote.attempt.amountOutUnits);
    const terms = this.#terms.get(key);
    if (terms?.delete(quote) === 0) this.#terms.delete(key);
  }

  /** Takes out and returns at most `most` quotes whose deadline is before `atMs`: at equality the verifier still settles. */
  takeOverdue(atMs: number, most: number): QuoteEntry[] {
    const overdue: QuoteEntry[] = [];
    for (let first = this.#byDeadline.peek(); first !== undefined && overdue.length < most; ) {
      if (first.quote.attempt.deadlineAtMs >= atMs) break;
      overdue.push(first.quote);
      this.delete(first.quote);
      first = this.#byDeadline.peek();
    }
    return overdue;
  }

  /** The latest deadline, not after `latestAtMs`, that no quote with these amounts has. */
  freeDeadline(inUnits: bigint, outUnits: bigint, latestAtMs: number): number {
    return this.#terms.get(termsKey(inUnits, outUnits))?.freeDeadline(latestAtMs) ?? latestAtMs;
  }
}
