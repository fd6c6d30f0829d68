import { expect, test } from 'bun:test';
import { Prices } from './prices.ts';

const SECOND_US = 1_000_000;
const CALM_US = 15 * SECOND_US;
const BOOK = JSON.stringify({
  channel: 'book',
  type: 'snapshot',
  data: [{ bids: [{ price: 99, qty: 1 }], asks: [{ price: 101, qty: 1 }] }],
});

/** Order books from a second to another, one each second. */
function booksOf(prices: Prices, fromS: number, toS: number): void {
  for (let second = fromS; second <= toS; second += 1) prices.kraken(BOOK, second * SECOND_US);
}

test('order books that come without a gap are all that the engine goes by, a while after they began', () => {
  const prices = new Prices(true);
  expect(prices.isSteady(CALM_US, 0)).toBe(false);
  booksOf(prices, 0, 14);
  expect(prices.isSteady(CALM_US, 14 * SECOND_US)).toBe(false);
  booksOf(prices, 15, 16);
  expect(prices.isSteady(CALM_US, 16 * SECOND_US)).toBe(true);
});

test('without them the engine may go by another source, until they have come for a while again', () => {
  const prices = new Prices(true);
  booksOf(prices, 0, 20);
  expect(prices.isSteady(CALM_US, 23 * SECOND_US)).toBe(true);
  expect(prices.isSteady(CALM_US, 24 * SECOND_US)).toBe(false);
  booksOf(prices, 40, 54);
  expect(prices.isSteady(CALM_US, 54 * SECOND_US)).toBe(false);
  booksOf(prices, 55, 55);
  expect(prices.isSteady(CALM_US, 55 * SECOND_US)).toBe(true);
});
