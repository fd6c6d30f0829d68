import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Fact } from '../../model/facts.ts';
import {
  applyAll,
  born,
  emptyBook,
  keepHouse,
  kindsOf,
  LIFETIME_MS,
  makeCheckpoint,
  makeStarted,
  observe,
  openBook,
  quote,
  randomBytes15,
  SALT,
  SALTS,
  T0,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import type { Salts } from './housekeeping.ts';
import { NONCE_LIFETIME_MS, NONCE_MARGIN_MS } from './lanes.ts';

const plan = (book: Book, nowMs: number, salts: Salts | null = SALTS) => book.housekeeping(nowMs, salts, randomBytes15);

const currents = (book: Book) =>
  book
    .nonces()
    .filter(({ asset, current }) => asset === EURE.id && current)
    .map(({ ceilingUnits }) => ceilingUnits as bigint);

const drains = (facts: readonly Fact[]): string[] =>
  facts.flatMap((fact) => (fact.kind === 'nonce_draining' ? [fact.why] : []));

describe('opening', () => {
  test('a nonce a lane with its share, which must be durable first', () => {
    const book = emptyBook(4);
    applyAll(book, [born, makeStarted(T0)]);
    expect(plan(book, T0)).toEqual({ immediate: [], durableFirst: [] });
    observe(book, { height: 100, timeMs: T0, btc: 0n, eure: 1000n });
    expect(plan(book, T0, null)).toEqual({ immediate: [], durableFirst: [] });
    const { immediate, durableFirst } = plan(book, T0);
    expect(immediate).toEqual([]);
    expect(durableFirst).toMatchObject(
      [500n, 166n, 166n, 166n].map((ceilingUnits, lane) => ({
        kind: 'nonce_opened',
        asset: EURE.id,
        lane,
        salt: SALT,
        nonceDeadlineAtMs: T0 + NONCE_LIFETIME_MS,
        ceilingUnits,
      })),
    );
    expect(new Set(durableFirst.map((fact) => (fact.kind === 'nonce_opened' ? fact.nonce : ''))).size).toBe(4);
    // Nothing more is granted while these are on their way to the disk.
    expect(plan(book, T0)).toEqual({ immediate: [], durableFirst: [] });
    expect(book.nonces()).toEqual([]);
    applyAll(book, durableFirst);
    expect(plan(book, T0)).toEqual({ immediate: [], durableFirst: [] });
  });

  test('no checkpoint begins while something is on its way to the disk, and a snapshot holds it', () => {
    const book = emptyBook(2);
    applyAll(book, [born, makeStarted(T0)]);
    observe(book, { height: 100, timeMs: T0, btc: 0n, eure: 1000n });
    const { durableFirst } = plan(book, T0);
    const snapshot = book.snapshot();
    expect(book.cut()).toBeNull();
    applyAll(book, durableFirst);
    expect(book.cut()?.head.nonces.length).toBe(2);
    expect(snapshot).toEqual(book.snapshot());
    const again = emptyBook(2);
    applyAll(again, makeCheckpoint(snapshot));
    expect(again.nonces()).toEqual(book.nonces());
  });
});

test('the chain is not given up while something is on its way to the disk: a restart would not know of the nonces', () => {
  const book = emptyBook(2);
  applyAll(book, [born, makeStarted(T0)]);
  observe(book, { height: 100, timeMs: T0, btc: 0n, eure: 1000n });
  const { durableFirst } = plan(book, T0);
  const now = { nowMs: T0 + 1_000_000, nowUs: 1_000_000_000 };
  expect(book.replaceChain(now, 'operator')).toEqual({ fromMs: now.nowMs + 1 });
  applyAll(book, durableFirst);
  const replaced = book.replaceChain(now, 'operator');
  if (!('fact' in replaced)) throw new Error('nothing can settle');
  expect(applyAll(book, [replaced.fact])).toEqual([]);
  expect(book.nonces()).toEqual([]);
});

describe('age', () => {
  const oldAtMs = T0 + NONCE_LIFETIME_MS - NONCE_MARGIN_MS - LIFETIME_MS;

  test('a lane changes its nonce when the longest quote would no longer fit, not before', () => {
    const book = openBook(2, 0n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 300n, atMs: oldAtMs });
    expect(plan(book, oldAtMs)).toEqual({ immediate: [], durableFirst: [] });
    const { immediate, durableFirst } = plan(book, oldAtMs + 1);
    expect(drains(immediate)).toEqual(['old', 'old']);
    // The first lane's old nonce keeps what its quote needs, the fresh one gets the rest; the second lane's held nothing.
    expect(kindsOf(immediate)).toEqual(['nonce_draining', 'nonce_draining', 'nonce_closed', 'ceiling_set']);
    expect(immediate.at(-1)).toMatchObject({ ceilingUnits: 300n });
    expect(durableFirst).toMatchObject([
      { kind: 'nonce_opened', lane: 0, ceilingUnits: 200n },
      { kind: 'nonce_opened', lane: 1, ceilingUnits: 500n },
    ]);
  });

  test('a draining nonce is closed when its last quote is over by block time, and its share returns', () => {
    const book = openBook(1, 0n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 300n, atMs: oldAtMs, deadlineAtMs: oldAtMs + 60_000 });
    keepHouse(book, oldAtMs + 1);
    expect(currents(book)).toEqual([700n]);
    observe(book, { height: 101, timeMs: oldAtMs + 60_000, btc: 0n, eure: 1000n });
    expect(keepHouse(book, oldAtMs + 60_000)).toEqual([]);
    observe(book, { height: 102, timeMs: oldAtMs + 60_001, btc: 0n, eure: 1000n });
    expect(kindsOf(keepHouse(book, oldAtMs + 60_001))).toEqual(['nonce_closed', 'ceiling_set']);
    expect(currents(book)).toEqual([1000n]);
  });
});

