import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { applyAll, changedAfter, observe, quote, SALT, startedBook, T0 } from '../inventory/book.fixture.ts';
import { toRead } from './to-read.ts';

test('every open nonce with its salt, and from when its quotes can be over', () => {
  const book = startedBook(1);
  const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 900n, deadlineAtMs: T0 + 60_000 });
  const { nonces, salts, timeFrees } = toRead(book);
  expect(new Set(nonces)).toEqual(new Set(book.nonces().map((view) => view.nonce)));
  expect(book.nonces().map(({ asset }) => asset)).toEqual([BTC.id, EURE.id]);
  expect(salts).toEqual([SALT]);
  expect(timeFrees.filter(({ fromMs }) => Number.isFinite(fromMs))).toEqual([{ nonce, fromMs: T0 + 60_000 }]);
});

test('while a balance is awaited that shows a nonce used, any balance frees, so that none is taken without a second endpoint', () => {
  const book = startedBook(1);
  const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 900n });
  const block = { blockHeight: 300, blockTimeMs: T0 + 200 };
  applyAll(book, [{ kind: 'nonce_used', atMs: T0 + 200, nonce, ...block }]);
  const awaiting = toRead(book);
  expect(awaiting.nonces).not.toContain(nonce);
  expect(awaiting.timeFrees).toContainEqual({ nonce: null, fromMs: 0 });
  observe(book, changedAfter(200, 10n, -900n));
  expect(toRead(book).timeFrees.some(({ fromMs }) => fromMs === 0)).toBe(false);
});
