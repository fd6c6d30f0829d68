// The order book that the Kraken stand-in keeps, and what it announces of it. Pure.
// Prices are EUR per BTC times 10 (`priceE1`), quantities BTC times 10^8 (`qtyE8`): the precisions that Kraken prints
// BTC/EUR in, so that a number's digits without the point are the integer itself.
// Invariant: bids fall and asks rise strictly in price, no level has quantity zero.

export type Level = { readonly priceE1: bigint; readonly qtyE8: bigint };
type Side = 'bids' | 'asks';
export type Book = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

/** Hashes ASCII text to an unsigned 32-bit CRC (IEEE); passed in because a pure file knows no runtime. */
export type Crc32 = (text: string) => number;

export const EMPTY_BOOK: Book = { bids: [], asks: [] };

const CHECKSUM_LEVELS = 10;

/** Whether `a` is nearer to the top of the side than `b`. */
const isBetter = (side: Side, a: bigint, b: bigint): boolean => (side === 'bids' ? a > b : a < b);

function applySide(side: Side, levels: readonly Level[], changes: readonly Level[]): readonly Level[] {
  const next = [...levels];
  for (const change of changes) {
    const at = next.findIndex((level) => !isBetter(side, level.priceE1, change.priceE1));
    const index = at === -1 ? next.length : at;
    const replaced = next[index]?.priceE1 === change.priceE1 ? 1 : 0;
    if (change.qtyE8 === 0n) next.splice(index, replaced);
    else next.splice(index, replaced, change);
  }
  return next;
}

/** Applies changes in the order given; quantity zero removes a level, the same level may come more than once. */
export function applyChanges(book: Book, changes: Book): Book {
  return { bids: applySide('bids', book.bids, changes.bids), asks: applySide('asks', book.asks, changes.asks) };
}

/** What a subscriber of that depth sees. */
export function truncate(book: Book, depth: number): Book {
  return { bids: book.bids.slice(0, depth), asks: book.asks.slice(0, depth) };
}

function sideChanges(before: readonly Level[], after: readonly Level[], depth: number): readonly Level[] {
  const now = new Set(after.map((level) => level.priceE1));
  const old = new Map(before.slice(0, depth).map((level) => [level.priceE1, level.qtyE8]));
  const gone = before.slice(0, depth).filter((level) => !now.has(level.priceE1));
  const set = after.slice(0, depth).filter((level) => old.get(level.priceE1) !== level.qtyE8);
  return [...gone.map(({ priceE1 }) => ({ priceE1, qtyE8: 0n })), ...set];
}

/**
 * The changes that a subscriber of `depth` is sent when the book goes from `before` to `after`. Levels that are pushed
 * out of the depth by better ones are not announced: the subscriber cuts its own book, as Kraken's guide has it.
 */
export function changesBetween(before: Book, after: Book, depth: number): Book {
  return {
    bids: sideChanges(before.bids, after.bids, depth),
    asks: sideChanges(before.asks, after.asks, depth),
  };
}

export const isUnchanged = (changes: Book): boolean => changes.bids.length === 0 && changes.asks.length === 0;

/** Kraken's checksum: digits of price and quantity of the ten best asks, then of the ten best bids. */
export function checksum(book: Book, crc32: Crc32): number {
  const digits = ({ priceE1, qtyE8 }: Level): string => `${priceE1}${qtyE8}`;
  const { bids, asks } = truncate(book, CHECKSUM_LEVELS);
  return crc32([...asks.map(digits), ...bids.map(digits)].join(''));
}

/** Says why a book cannot exist in a market, or null: levels out of order, quantities not positive, sides that cross. */
export function faultOf(book: Book): string | null {
  for (const side of ['bids', 'asks'] as const) {
    const levels = book[side];
    for (const [index, level] of levels.entries()) {
      const above = levels[index - 1];
      if (level.qtyE8 <= 0n) return `${side}[${index}] has no quantity`;
      if (above !== undefined && !isBetter(side, above.priceE1, level.priceE1))
        return `${side}[${index}] is out of order`;
    }
  }
  const bid = book.bids[0];
  const ask = book.asks[0];
  if (bid !== undefined && ask !== undefined && bid.priceE1 >= ask.priceE1) return 'best bid is not below best ask';
  return null;
}
