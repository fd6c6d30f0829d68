// Capital is freed only by what two clocks agree on, and by what a second endpoint confirms.

import { describe, expect, test } from 'bun:test';
import { units } from '../../../contracts/amounts.ts';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Fact } from '../../model/facts.ts';
import {
  applyAll,
  emptyBook,
  endsOf,
  keepHouse,
  LIFETIME_MS,
  makeCheckpoint,
  makeObservedSnapshot,
  makeStarted,
  newEventId,
  observe,
  openBook,
  plan,
  quote,
  SALTS,
  T0,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import { BLOCK_AGE_MAX_MS, CLOCK_SKEW_MAX_MS, overBefore } from './evidence.ts';

const reserved = (book: Book): bigint => book.capital(EURE.id)?.reservedForOrdersUnits ?? -1n;

/** A book with one quote of 900 of 1,000 EURe that lives until T0 + 60 s. */
function withQuote(): Book {
  const book = openBook(1, 1000n, 1000n);
  quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 900n });
  return book;
}

const balances = { btc: 1000n, eure: 1000n };

describe('a block whose time cannot be true', () => {
  test.each([
    ['a day ahead', 86_400_000, 0],
    ['five minutes ahead', 300_000, 0],
    ['a millisecond more ahead than clocks may differ', CLOCK_SKEW_MAX_MS + 1, 0],
    ['as much ahead, and our clock behind', 2000, -CLOCK_SKEW_MAX_MS + 1999],
  ])('%s frees nothing and leaves nothing behind: later honest blocks are taken', (_, aheadMs, ourMs) => {
    const book = withQuote();
    const atMs = T0 + 10_000;
    const snapshot = { height: 5000, timeMs: atMs + aheadMs, readAtMs: atMs + ourMs, ...balances };
    expect(plan(book, snapshot)).toMatchObject({
      facts: [],
      verdict: 'refused',
      refusal: { reason: 'block_time_ahead' },
    });
    expect(book.readAtUs()).toBe(0);
    expect(reserved(book)).toBe(900n);
    expect(endsOf(observe(book, { height: 111, timeMs: T0 + 60_001, ...balances }))).toEqual([
      'a expired deadline_passed',
    ]);
    expect(book.readAtUs()).toBe(60_001_000);
  });

  test('as far ahead as clocks may differ is taken, and frees only what is over by our clock too', () => {
    const book = withQuote();
    const over = { height: 111, timeMs: T0 + 60_000 + CLOCK_SKEW_MAX_MS, readAtMs: T0 + 60_000, ...balances };
    expect(plan(book, over).verdict).toBe('taken');
    expect(endsOf(observe(book, over))).toEqual([]);
    expect(reserved(book)).toBe(900n);
    expect(endsOf(observe(book, { ...over, height: 112, readAtMs: T0 + 60_001 }))).toEqual([
      'a expired deadline_passed',
    ]);
  });

  test('older than final blocks are shows nothing of now', () => {
    const book = withQuote();
    const snapshot = { height: 111, timeMs: T0 + 1000, ...balances };
    const refused = plan(book, { ...snapshot, readAtMs: T0 + 1001 + BLOCK_AGE_MAX_MS });
    expect(refused).toMatchObject({ facts: [], verdict: 'refused', refusal: { reason: 'block_time_behind' } });
    expect(plan(book, { ...snapshot, readAtMs: T0 + 1000 + BLOCK_AGE_MAX_MS }).verdict).toBe('taken');
  });
});

test.each([
  ['the block', { confirmedTimeMs: T0 + 10, readAtMs: T0 + 11, readAtUs: 11_000 }, 10],
  ['our wall clock', { confirmedTimeMs: T0 + 11, readAtMs: T0 + 10, readAtUs: 11_000 }, 10],
  ['the monotonic clock, rounded down', { confirmedTimeMs: T0 + 11, readAtMs: T0 + 11, readAtUs: 10_999 }, 10],
])('what is over follows from the earliest of three clocks: %s', (_, read, ms) => {
  const block = { height: 1, hash: 'block', timeMs: read.confirmedTimeMs };
  expect(overBefore({ atMs: T0, atUs: 0 }, { block, ...read })).toBe(T0 + ms);
});

