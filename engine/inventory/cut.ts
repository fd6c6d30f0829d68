// The quotes of the book as of one moment, read out piece by piece while the book goes on changing. Taking the cut copies
// references only (200,000 take about a millisecond); a quote that changes before its turn is copied first, so that every piece
// shows the moment of the cut. Mutated by state.ts and by whoever reads it out.

import type { QuoteData, QuoteEntry } from './quotes.ts';

/** A piece is about this large when it is encoded, unless a single quote is larger: encoding it takes some tenths of a millisecond. */
const PIECE_BYTES = 64 * 1024;
/** Of a quote without its texts; a candidate of its settlement is an id. */
const QUOTE_BYTES = 700;
const CANDIDATE_BYTES = 48;

export class QuoteCut {
  /** Counts the cuts of a book. */
  readonly number: number;
  readonly #lists: readonly (readonly QuoteEntry[])[];
  readonly #pieceBytes: number;
  readonly #kept = new Map<QuoteEntry, QuoteData>();
  #list = 0;
  #at = 0;

  /** @param lists copies: every quote of the book once */
  constructor(number: number, lists: readonly (readonly QuoteEntry[])[], pieceBytes = PIECE_BYTES) {
    this.number = number;
    this.#lists = lists;
    this.#pieceBytes = pieceBytes;
  }

  /** Quotes in all pieces together. */
  get count(): number {
    return this.#lists.reduce((sum, list) => sum + list.length, 0);
  }

  /** Called before a quote changes. */
  keep(quote: QuoteEntry): void {
    if (quote.cutNumber === this.number) return;
    quote.cutNumber = this.number;
    this.#kept.set(quote, dataOf(quote));
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
    for (; this.#list < this.#lists.length; this.#list++, this.#at = 0) {
      const quote = this.#lists[this.#list]?.[this.#at];
      if (quote === undefined) continue;
      this.#at++;
      const kept = this.#kept.get(quote);
      if (kept !== undefined) {
        this.#kept.delete(quote);
        return kept;
      }
      quote.cutNumber = this.number;
      return dataOf(quote);
    }
    return null;
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
