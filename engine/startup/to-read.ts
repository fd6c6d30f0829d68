// What the ledger needs to know of the verifier at each poll.

import type { Book } from '../inventory/book.ts';
import { saltOf } from '../inventory/lanes/nonce.ts';
import { endsAtMs, isTaken } from '../inventory/reservations/reservation.ts';
import type { ToRead } from '../verifier/read-snapshot.ts';

type ReadBook = Pick<Book, 'openNonces' | 'reservations' | 'block' | 'newestBlock'>;

/** The next balance frees what a used nonce reserves, at whatever time: see `timeFrees`. */
const NEXT_BALANCE: ToRead['timeFrees'] = [{ nonce: null, fromMs: 0 }];

/** What a snapshot has to say: the state of every nonce that is open or reserved for, and of the salts that they were made with. */
export function toRead(book: ReadBook): ToRead {
  const open = book.openNonces();
  const reserved = book.reservations().filter(isTaken);
  const reservedSalts = reserved.flatMap(({ nonce }) => (nonce === null ? null : saltOf(nonce)) ?? []);
  return {
    nonces: [...open, ...reserved].flatMap(({ nonce }) => nonce ?? []),
    salts: [...new Set([...open.map(({ salt }) => salt), ...reservedSalts])],
    timeFrees: [
      ...open.map(({ nonce, overFromMs }) => ({ nonce, fromMs: overFromMs })),
      ...reserved.flatMap((each) => ({ nonce: each.nonce, fromMs: endsAtMs(each) ?? Number.POSITIVE_INFINITY })),
      ...(isUseAhead(book) ? NEXT_BALANCE : []),
    ],
  };
}

/** A nonce is on record as used of which no balance is, as after a crash between the two: it is not read again. */
const isUseAhead = (book: ReadBook): boolean => (book.newestBlock()?.height ?? 0) > (book.block()?.height ?? 0);