test('a wall clock that is set forward frees nothing before the time has passed, whatever the block says', () => {
  const book = withQuote();
  const snapshot = {
    ...makeObservedSnapshot(book, { height: 111, timeMs: T0 + 60_001, ...balances }),
    readAtUs: 20_000_000,
  };
  applyAll(book, book.observe(snapshot, T0 + 60_001, newEventId).facts);
  expect(reserved(book)).toBe(900n);
  const later = {
    ...makeObservedSnapshot(book, { height: 112, timeMs: T0 + 60_001, ...balances }),
    readAtUs: 60_001_000,
  };
  applyAll(book, book.observe(later, T0 + 60_001, newEventId).facts);
  expect(reserved(book)).toBe(0n);
});

test.each([
  ['a lower height', { height: 99, timeMs: T0 + 1000 }],
  ['a higher block of an earlier time', { height: 101, timeMs: T0 - 1, readAtMs: T0 + 1000 }],
  ['another block of the same height', { height: 100, timeMs: T0 + 1 }],
])('%s is refused by name', (_, block) => {
  const book = openBook(1, 1000n, 1000n);
  const snapshot = makeObservedSnapshot(book, { ...balances, ...block });
  const refused = book.observe({ ...snapshot, block: { ...snapshot.block, hash: 'other' } }, T0 + 1000, newEventId);
  expect(refused).toMatchObject({ facts: [], verdict: 'refused', refusal: { reason: 'inventory_block_went_back' } });
});

test('the block of the newest balance again is neither taken nor refused', () => {
  const book = openBook(1, 1000n, 1000n);
  expect(plan(book, { height: 100, timeMs: T0, ...balances })).toMatchObject({
    facts: [],
    verdict: 'same',
    refusal: null,
  });
});

describe('a record of an earlier version, which does not say what is over', () => {
  const old = (blockTimeMs: number, atMs: number): Fact => ({
    kind: 'balance',
    atMs,
    blockHeight: 5000,
    blockHash: 'block-5000',
    blockTimeMs,
    creditedUnits: { [BTC.id]: units(1000n), [EURE.id]: units(1000n) },
    settledUnits: {},
    breach: null,
  });

  test('frees by the time of its block', () => {
    const book = withQuote();
    applyAll(book, [old(T0 + 60_001, T0 + 59_000)]);
    expect(reserved(book)).toBe(0n);
  });

  test('and whose block was in the future frees nothing', () => {
    const book = withQuote();
    applyAll(book, [old(T0 + 300_000, T0 + 10_000)]);
    expect(reserved(book)).toBe(900n);
  });
});

describe('how old the balance is', () => {
  test('counts from the read, and a balance of an earlier run says nothing of now', () => {
    const book = openBook(1, 1000n, 1000n);
    expect(book.readAtUs()).toBe(0);
    const again = emptyBook(1);
    applyAll(again, [...makeCheckpoint(book.snapshot()), makeStarted(T0 + 1000)]);
    expect(again.inventory('BTC->EURe')).not.toBeNull();
    expect(again.readAtUs()).toBeNull();
    observe(again, { height: 101, timeMs: T0 + 2000, ...balances });
    expect(again.readAtUs()).toBe(2_000_000);
  });

  test('a plan that was not applied is no balance', () => {
    const book = openBook(1, 1000n, 1000n);
    plan(book, { height: 101, timeMs: T0 + 2000, ...balances });
    expect(book.readAtUs()).toBe(0);
  });
});

