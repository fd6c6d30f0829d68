// How a nonce ends without a settlement: its salt is no longer valid, its own deadline is over, or somebody used it up.

import { describe, expect, test } from 'bun:test';
import { EURE } from '../../contracts/assets.ts';
import {
  changedAfter as after,
  applyAll,
  EURE_START,
  emptyBook,
  endsOf,
  keepHouse,
  kindsOf,
  makeCheckpoint,
  observe,
  plan,
  quote,
  SALT,
  startedBook as start,
  T0,
} from './book.fixture.ts';
import { NONCE_LIFETIME_MS } from './lanes/lanes.ts';

describe('an invalidated salt', () => {
  test('leaves open quotes uncertain until their deadline, and drains the nonce', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const invalidSalts = [SALT];
    const facts = observe(book, after(1000, 0n, 0n, { invalidSalts }));
    expect(facts).toContainEqual(expect.objectContaining({ kind: 'nonce_draining', why: 'salt_invalidated' }));
    expect(endsOf(facts)).toEqual(['a uncertain salt_invalidated']);
    expect(endsOf(observe(book, after(2000, 0n, 0n, { invalidSalts })))).toEqual([]);
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 200n });
    expect(endsOf(observe(book, after(60_001, 0n, 0n, { invalidSalts })))).toEqual(['a expired deadline_passed']);
  });

  test('does not hide a settlement that the verifier has forgotten', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const facts = observe(book, after(1000, 10n, -200n, { invalidSalts: [SALT] }));
    expect(endsOf(facts)).toEqual(['a settled settled_by_balance']);
    expect(facts.some((fact) => fact.kind === 'balance' && fact.breach !== null)).toBe(false);
  });

  test('is not over by the balance of an earlier block: a settlement that came in between is found', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const invalidSalts = [SALT];
    const { facts: planned } = plan(book, after(2000, 10n, -200n, { invalidSalts }));
    const firstUse = kindsOf(planned).indexOf('nonce_used');
    // The rest did not reach the disk, and the endpoint that answers next is behind.
    applyAll(book, planned.slice(0, firstUse));
    expect(kindsOf(planned.slice(0, firstUse))).toEqual(['nonce_draining', 'nonce_draining']);
    const again = emptyBook(1);
    applyAll(again, makeCheckpoint(book.snapshot()));
    for (const each of [book, again]) {
      observe(each, after(1000, 0n, 0n));
      const facts = observe(each, after(3000, 10n, -200n, { invalidSalts }));
      expect(endsOf(facts)).toContain('a settled settled_by_balance');
      expect(facts.some((fact) => fact.kind === 'balance' && fact.breach !== null)).toBe(false);
    }
  });

  test('does not blame a later change on a nonce that could no longer be used', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    observe(book, after(1000, 0n, 0n, { invalidSalts: [SALT] }));
    const facts = observe(book, after(2000, 10n, -200n, { invalidSalts: [SALT] }));
    expect(facts.find((fact) => fact.kind === 'balance')).toMatchObject({
      breach: expect.stringContaining('fell by 200'),
    });
  });
});

describe('a nonce past its own deadline', () => {
  test('is not believed when it looks unused', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    expect(endsOf(observe(book, after(NONCE_LIFETIME_MS + 1, 10n, -200n)))).toEqual(['a settled settled_by_balance']);
  });

  test('is believed at its deadline, and later when nothing moved', () => {
    const atDeadline = start();
    quote(atDeadline, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    expect(endsOf(observe(atDeadline, after(NONCE_LIFETIME_MS, 0n, 0n)))).toEqual(['a expired deadline_passed']);
    const later = start();
    quote(later, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    expect(endsOf(observe(later, after(NONCE_LIFETIME_MS + 1, 0n, 0n)))).toEqual(['a expired deadline_passed']);
  });
});

test('an idle nonce that somebody burned is replaced', () => {
  const book = start();
  const [burned] = book.nonces().filter(({ asset }) => asset === EURE.id);
  if (burned === undefined) throw new Error('no lane');
  expect(kindsOf(observe(book, after(1000, 0n, 0n, { used: [burned.nonce] })))).toEqual([
    'nonce_used',
    'balance',
    'nonce_resolved',
    'nonce_closed',
  ]);
  keepHouse(book, T0 + 1000);
  const fresh = book.nonces().filter(({ asset, current }) => asset === EURE.id && current);
  expect(fresh).toMatchObject([{ lane: 0, ceilingUnits: EURE_START }]);
  expect(fresh[0]?.nonce).not.toBe(burned.nonce);
});
