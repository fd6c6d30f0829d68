// The quotes of the book as of one moment, read out piece by piece while the book goes on changing. Taking the cut costs the
// same for any number of live quotes: nothing of them is copied then. A quote that changes before its turn is copied first, and
// one that is forgotten before its turn keeps its place in the order of signing until it was read, so that the pieces show the
// moment of the cut, in that order. Mutated by state.ts and by whoever reads it out.

import type { Pages } from '../lib/collections/pages.ts';
import type { QuoteData, QuoteEntry } from './quotes.ts';

/** A piece is about this large when it is encoded, unless a single quote is larger: copying and encoding it takes some 0.1 ms. */
const PIECE_BYTES = 24 * 1024;
/** Of a quote without its texts; a candidate of its settlement is an id. */
const QUOTE_BYTES = 700;
const CANDIDATE_BYTES = 48;

export type CutInput = {
  /** Counts the cuts of a book. */
  readonly number: number;
  /** Every quote of the book in order of signing; it changes while it is read. */
  readonly signed: Pages<QuoteEntry>;
  /** A copy of those that are over, oldest first; they are few. */
  readonly recent: readonly QuoteEntry[];
  readonly pieceBytes?: number | undefined;
};

export class QuoteCut {
  /** Quotes in all pieces together. */
  readonly count: number;
  readonly #number: number;
  readonly #signed: Pages<QuoteEntry>;
  readonly #left: Iterator<QuoteEntry>;
  readonly #recent: Iterator<QuoteEntry>;
  readonly #pieceBytes: number;
  readonly #kept = new Map<QuoteEntry, QuoteData>();
  /** Forgotten by the book, not read yet. */
  readonly #forgotten = new Set<QuoteEntry>();

  constructor({ number, signed, recent, pieceBytes }: CutInput) {
    this.count = signed.size;
    this.#number = number;
    this.#signed = signed;
    this.#left = signed[Symbol.iterator]();
    this.#recent = recent.values();
    this.#pieceBytes = pieceBytes ?? PIECE_BYTES;
  }

  /** Called before a quote changes. */
  keep(quote: QuoteEntry): void {
    if (quote.cutNumber === this.#number) return;
    quote.cutNumber = this.#number;
    this.#kept.set(quote, dataOf(quote));
  }

  /** Called when the book forgets a quote: it leaves the order of signing, at once or when it was read. */
  forget(quote: QuoteEntry): void {
    const kept = this.#kept.get(quote);
    if (kept === undefined || kept.place === 'recent') this.#signed.removeAt(quote.signedIndex);
    else this.#forgotten.add(quote);
  }

  /** It is not read any further. */
  close(): void {
    for (const { signedIndex } of this.#forgotten) this.#signed.removeAt(signedIndex);
    this.#forgotten.clear();
    this.#kept.clear();
  }

  /** The next piece; null when there is none left. */
  next(): QuoteData[] | null {
    const piece: QuoteData[] = [];
    for (let bytes = 0; bytes < this.#pieceBytes; ) {
      const quote = this.#take();
      if (quote === null) break;
      piece.push(quote);
      bytes += bytesOf(quote);
    }
    return piece.length === 0 ? null : piece;
  }

  #take(): QuoteData | null {
    for (let next = this.#left.next(); next.done !== true; next = this.#left.next()) {
      const data = this.#read(next.value, false);
      if (data !== null) return data;
    }
    for (let next = this.#recent.next(); next.done !== true; next = this.#recent.next()) {
      const data = this.#read(next.value, true);
      if (data !== null) return data;
    }
    return null;
  }

  /** The quote as it was; null when it belongs to the other list, or was signed since. */
  #read(quote: QuoteEntry, recent: boolean): QuoteData | null {
    const kept = this.#kept.get(quote);
    if (kept === undefined && quote.cutNumber === this.#number) return null;
    const data = kept ?? dataOf(quote);
    if ((data.place === 'recent') !== recent) return null;
    quote.cutNumber = this.#number;
    this.#kept.delete(quote);
    if (this.#forgotten.delete(quote)) this.#signed.removeAt(quote.signedIndex);
    return data;
  }
}

/** A copy without what is of this process alone. */
export const dataOf = (quote: QuoteEntry): QuoteData => ({
  attempt: quote.attempt,
  state: quote.state,
  seq: quote.seq,
  code: quote.code,
  settlement: quote.settlement,
  status: quote.status,
  place: quote.place,
  overAtMs: quote.overAtMs,
});

const bytesOf = ({ attempt, status, settlement }: QuoteData): number =>
  QUOTE_BYTES +
  attempt.message.length +
  (status?.frame?.length ?? 0) +
  (settlement === null ? 0 : settlement.candidates.length * CANDIDATE_BYTES);