describe('a snapshot that no second endpoint confirms', () => {
  const unconfirmed = { confirmed: false, ...balances };

  test('frees nothing: no used nonce, no deadline, no higher balance', () => {
    const book = withQuote();
    const used = book.nonces().map(({ nonce }) => nonce);
    const snapshot = { height: 111, timeMs: T0 + 60_001, ...unconfirmed, eure: 5000n, used };
    expect(plan(book, snapshot)).toMatchObject({ facts: [], verdict: 'unconfirmed', refusal: null });
    expect(reserved(book)).toBe(900n);
    expect(book.capital(EURE.id)).toMatchObject({ creditedUnits: 1000n, spendableUnits: 1000n });
    expect(book.readAtUs()).toBe(60_001_000);
  });

  test('takes away at once, without a breach, until a confirmed one says otherwise', () => {
    const book = withQuote();
    expect(book.admit(EURE.id, units(1000n), T0 + 60_000, T0).ok).toBe(true);
    plan(book, { height: 101, timeMs: T0 + 1000, ...unconfirmed, eure: 950n });
    expect(book.admit(EURE.id, units(951n), T0 + 60_000, T0).ok).toBe(false);
    expect(book.admit(EURE.id, units(950n), T0 + 60_000, T0).ok).toBe(true);
    expect(book.capital(EURE.id)).toMatchObject({ spendableUnits: 950n, creditedUnits: 1000n });
    plan(book, { height: 102, timeMs: T0 + 2000, ...unconfirmed, eure: 0n });
    expect(book.breach()).toBeNull();
    expect(book.admit(EURE.id, units(1n), T0 + 60_000, T0).ok).toBe(false);
    observe(book, { height: 103, timeMs: T0 + 3000, ...balances });
    expect(book.capital(EURE.id)).toMatchObject({ spendableUnits: 1000n });
  });

  test('takes away until that block or a later one is confirmed: an earlier one, of an endpoint that is behind, cannot show it', () => {
    for (const [confirmedUnits, height] of [
      [500n, 110],
      [1000n, 111],
    ] as const) {
      const book = openBook(1, 1000n, 1000n);
      const admits = (outUnits: bigint) => book.admit(EURE.id, units(outUnits), T0 + 60_000, T0).ok;
      plan(book, { height: 110, timeMs: T0 + 10_000, ...unconfirmed, eure: 500n });
      observe(book, { height: 105, timeMs: T0 + 5000, ...balances });
      expect(book.block()?.height).toBe(105);
      expect([admits(500n), admits(501n)]).toEqual([true, false]);
      observe(book, { height, timeMs: T0 + 12_000, ...balances, eure: confirmedUnits });
      expect([admits(confirmedUnits), admits(confirmedUnits + 1n)]).toEqual([true, false]);
    }
  });

  test('takes away for seconds, whatever height it names', () => {
    const book = openBook(1, 1000n, 1000n);
    plan(book, { height: 1_000_000, timeMs: T0 + 10_000, ...unconfirmed, eure: 500n });
    observe(book, { height: 110, timeMs: T0 + 10_000, ...balances });
    expect(book.admit(EURE.id, units(1000n), T0 + 60_000, T0).ok).toBe(true);
  });

  test('says nothing of now before a first balance', () => {
    const book = emptyBook(1);
    applyAll(book, [makeStarted(T0)]);
    plan(book, { height: 101, timeMs: T0 + 2000, ...unconfirmed });
    expect(book.readAtUs()).toBeNull();
  });

  test('counts with what is on record, also in the run after it', () => {
    const again = emptyBook(1);
    applyAll(again, [...makeCheckpoint(openBook(1, 1000n, 1000n).snapshot()), makeStarted(T0 + 1000)]);
    plan(again, { height: 101, timeMs: T0 + 2000, ...unconfirmed, eure: 5000n, btc: 800n });
    expect(again.readAtUs()).toBe(2_000_000);
    expect(again.capital(EURE.id)).toMatchObject({ spendableUnits: 1000n });
    expect(again.capital(BTC.id)).toMatchObject({ spendableUnits: 800n });
  });
});

describe('a nonce that the snapshot does not name, since it was opened meanwhile', () => {
  const opened = (): { readonly book: Book; readonly before: ReturnType<Book['openNonces']> } => {
    const book = openBook(2, 1000n, 1000n);
    const settling = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 100n });
    applyAll(book, [
      { kind: 'status_seen', atMs: T0, quoteHash: settling.quoteHash, intentHash: null, txHash: null, frame: '{}' },
    ]);
    const before = book.openNonces();
    keepHouse(book, T0, SALTS);
    const late = quote(book, { quoteId: 'late', inUnits: 20n, outUnits: 150n });
    expect(before.map(({ nonce }) => nonce)).not.toContain(late.nonce);
    return { book, before };
  };

  test('does not hold up the settlement of another', () => {
    const { book, before } = opened();
    const nonces = before.map(({ nonce }) => nonce);
    const used = book.nonces().flatMap(({ nonce, draining }) => (draining === 'settling' ? [nonce] : []));
    const ends = endsOf(observe(book, { height: 101, timeMs: T0 + 1000, btc: 1010n, eure: 900n, nonces, used }));
    expect(ends).toEqual(['a settled settled_by_status']);
    // Nothing under it is over by a snapshot that did not read it.
    expect(endsOf(observe(book, { height: 102, timeMs: T0 + 60_001, btc: 1010n, eure: 900n, nonces: [] }))).toEqual([]);
    expect(reserved(book)).toBe(150n);
    expect(endsOf(observe(book, { height: 103, timeMs: T0 + 60_002, btc: 1010n, eure: 900n }))).toEqual([
      'late expired deadline_passed',
    ]);
  });

  test('refuses the snapshot when its quotes may explain the change', () => {
    const { book, before } = opened();
    const nonces = before.map(({ nonce }) => nonce);
    const snapshot = { height: 101, timeMs: T0 + 1000, btc: 1020n, eure: 850n, nonces };
    expect(plan(book, snapshot)).toMatchObject({ verdict: 'incomplete', refusal: { reason: 'snapshot_incomplete' } });
    const used = book.nonces().flatMap(({ nonce, draining }) => (draining === null ? [nonce] : []));
    const ends = endsOf(observe(book, { ...snapshot, nonces: [...nonces, ...used], used: used.slice(-1) }));
    expect(ends).toContain('late settled settled_by_balance');
  });
});

