// Makes a believable book around a price. Pure and deterministic.
// Deeper levels are on a fixed grid of prices, each with a quantity of its own, so that a small move of the price
// changes the top and perhaps one level of the grid: an update then is as short as on the real feed.

import type { Book, Level } from './book.ts';

export type TopOfBook = {
  readonly bidE1: bigint;
  readonly askE1: bigint;
  readonly bidQtyE8: bigint;
  readonly askQtyE8: bigint;
};

export type BookShape = {
  /** Levels a side. */
  readonly levels: number;
  /** Distance of the deeper levels. */
  readonly gridE1: bigint;
};

/** As many levels as the depth 100 shows; the deeper depths of the channel show these, too. */
const DEFAULT_SHAPE: BookShape = { levels: 100, gridE1: 25n };

/** 0.005 to 1.5 BTC, spread over the grid by a multiplicative hash so that neighbours differ. */
function gridQtyE8(gridIndex: bigint): bigint {
  const mixed = (gridIndex * 2_654_435_761n) & 0xffff_ffffn;
  return 500_000n + ((mixed * 149_500_000n) >> 32n);
}

/** The book with this top; deeper levels come from the grid. A top that crosses is the caller's error. */
export function bookFromTop(top: TopOfBook, shape: BookShape = DEFAULT_SHAPE): Book {
  const { gridE1, levels } = shape;
  const bids: Level[] = [{ priceE1: top.bidE1, qtyE8: top.bidQtyE8 }];
  const asks: Level[] = [{ priceE1: top.askE1, qtyE8: top.askQtyE8 }];
  // First grid price strictly below the bid, first strictly above the ask.
  const below = (top.bidE1 - 1n) / gridE1;
  const above = top.askE1 / gridE1 + 1n;
  for (let step = 0n; step < BigInt(levels - 1); step += 1n) {
    if (below - step > 0n) bids.push({ priceE1: (below - step) * gridE1, qtyE8: gridQtyE8(below - step) });
    asks.push({ priceE1: (above + step) * gridE1, qtyE8: gridQtyE8(above + step) });
  }
  return { bids, asks };
}

/** The book around a middle; `spreadE1` is at least one tick, and the lower half of an odd spread goes to the bid. */
export function bookAround(midE1: bigint, spreadE1 = 2n, shape: BookShape = DEFAULT_SHAPE): Book {
  const spread = spreadE1 < 1n ? 1n : spreadE1;
  const bidE1 = midE1 - spread / 2n;
  return bookFromTop({ bidE1, askE1: bidE1 + spread, bidQtyE8: 50_000_000n, askQtyE8: 50_000_000n }, shape);
}
