// What the venue names does not decide where its names contradict each other, or the balances.

import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import {
  changedAfter as after,
  applyAll,
  endsOf,
  observe,
  quote,
  startedBook as start,
  statusOf as status,
  threeQuotes,
} from '../book.fixture.ts';

test('several names under one nonce, of which one is true at most, leaves open what they do not name', () => {
  const book = start();
  const { nonce } = threeQuotes(book);
  quote(book, { quoteId: 'd', inUnits: 10n, outUnits: 200n });
  applyAll(book, [status('a'), status('b')]);
  // A deposit came with it.
  observe(book, after(1000, 10n, -150n, { used: [nonce] }));
  const facts = observe(book, after(11_000, 10n, -150n));
  expect(endsOf(facts).sort()).toEqual([
    'a uncertain unattributed',
    'b uncertain unattributed',
    'c voided sibling_settled',
    'd uncertain unattributed',
  ]);
  applyAll(book, [status('d')]);
  expect(endsOf(observe(book, after(13_000, 10n, -150n))).sort()).toEqual([
    'a voided sibling_settled',
    'b voided sibling_settled',
    'd settled settled_by_status',
  ]);
});

test('a name that no balance agrees with, next to a loss, leaves open what one does agree with', () => {
  for (const [btc, eure, ends] of [
    // "c" settled, as 50 BTC went elsewhere.
    [11n - 50n, -300n, ['a uncertain unattributed', 'b voided sibling_settled', 'c uncertain unattributed']],
    // Nothing settled.
    [-50n, 0n, ['a uncertain unattributed', 'b voided sibling_settled', 'c voided sibling_settled']],
  ] as const) {
    const book = start();
    const { nonce } = threeQuotes(book);
    applyAll(book, [status('a')]);
    const facts = observe(book, after(1000, btc, eure, { used: [nonce] }));
    expect(facts.find(({ kind }) => kind === 'balance')).toMatchObject({
      breach: expect.stringContaining(`${BTC.id} fell by ${-btc} more`),
    });
    expect(endsOf(observe(book, after(11_000, btc, eure))).sort()).toEqual([...ends]);
  }
});

test('several names that nothing fits rules nothing out, and reports the whole loss', () => {
  // "c" settled, as 50 BTC went elsewhere; the nonce was withdrawn, as EURe did, no more than a quote pays.
  for (const [names, btc, eure, asset, lossUnits] of [
    [['a', 'b'], 11n - 50n, -300n, BTC.id, 39],
    [['a', 'b'], 0n, -250n, EURE.id, 250],
    [['a', 'c'], 0n, -250n, EURE.id, 250],
  ] as const) {
    const book = start();
    const { nonce } = threeQuotes(book);
    applyAll(
      book,
      names.map((name) => status(name)),
    );
    const facts = observe(book, after(1000, btc, eure, { used: [nonce] }));
    expect(facts.find(({ kind }) => kind === 'balance')).toMatchObject({
      breach: expect.stringContaining(`${asset} fell by ${lossUnits} more`),
    });
    expect(endsOf(observe(book, after(11_000, btc, eure))).sort()).toEqual(
      ['a', 'b', 'c'].map((id) => `${id} uncertain unattributed`),
    );
  }
});