describe('another chain', () => {
  const now = (ms: number) => ({ nowMs: T0 + ms, nowUs: ms * 1000 });

  test('is seen by the use of a nonce alone, when the balance of that block was lost in a crash', () => {
    const book = withQuote();
    const used = book.openNonces().map(({ nonce }) => nonce);
    const { facts } = plan(book, { height: 5000, timeMs: T0 + 1000, btc: 1010n, eure: 100n, used });
    const kept = facts.filter(({ kind }) => kind === 'nonce_used');
    expect(kept.length).toBeGreaterThan(0);
    expect(applyAll(book, kept)).toEqual([]);
    const restored = emptyBook(1);
    applyAll(restored, makeCheckpoint(book.snapshot()));
    for (const each of [book, restored]) {
      expect(each.block()?.height).toBe(100);
      expect(each.newestBlock()).toEqual({ height: 5000, hash: null, timeMs: T0 + 1000 });
      // The same block again is no other chain: it brings the balance that was lost.
      expect(plan(each, { height: 5000, timeMs: T0 + 1000, btc: 1010n, eure: 100n, used }).verdict).toBe('taken');
      expect(plan(each, { height: 4999, timeMs: T0 + 2000, ...balances })).toMatchObject({
        verdict: 'refused',
        refusal: { reason: 'inventory_block_went_back' },
      });
      const replaced = each.replaceChain(now(60_000 + CLOCK_SKEW_MAX_MS + 1), 'ops');
      if (!('fact' in replaced)) throw new Error('refused');
      expect(applyAll(each, [replaced.fact])).toEqual([]);
      expect(each.newestBlock()).toBeNull();
      expect(plan(each, { height: 101, timeMs: T0 + 66_000, ...balances }).verdict).toBe('taken');
    }
  });

  test('is accepted once nothing that was signed can still settle', () => {
    const book = withQuote();
    expect(book.replaceChain(now(10_000), 'ops')).toEqual({ fromMs: T0 + 60_000 + CLOCK_SKEW_MAX_MS + 1 });
    expect(book.replaceChain(now(60_000 + CLOCK_SKEW_MAX_MS), 'ops')).toHaveProperty('fromMs');
    const replaced = book.replaceChain(now(60_000 + CLOCK_SKEW_MAX_MS + 1), 'ops');
    if (!('fact' in replaced)) throw new Error('refused');
    expect(applyAll(book, [replaced.fact])).toEqual([]);
    expect(book.block()).toBeNull();
    expect(book.readAtUs()).toBeNull();
    expect(book.nonces()).toEqual([]);
    const facts = observe(book, { height: 3, timeMs: T0 + 66_000, btc: 7n, eure: 70n });
    expect(endsOf(facts)).toEqual(['a uncertain chain_replaced']);
    expect(facts).toContainEqual(expect.objectContaining({ kind: 'balance', blockHeight: 3, breach: null }));
    expect(book.capital(EURE.id)).toMatchObject({ creditedUnits: 70n, reservedForOrdersUnits: 0n, realizedUnits: 0n });
    expect(book.counts().open).toBe(0);
    expect(kinds(keepHouse(book, T0 + 66_000))).toContain('nonce_opened');
  });

  test('waits for quotes that a crash took from the journal, by the time since the start', () => {
    const again = emptyBook(1);
    applyAll(again, [
      ...makeCheckpoint({ ...openBook(1, 1000n, 1000n).snapshot(), running: true }),
      makeStarted(T0 + 1000),
    ]);
    plan(again, { height: 3, timeMs: T0 + 2000, ...balances });
    const waitMs = LIFETIME_MS + CLOCK_SKEW_MAX_MS;
    expect(again.replaceChain({ nowMs: T0 + 900_000, nowUs: waitMs * 1000 }, 'ops')).toHaveProperty('fromMs');
    expect(again.replaceChain({ nowMs: T0 + 900_000, nowUs: (waitMs + 1) * 1000 }, 'ops')).toHaveProperty('fact');
  });
});

const kinds = (facts: readonly Fact[]): string[] => facts.map(({ kind }) => kind);
