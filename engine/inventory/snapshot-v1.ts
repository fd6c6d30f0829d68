// The book as earlier versions wrote it: one value, with each nonce's live quotes inside it. Only read. Pure.

import type { QuoteData } from './quotes.ts';
import type { BookSnapshot, NonceData } from './snapshot.ts';

type SnapshotV1 = Omit<BookSnapshot, 'version' | 'quoteCount' | 'nonces' | 'quotes'> & {
  readonly version: 1;
  readonly nonces: readonly (NonceData & { readonly live: readonly QuoteData[] })[];
  readonly due: readonly QuoteData[];
  readonly recent: readonly QuoteData[];
};

/** @throws Error when it is of another version: going on without its quotes would be unsafe */
export function fromVersion1(data: unknown): BookSnapshot {
  if (!isVersion1(data)) throw new Error("the journal's checkpoint of the book is not of version 1");
  const { due, recent, nonces, ...rest } = data;
  const quotes = [...nonces.flatMap(({ live }) => live), ...due, ...recent];
  return {
    ...rest,
    version: 2,
    quoteCount: quotes.length,
    nonces: nonces.map(({ live: _live, ...nonce }) => nonce),
    quotes,
  };
}

const isVersion1 = (data: unknown): data is SnapshotV1 =>
  typeof data === 'object' && data !== null && 'version' in data && data.version === 1;
