// What the venue names does not decide where its names contradict each other, or the balances.

import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import {
  ACCOUNT,
  changedAfter as after,
  applyAll,
  endsOf,
  hashOf,
  observe,
  pullOf,
  quote,
  startedBook as start,
  statusOf as status,
  threeQuotes,
} from '../book.fixture.ts';
import { NAME_WAIT_MS } from './resolutions.ts';

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

/** Two lanes that are used together: "a" under one nonce, "b" under the other; "a" is named. */
function twoLanes({ b }: { readonly b: readonly [inUnits: bigint, outUnits: bigint] }) {
  const book = start(2);
  const first = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
  const second = quote(book, { quoteId: 'b', inUnits: b[0], outUnits: b[1] });
  expect(first.nonce).not.toBe(second.nonce);
  applyAll(book, [pullOf(first.nonce, 'pull-a'), status('a')]);
  const used = [first.nonce, second.nonce];
  const executed = (intents: readonly string[]) =>
    intents.map((intentHash, index) => ({
      txHash: `tx-${index}`,
      executed: [{ nonce: used[index] ?? first.nonce, intentHash, accountId: ACCOUNT }],
    }));
  return { book, used, executed };
}

test('a name does not tell at once which of two lanes moved what both could: their transactions do', () => {
  for (const [intents, ends] of [
    [
      ['pull-a', hashOf('b')],
      ['a pulled pulled_by_transaction', 'b settled settled_by_status'],
    ],
    [
      [hashOf('a'), 'pull-b'],
      ['a settled settled_by_status', 'b voided nonce_burned'],
    ],
  ] as const) {
    const { book, used, executed } = twoLanes({ b: [10n, 200n] });
    expect(endsOf(observe(book, after(1000, 10n, -200n, { used })))).toEqual([]);
    // What was settled is in the balance, whichever it was.
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 0n, reservedForPositionsUnits: 0n });
    const facts = observe(book, after(3000, 10n, -200n, { transactions: executed(intents) }));
    expect(endsOf(facts).sort()).toEqual([...ends]);
  }
});

test('a name that one of two transactions confirms is believed at once, and without any after the wait', () => {
  const proven = twoLanes({ b: [10n, 200n] });
  const [transaction] = proven.executed([hashOf('a')]);
  if (transaction === undefined) throw new Error('no transaction');
  const seen = after(1000, 10n, -200n, { used: proven.used, transactions: [transaction] });
  const believed = ['a settled settled_by_status', 'b voided nonce_burned'];
  expect(endsOf(observe(proven.book, seen)).sort()).toEqual(believed);

  const { book, used } = twoLanes({ b: [10n, 200n] });
  observe(book, after(1000, 10n, -200n, { used }));
  expect(endsOf(observe(book, after(999 + NAME_WAIT_MS, 10n, -200n)))).toEqual([]);
  expect(endsOf(observe(book, after(1000 + NAME_WAIT_MS, 10n, -200n))).sort()).toEqual(believed);
});

test('a name is believed at once where no other lane could have moved the same, or both have', () => {
  const other = twoLanes({ b: [11n, 300n] });
  expect(endsOf(observe(other.book, after(1000, 10n, -200n, { used: other.used }))).sort()).toEqual([
    'a settled settled_by_status',
    'b voided nonce_burned',
  ]);
  const both = twoLanes({ b: [10n, 200n] });
  expect(endsOf(observe(both.book, after(1000, 20n, -400n, { used: both.used }))).sort()).toEqual([
    'a settled settled_by_status',
    'b settled settled_by_balance',
  ]);
});
