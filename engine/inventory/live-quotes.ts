// The live quotes of one nonce, with an index for each question that is asked about them, so that no answer depends on how
// many there are: the one that pays most, the first to end, equal terms, those that the venue named. Mutated by the fold alone.
//
// A quote is added before its answer leaves, and only what it pays is asked for until then: it comes into the indexes with the next
// question, which is the step that follows the sending.

import { Heap } from '../lib/collections/heap.ts';
import { LongMap } from '../lib/collections/long-map.ts';
import { Pages } from '../lib/collections/pages.ts';
import { SigningPrices, type WorsePrice } from './lanes/signing-prices.ts';
import { isOpen, type QuoteEntry } from './quotes.ts';
import { Terms, termsKey } from './terms.ts';

/** Of all quotes of a nonce, since they pay the same asset. We lose by a rise of BTC where we pay it. */
const worsePriceOf = ({ direction }: QuoteEntry['attempt']): WorsePrice =>
  direction === 'EURe->BTC' ? 'higher' : 'lower';

/** A quote, what the heaps are ordered by, its places in them, and the quotes with its amounts. */
type Node = {
  readonly quote: QuoteEntry;
  readonly deadlineAtMs: number;
  readonly amountOutUnits: bigint;
  readonly terms: Terms;
  deadlineAt: number;
  sizeAt: number;
  /** Its index among those that are open; null: it is not. */
  openIndex: number | null;
};

const isEarlier = (a: Node, b: Node): boolean =>
  a.deadlineAtMs === b.deadlineAtMs ? a.quote.liveIndex < b.quote.liveIndex : a.deadlineAtMs < b.deadlineAtMs;