describe('salts', () => {
  const rotated: Salts = { current: 'aabbccdd', invalid: [] };

  test('a rotation moves one lane at a time, and waits for it', () => {
    const book = openBook(3, 0n, 1000n);
    const first = plan(book, T0, rotated);
    expect(drains(first.immediate)).toEqual(['salt_rotated']);
    expect(first.durableFirst).toMatchObject([{ kind: 'nonce_opened', lane: 0, salt: 'aabbccdd' }]);
    applyAll(book, first.immediate);
    expect(drains(plan(book, T0, rotated).immediate)).toEqual([]);
    applyAll(book, first.durableFirst);
    expect(drains(keepHouse(book, T0, rotated))).toEqual(['salt_rotated', 'salt_rotated']);
    expect(new Set(book.openNonces().map(({ salt }) => salt))).toEqual(new Set(['aabbccdd']));
  });

  test('a rotation waits while quotes of the lane that moves bind all of its share', () => {
    const book = openBook(2, 0n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 500n });
    const first = keepHouse(book, T0, rotated);
    // Nothing is left for a fresh nonce, and the second lane goes on under the old salt.
    expect(drains(first)).toEqual(['salt_rotated']);
    expect(currents(book)).toEqual([500n]);
    observe(book, { height: 101, timeMs: T0 + 60_001, btc: 0n, eure: 1000n });
    keepHouse(book, T0 + 60_001, rotated);
    expect(new Set(book.openNonces().map(({ salt }) => salt))).toEqual(new Set(['aabbccdd']));
  });

  test('a rotation does not wait for a lane of the other asset, nor for one that never had a nonce', () => {
    // One unit of BTC: its first lane has nothing to open a nonce for.
    const book = openBook(2, 1n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 500n });
    keepHouse(book, T0, rotated);
    const moved = book.nonces().filter(({ asset, current }) => asset === BTC.id && current);
    expect(moved.map(({ lane }) => lane)).toEqual([1]);
    const salts = new Map(book.openNonces().map(({ nonce, salt }) => [nonce, salt]));
    expect(moved.map(({ nonce }) => salts.get(nonce))).toEqual(['aabbccdd']);
  });

  test('an invalidated salt drains all lanes at once', () => {
    const book = openBook(3, 0n, 1000n);
    const { immediate } = plan(book, T0, { current: 'aabbccdd', invalid: [SALT] });
    expect(drains(immediate)).toEqual(['salt_invalidated', 'salt_invalidated', 'salt_invalidated']);
  });
});

describe('ceilings', () => {
  test('follow what is spendable: lowered at once, raised when durable', () => {
    const book = openBook(2, 0n, 1000n);
    observe(book, { height: 101, timeMs: T0 + 1000, btc: 0n, eure: 600n });
    const lower = plan(book, T0 + 1000);
    expect(lower.durableFirst).toEqual([]);
    expect(lower.immediate).toMatchObject([
      { kind: 'ceiling_set', ceilingUnits: 300n },
      { kind: 'ceiling_set', ceilingUnits: 300n },
    ]);
    applyAll(book, lower.immediate);
    observe(book, { height: 102, timeMs: T0 + 2000, btc: 0n, eure: 800n });
    const raise = plan(book, T0 + 2000);
    expect(raise.immediate).toEqual([]);
    expect(raise.durableFirst).toMatchObject([{ ceilingUnits: 400n }, { ceilingUnits: 400n }]);
  });

  test('are not lowered below the maximum of a live quote: the other lanes give', () => {
    const book = openBook(2, 0n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 450n });
    observe(book, { height: 101, timeMs: T0 + 1000, btc: 0n, eure: 600n });
    keepHouse(book, T0 + 1000);
    expect(currents(book)).toEqual([450n, 150n]);
  });

  test('after a settlement the used lane gets a fresh nonce with its share of what is left', () => {
    const book = openBook(2, 0n, 1000n);
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 400n });
    observe(book, { height: 101, timeMs: T0 + 1000, btc: 1n, eure: 600n, used: [nonce] });
    const { immediate, durableFirst } = plan(book, T0 + 1000);
    expect(immediate).toMatchObject([{ kind: 'ceiling_set', ceilingUnits: 300n }]);
    // One unit of BTC came in: the lane that gets the rest of the rounding.
    expect(durableFirst).toMatchObject([
      { kind: 'nonce_opened', asset: BTC.id, lane: 1, ceilingUnits: 1n },
      { kind: 'nonce_opened', asset: EURE.id, lane: 0, ceilingUnits: 300n },
    ]);
  });
});

test('a lane that the settings took away drains', () => {
  const wide = openBook(3, 0n, 1000n);
  quote(wide, { quoteId: 'a', inUnits: 1n, outUnits: 10n });
  const narrow = emptyBook(1);
  applyAll(narrow, makeCheckpoint(wide.snapshot()));
  const facts = keepHouse(narrow, T0);
  expect(drains(facts)).toEqual(['lane_removed', 'lane_removed']);
  expect(currents(narrow)).toEqual([1000n]);
});
