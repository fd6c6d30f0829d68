// Kraken's order book as a subscriber keeps it: a snapshot, changes on top of it, cut to the subscribed depth, and after
// every change the checksum that Kraken sent with it. Pure; a book is a value and an update makes a new one.
// Invariants: bids fall and asks rise strictly in price, no level has quantity zero, a book that is handed out passed its checksum.

import { KRAKEN_CHECKSUM_LEVELS } from '../../../contracts/wire/kraken.ts';
import type { BookProblem } from '../sources.ts';
import type { BookUpdate, KrakenLevel } from './parse.ts';

export type KrakenBook = { readonly bids: readonly KrakenLevel[]; readonly asks: readonly KrakenLevel[] };

/** CRC-32 (IEEE) of ASCII text as an unsigned number; handed in because a pure file knows no runtime. */
export type Crc32 = (text: string) => number;

export type BookOutcome =
  | { readonly ok: true; readonly book: KrakenBook }
  | { readonly ok: false; readonly problem: BookProblem };

const EMPTY: KrakenBook = { bids: [], asks: [] };

type Better = (a: bigint, b: bigint) => boolean;
/** How many levels are kept, and which price is the better one. */
type Side = { readonly depth: number; readonly better: Better };
const isHigher: Better = (a, b) => a > b;
const isLower: Better = (a, b) => a < b;

/** In the order given: the same price may come more than once, the last word counts. */
function applySide(levels: readonly KrakenLevel[], changes: readonly KrakenLevel[], { depth, better }: Side) {
  if (changes.length === 0) return levels;
  const next = [...levels];
  for (const change of changes) {
    let at = 0;
    for (let level = next[at]; level !== undefined && better(level.priceE8, change.priceE8); level = next[at]) at += 1;
    const replaced = next[at]?.priceE8 === change.priceE8 ? 1 : 0;
    if (change.quantityE8 === 0n) next.splice(at, replaced);
    else next.splice(at, replaced, change);
  }
  return next.length > depth ? next.slice(0, depth) : next;
}

/** Kraken's checksum: the digits of the ten best asks, then of the ten best bids. */
export function checksumOf(book: KrakenBook, crc32: Crc32): number {
  let digits = '';
  for (const level of book.asks.slice(0, KRAKEN_CHECKSUM_LEVELS)) digits += level.digits;
  for (const level of book.bids.slice(0, KRAKEN_CHECKSUM_LEVELS)) digits += level.digits;
  return crc32(digits);
}

/** The levels of each side that are subscribed to, and the checksum's function. */
export type BookRules = { readonly depth: number; readonly crc32: Crc32 };

/** The next book; `before` is null until a snapshot came, and changes that come earlier belong to an older subscription. */
export function applyUpdate(before: KrakenBook | null, update: BookUpdate, { depth, crc32 }: BookRules): BookOutcome {
  const base = update.isSnapshot ? EMPTY : before;
  if (base === null) return { ok: false, problem: 'book_awaited' };
  const book: KrakenBook = {
    bids: applySide(base.bids, update.bids, { depth, better: isHigher }),
    asks: applySide(base.asks, update.asks, { depth, better: isLower }),
  };
  return checksumOf(book, crc32) === update.checksum
    ? { ok: true, book }
    : { ok: false, problem: 'book_checksum_mismatch' };
}
