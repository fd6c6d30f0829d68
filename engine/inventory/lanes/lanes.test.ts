import { describe, expect, test } from 'bun:test';
import { units } from '../../../contracts/amounts.ts';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { LIFETIME_MS, openBook, quote, T0 } from '../book.fixture.ts';
import { NONCE_LIFETIME_MS, NONCE_MARGIN_MS } from './lanes.ts';

const laneOf = (book: ReturnType<typeof openBook>, amount: bigint): number | null => {
  const admission = book.admit(EURE.id, units(amount), T0 + 60_000, T0);
  return admission.ok ? admission.lane : null;
};

describe('the lane that takes a quote', () => {
  test('is the one with the fewest live quotes, then the smallest growth, then the lowest number', () => {
    // Ceilings: 500, 166, 166, 166.
    const book = openBook(4, 0n, 1000n);
    const lanes = [50n, 60n, 70n, 80n].map(
      (outUnits, index) => quote(book, { quoteId: `q${index}`, inUnits: 1n, outUnits }).lane,
    );
    expect(lanes).toEqual([0, 1, 2, 3]);
    // One quote each now: growth decides, and 75 fits only into lane 3 without any.
    expect(laneOf(book, 75n)).toBe(3);
    // No growth in lanes 1 to 3: the lowest of them.
    expect(laneOf(book, 55n)).toBe(1);
    // Growth of 20 in lane 3 is the smallest.
    expect(laneOf(book, 100n)).toBe(3);
    // Only the first lane is large enough.
    expect(laneOf(book, 167n)).toBe(0);
    expect(laneOf(book, 500n)).toBe(0);
    expect(laneOf(book, 501n)).toBeNull();
    quote(book, { quoteId: 'q4', inUnits: 1n, outUnits: 40n });
    // Lane 0 has two quotes by then.
    expect(laneOf(book, 40n)).toBe(1);
  });

  test('is none for an amount of nothing or another asset', () => {
    const book = openBook(2, 0n, 1000n);
    expect(laneOf(book, 0n)).toBeNull();
    // No balance of BTC: no lane of it was opened.
    expect(book.admit(BTC.id, units(1n), T0 + 60_000, T0)).toEqual({ ok: false });
  });

  test.each([
    ['at the margin before the nonce ends', NONCE_LIFETIME_MS - NONCE_MARGIN_MS, true],
    ['a millisecond beyond it', NONCE_LIFETIME_MS - NONCE_MARGIN_MS + 1, false],
  ])('a deadline %s', (_, afterMs, isAdmitted) => {
    const book = openBook(1, 0n, 1000n);
    const nowMs = T0 + afterMs - 10_000;
    expect(book.admit(EURE.id, units(1n), T0 + afterMs, nowMs).ok).toBe(isAdmitted);
  });

  test.each([
    ['as long as the longest lifetime', LIFETIME_MS, true],
    ['a millisecond longer', LIFETIME_MS + 1, false],
  ])('a quote that lives %s', (_, lifetimeMs, isAdmitted) => {
    const book = openBook(1, 0n, 1000n);
    expect(book.admit(EURE.id, units(1n), T0 + lifetimeMs, T0).ok).toBe(isAdmitted);
  });

  test('admission changes nothing, and gives the bytes of the nonce without decoding it again', () => {
    const book = openBook(1, 0n, 1000n);
    const before = book.snapshot();
    const first = book.admit(EURE.id, units(1n), T0 + 60_000, T0);
    expect(book.admit(EURE.id, units(1n), T0 + 60_000, T0)).toBe(first);
    expect(book.snapshot()).toEqual(before);
    if (!first.ok) throw new Error('not admitted');
    expect(first.nonceBytes.toBase64()).toBe(first.nonce);
  });
});
