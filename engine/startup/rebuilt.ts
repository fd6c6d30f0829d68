// How much a start rebuilt of the ledger from the journal.

import type { Book } from '../inventory/book.ts';

export type Rebuilt = {
  /** Of the journal. */
  readonly records: number;
  readonly open_quotes: number;
  readonly nonces: number;
  /** For withdrawals, not over. */
  readonly reservations: number;
};

/** To be called when everything was folded, and before anything new is. */
export function rebuiltFrom(records: number, book: Pick<Book, 'counts' | 'reservations'>): Rebuilt {
  const { open, nonces } = book.counts();
  const reservations = book.reservations().filter(({ end }) => end === null).length;
  return { records, open_quotes: open, nonces, reservations };
}