export class LiveQuotes {
  /** In order of signing. */
  readonly #nodes = new Pages<Node>();
  readonly #byDeadline = new Heap<Node>(
    // The same order after a restart: of equal deadlines the one that was signed first.
    (a, b) => isEarlier(a, b),
    (node, at) => {
      node.deadlineAt = at;
    },
  );
  readonly #bySize = new Heap<Node>(
    (a, b) => a.amountOutUnits > b.amountOutUnits,
    (node, at) => {
      node.sizeAt = at;
    },
  );
  readonly #terms = new LongMap<string, Terms>();
  /** Few: the verifier decides soon. */
  readonly #named = new Set<QuoteEntry>();
  readonly #open = new Pages<QuoteEntry>();
  /** Made with the first quote whose price is known: its direction is that of all. */
  #prices: { readonly worse: WorsePrice; readonly signed: SigningPrices } | null = null;
  /** The last one that was added, while it is in no index; a second one brings it in. */
  #added: QuoteEntry | null = null;
  #longestLifetimeMs = 0;
  #latestDeadlineAtMs = 0;
  #removed = 0;

  get size(): number {
    return this.#nodes.size + (this.#added === null ? 0 : 1);
  }

  has(quote: QuoteEntry): boolean {
    return this.#indexed().#nodeOf(quote) !== null;
  }

  *[Symbol.iterator](): IterableIterator<QuoteEntry> {
    for (const { quote } of this.#indexed().#nodes) yield quote;
  }

  get terms(): Pick<LongMap<string, Terms>, 'size' | 'get' | 'values'> {
    return this.#indexed().#terms;
  }

  /** Those of which the venue says that a settlement is under way or done. */
  get named(): ReadonlySet<QuoteEntry> {
    return this.#indexed().#named;
  }

  /** Those whose outcome is neither known nor in doubt: proposed, submitted or accepted. */
  get open(): Iterable<QuoteEntry> {
    return this.#indexed().#open;
  }

  /** Amount of the quote that pays most; 0 when there is none. */
  get largestUnits(): bigint {
    const units = this.#bySize.peek()?.amountOutUnits ?? 0n;
    const addedUnits = this.#added?.attempt.amountOutUnits ?? 0n;
    return addedUnits > units ? addedUnits : units;
  }

  /** Infinity when there is none. */
  get earliestDeadlineAtMs(): number {
    const atMs = this.#byDeadline.peek()?.deadlineAtMs ?? Number.POSITIVE_INFINITY;
    return Math.min(atMs, this.#added?.attempt.deadlineAtMs ?? Number.POSITIVE_INFINITY);
  }

  /**
   * At least the longest time from signing to the deadline of any of them: that of all quotes since there were none, so that none
   * has to be looked for when the one that lived longest is over. 0 when there is none.
   */
  get longestLifetimeMs(): number {
    return this.size === 0 ? 0 : this.#longestLifetimeMs;
  }

  /** At least the latest deadline of any of them, by the same rule. 0 when there is none. */
  get latestDeadlineAtMs(): number {
    return this.size === 0 ? 0 : this.#latestDeadlineAtMs;
  }

  /** How many were taken out so far. */
  get removed(): number {
    return this.#removed;
  }

  /** EURe per BTC: the worst of the prices at which its quotes were signed; null when none is known. */
  get worstPriceE8(): bigint | null {
    const prices = this.#indexed().#prices;
    return prices === null ? null : prices.signed.worst(this.earliestDeadlineAtMs, prices.worse);
  }

  /** Which move of the price hurts; null when no price is known. */
  get worsePrice(): WorsePrice | null {
    return this.#indexed().#prices?.worse ?? null;
  }

  add(quote: QuoteEntry): void {
    if (this.size === 0) {
      this.#longestLifetimeMs = 0;
      this.#latestDeadlineAtMs = 0;
    }
    this.#indexed().#added = quote;
    const { deadlineAtMs, signedAtMs } = quote.attempt;
    this.#latestDeadlineAtMs = Math.max(this.#latestDeadlineAtMs, deadlineAtMs);
    this.#longestLifetimeMs = Math.max(this.#longestLifetimeMs, deadlineAtMs - signedAtMs);
  }

  /** Puts the quote into the sets that its state and status belong to. */
  mark(quote: QuoteEntry): void {
    const node = this.#indexed().#nodeOf(quote);
    if (node !== null) this.#mark(node);
  }

  delete(quote: QuoteEntry): void {
    const node = this.#indexed().#nodeOf(quote);
    if (node === null) return;
    this.#removed++;
    this.#nodes.removeAt(quote.liveIndex);
    this.#byDeadline.removeAt(node.deadlineAt);
    this.#bySize.removeAt(node.sizeAt);
    this.#named.delete(quote);
    const { terms, openIndex } = node;
    if (openIndex !== null) this.#open.removeAt(openIndex);
    if (terms.delete(quote) === 0) this.#terms.delete(terms.key);
  }

  /** Takes out and returns at most `most` quotes whose deadline is before `atMs`: at equality the verifier still settles. */
  takeOverdue(atMs: number, most: number): QuoteEntry[] {
    const overdue: QuoteEntry[] = [];
    for (let first = this.#indexed().#byDeadline.peek(); first !== undefined && overdue.length < most; ) {
      if (first.deadlineAtMs >= atMs) break;
      overdue.push(first.quote);
      this.delete(first.quote);
      first = this.#byDeadline.peek();
    }
    return overdue;
  }

  /** The latest deadline, not after `latestAtMs`, that no quote with these amounts has. */
  freeDeadline(inUnits: bigint, outUnits: bigint, latestAtMs: number): number {
    return this.#indexed().#terms.get(termsKey(inUnits, outUnits))?.freeDeadline(latestAtMs) ?? latestAtMs;
  }

  /** With every quote in the indexes. */
  #indexed(): this {
    const quote = this.#added;
    if (quote === null) return this;
    this.#added = null;
    const { deadlineAtMs, amountOutUnits, referenceRateE8 = null } = quote.attempt;
    if (referenceRateE8 !== null) this.#addPrice(quote, referenceRateE8);
    const terms = this.#addTerms(quote);
    const places = { deadlineAt: 0, sizeAt: 0, openIndex: null };
    const node: Node = { quote, deadlineAtMs, amountOutUnits, terms, ...places };
    quote.liveIndex = this.#nodes.add(node);
    this.#byDeadline.push(node);
    this.#bySize.push(node);
    this.#mark(node);
    return this;
  }

  #nodeOf(quote: QuoteEntry): Node | null {
    const node = this.#nodes.at(quote.liveIndex);
    return node?.quote === quote ? node : null;
  }

  #addTerms(quote: QuoteEntry): Terms {
    const key = termsKey(quote.attempt.amountInUnits, quote.attempt.amountOutUnits);
    const present = this.#terms.get(key);
    if (present !== undefined) {
      present.add(quote);
      return present;
    }
    const terms = new Terms(key, quote);
    this.#terms.set(key, terms);
    return terms;
  }

  #addPrice({ attempt }: QuoteEntry, priceE8: bigint): void {
    this.#prices ??= { worse: worsePriceOf(attempt), signed: new SigningPrices() };
    this.#prices.signed.add(attempt.deadlineAtMs, priceE8, this.#prices.worse);
  }

  #mark(node: Node): void {
    const { quote, openIndex } = node;
    if (quote.status !== null) this.#named.add(quote);
    if (isOpen(quote.state) === (openIndex !== null)) return;
    if (openIndex !== null) this.#open.removeAt(openIndex);
    node.openIndex = openIndex === null ? this.#open.add(quote) : null;
  }
}
