import { expect, test } from 'bun:test';
import type { Attempt } from '../model/values.ts';
import { applyAll, emptyBook, makeCheckpoint, observe, openBook, quote, T0 } from './book.fixture.ts';
import type { Book } from './book.ts';

/** A nonce was used, and two quotes with the same terms explain the change: it waits to be attributed. */
function withUsedNonce(): { readonly book: Book; readonly first: Attempt } {
  const book = openBook(1, 1000n, 100_000n);
  const terms = { inUnits: 10n, outUnits: 500n };
  const first = quote(book, { quoteId: 'quote-1', ...terms });
  quote(book, { quoteId: 'quote-2', ...terms, deadlineAtMs: T0 + 60_001 });
  observe(book, { height: 101, timeMs: T0 + 1000, btc: 1010n, eure: 99_500n, used: [first.nonce] });
  return { book, first };
}

test('a checkpoint has the change of the balances under the names that earlier versions read', () => {
  const { book, first } = withUsedNonce();
  const stored = book.snapshot().nonces.find(({ nonce }) => nonce === first.nonce);
  expect(stored).not.toHaveProperty('balanceChange');
  expect(Object.keys(stored?.shown ?? {}).toSorted()).toEqual([
    'atMs',
    'blockHeight',
    'blockTimeMs',
    'carrier',
    'change',
    'isBlurred',
    'rest',
    'unknownUnits',
  ]);
});

test('a checkpoint that was read gives the same checkpoint, also without the names that came later', () => {
  const { book } = withUsedNonce();
  const snapshot = book.snapshot();
  const older = snapshot.nonces.map(({ shown, ...nonce }) => {
    if (shown === null) return { ...nonce, shown };
    const { carrier: _, ...rest } = shown;
    return { ...nonce, shown: rest };
  });
  for (const nonces of [snapshot.nonces, older]) {
    const again = emptyBook(1);
    expect(applyAll(again, makeCheckpoint({ ...snapshot, nonces }))).toEqual([]);
    expect(again.snapshot()).toEqual(snapshot);
  }
});

test('a group of nonces that cannot be attributed exactly stays so over a checkpoint', () => {
  const { book } = withUsedNonce();
  const snapshot = book.snapshot();
  const nonces = snapshot.nonces.map((nonce) =>
    nonce.shown === null ? nonce : { ...nonce, shown: { ...nonce.shown, isBlurred: true } },
  );
  const again = emptyBook(1);
  applyAll(again, makeCheckpoint({ ...snapshot, nonces }));
  expect(again.snapshot().nonces).toEqual(nonces);
});
