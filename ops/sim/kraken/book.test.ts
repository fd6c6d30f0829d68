import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  applyChanges,
  type Book,
  changesBetween,
  checksum,
  EMPTY_BOOK,
  faultOf,
  type Level,
  truncate,
} from './book.ts';
import { parseScaled } from './decimal.ts';
import { bookAround, bookFromTop } from './shape.ts';

const crc32 = (text: string): number => Bun.hash.crc32(text);

function levelsOf(text: string): Level[] {
  return text.split(' ').map((pair) => {
    const [price = '', qty = ''] = pair.split('/');
    const priceE1 = parseScaled(price, 1);
    const qtyE8 = parseScaled(qty, 8);
    if (!priceE1.ok || !qtyE8.ok) throw new Error(`bad level in the test: ${pair}`);
    return { priceE1: priceE1.value, qtyE8: qtyE8.value };
  });
}

// The vector of Kraken's own guide to its book checksum.
const PUBLISHED: Book = {
  asks: levelsOf(
    '45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 45290.2/0.15890660 ' +
      '45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 45297.5/0.09945542 45299.5/0.18772827',
  ),
  bids: levelsOf(
    '45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 45280.3/1.54592586 ' +
      '45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 45277.3/1.54602737 45276.6/0.15445238',
  ),
};

describe('checksum', () => {
  test('the published vector', () => {
    expect(checksum(PUBLISHED, crc32)).toBe(3_310_070_434);
  });

  test('levels below the tenth do not count', () => {
    const deeper = applyChanges(PUBLISHED, {
      bids: [{ priceE1: 1n, qtyE8: 5n }],
      asks: [{ priceE1: 900_000n, qtyE8: 5n }],
    });
    expect(checksum(deeper, crc32)).toBe(3_310_070_434);
    const nearer = applyChanges(PUBLISHED, { bids: [{ priceE1: 452_836n, qtyE8: 5n }], asks: [] });
    expect(checksum(nearer, crc32)).not.toBe(3_310_070_434);
  });
});

describe('changes', () => {
  test('the same level twice in one message: the later one counts', () => {
    const changes = { bids: levelsOf('10.0/1.0 10.0/2.0 11.0/3.0 11.0/0'), asks: [] };
    expect(applyChanges(EMPTY_BOOK, changes).bids).toEqual(levelsOf('10.0/2.0'));
  });

  test('a level pushed out of the depth is not announced, one that moves up into it is', () => {
    const before: Book = { bids: levelsOf('10.0/1 9.0/1 8.0/1'), asks: [] };
    const better = applyChanges(before, { bids: levelsOf('11.0/1'), asks: [] });
    expect(changesBetween(before, better, 2).bids).toEqual(levelsOf('11.0/1'));
    expect(changesBetween(better, before, 2).bids).toEqual(levelsOf('11.0/0 9.0/1'));
  });

  const side = fc.uniqueArray(fc.record({ priceE1: fc.bigInt(1n, 40n), qtyE8: fc.bigInt(1n, 3n) }), {
    selector: (level) => level.priceE1,
    maxLength: 30,
  });
  const anyBook = fc.record({ bids: side, asks: side }).map((changes) => applyChanges(EMPTY_BOOK, changes));

  test('a subscriber that applies and cuts has what the market shows, at every depth', () => {
    fc.assert(
      fc.property(
        fc.array(anyBook, { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 1, max: 12 }),
        (books, depth) => {
          let sent = books[0] ?? EMPTY_BOOK;
          let seen = truncate(sent, depth);
          for (const book of books) {
            seen = truncate(applyChanges(seen, changesBetween(sent, book, depth)), depth);
            sent = book;
            expect(seen).toEqual(truncate(book, depth));
          }
        },
      ),
    );
  });
});

describe('shape', () => {
  test('every book around a price is sound, as deep as asked, and as wide', () => {
    fc.assert(
      fc.property(fc.bigInt(10_000n, 2_000_000n), fc.bigInt(-5n, 100n), (midE1, spreadE1) => {
        const book = bookAround(midE1, spreadE1);
        expect(faultOf(book)).toBeNull();
        expect([book.bids.length, book.asks.length]).toEqual([100, 100]);
        const spread = (book.asks[0]?.priceE1 ?? 0n) - (book.bids[0]?.priceE1 ?? 0n);
        expect(spread).toBe(spreadE1 < 1n ? 1n : spreadE1);
      }),
    );
  });

  test('a small move changes few levels', () => {
    const changes = changesBetween(bookAround(389_000n), bookAround(389_013n), 10);
    expect(changes.bids.length + changes.asks.length).toBeLessThanOrEqual(8);
  });

  test.each([
    ['crossed', bookFromTop({ bidE1: 20n, askE1: 20n, bidQtyE8: 1n, askQtyE8: 1n }), 'best bid is not below best ask'],
    ['no quantity', { bids: [{ priceE1: 1n, qtyE8: 0n }], asks: [] }, 'bids[0] has no quantity'],
    ['out of order', { bids: [], asks: levelsOf('2.0/1 1.0/1') }, 'asks[1] is out of order'],
  ])('a book that cannot exist is named: %s', (_name, book, reason) => {
    expect(faultOf(book)).toBe(reason);
  });
});
