// Losses that used nonces could have explained when a balance showed them, and what is known of the nonces later.

import { expect, test } from 'bun:test';
import { EURE } from '../../../contracts/assets.ts';
import type { NonceText } from '../../../contracts/ids.ts';
import {
  ACCOUNT,
  applyAll,
  changedAfter,
  emptyBook,
  endAll,
  hashOf,
  makeCheckpoint,
  makeStarted,
  plan,
  pullOf,
  quote,
  type SnapshotInput,
  startedBook,
  T0,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import { LOSS_WAIT_MS } from '../settlement/resolutions.ts';

/** @returns what is breached */
function take(book: Book, input: SnapshotInput): string[] {
  const breaches = applyAll(book, plan(book, input).facts);
  endAll(book, input.timeMs);
  return breaches;
}

const transaction = (nonce: NonceText, intentHash: string): NonNullable<SnapshotInput['transactions']> => [
  { txHash: `tx of ${intentHash}`, executed: [{ nonce, intentHash, accountId: ACCOUNT }] },
];

/** Lanes whose quotes may be missing since a crash. */
function afterCrash(lanes: number) {
  const book = startedBook(lanes);
  applyAll(book, [makeStarted(T0)]);
  const [first, second] = book.nonces().flatMap(({ asset, nonce }) => (asset === EURE.id ? [nonce] : []));
  if (first === undefined) throw new Error('no lane is open');
  return { book, first, second };
}

/** The same book, read from its checkpoint. */
function restored(book: Book, lanes: number): Book {
  const again = emptyBook(lanes);
  applyAll(again, makeCheckpoint(book.snapshot()));
  return again;
}

test.each([
  ['our own pull', 'pull', true],
  ['a payload that is not on record', 'alien', false],
  ['one that no transaction tells', null, false],
])('a loss next to a nonce that a crash may have taken quotes from, used by %s', (_by, intentHash, isLoss) => {
  const { book, first } = afterCrash(1);
  applyAll(book, [pullOf(first, 'pull')]);
  expect(take(book, changedAfter(1000, 0n, -200n, { used: [first] }))).toEqual([]);
  const transactions = intentHash === null ? [] : transaction(first, intentHash);
  const breaches = take(book, changedAfter(5000, 0n, -200n, { transactions }));
  expect(breaches).toEqual(isLoss ? [expect.stringContaining('fell by 200 more at block 1100')] : []);
  expect(take(book, changedAfter(20_000, 0n, -200n))).toEqual([]);
});

test('a loss waits for the transaction of a pull as long as that is looked for, and no longer', () => {
  for (const [ms, isLoss] of [
    [1000 + LOSS_WAIT_MS - 1, true],
    [1000 + LOSS_WAIT_MS, false],
  ] as const) {
    const { book, first } = afterCrash(1);
    applyAll(book, [pullOf(first, 'pull')]);
    take(book, changedAfter(1000, 0n, -200n, { used: [first] }));
    expect(take(book, changedAfter(ms, 0n, -200n))).toEqual([]);
    expect(book.nonces().some(({ nonce }) => nonce === first)).toBe(isLoss);
    const breaches = take(book, changedAfter(ms + 1, 0n, -200n, { transactions: transaction(first, 'pull') }));
    expect(breaches).toHaveLength(isLoss ? 1 : 0);
  }
});

test.each([false, true])(
  'of a loss next to a quote only what the quote does not pay, by a checkpoint: %p',
  (isRead) => {
    const { book } = afterCrash(1);
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 300n });
    expect(take(book, changedAfter(1000, 10n, -500n, { used: [nonce] }))).toEqual([]);
    const later = isRead ? restored(book, 1) : book;
    const breaches = take(later, changedAfter(5000, 10n, -500n, { transactions: transaction(nonce, hashOf('a')) }));
    expect(breaches).toEqual([expect.stringContaining('fell by 200 more')]);
  },
);

test('a loss is not reported while another nonce may explain it, and once when none does any more', () => {
  const { book, first, second } = afterCrash(2);
  if (second === undefined) throw new Error('two lanes are open');
  applyAll(book, [pullOf(first, 'pull'), pullOf(second, 'pull')]);
  expect(take(book, changedAfter(1000, 0n, -200n, { used: [first, second] }))).toEqual([]);
  expect(take(book, changedAfter(3000, 0n, -200n, { transactions: transaction(first, 'pull') }))).toEqual([]);
  const breaches = take(book, changedAfter(5000, 0n, -200n, { transactions: transaction(second, 'pull') }));
  expect(breaches).toHaveLength(1);
});

test('a loss stays explained where it is left open who used one of the nonces', () => {
  const { book, first, second } = afterCrash(2);
  if (second === undefined) throw new Error('two lanes are open');
  applyAll(book, [pullOf(first, 'pull')]);
  take(book, changedAfter(1000, 0n, -200n, { used: [first, second] }));
  expect(take(book, changedAfter(12_000, 0n, -200n))).toEqual([]);
  expect(take(book, changedAfter(13_000, 0n, -200n, { transactions: transaction(first, 'pull') }))).toEqual([]);
});

test('a loss that the balance reported is not reported again', () => {
  const book = startedBook(1);
  const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 300n });
  expect(take(book, changedAfter(1000, 10n, -500n, { used: [nonce] }))).toHaveLength(1);
  expect(take(book, changedAfter(5000, 10n, -500n, { transactions: transaction(nonce, hashOf('a')) }))).toEqual([]);
});
