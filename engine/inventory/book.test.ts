import { describe, expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { Fact } from '../model/facts.ts';
import {
  ACCOUNT,
  applyAll,
  emptyBook,
  endsOf,
  hashOf,
  keepHouse,
  LIFETIME_MS,
  makeAttempt,
  makeCheckpoint,
  makeDecided,
  makeSent,
  makeStarted,
  observe,
  openBook,
  plan,
  quote,
  T0,
} from './book.fixture.ts';
import type { Book } from './book.ts';
import { RECENT_MAX, RECENT_MS } from './fold/over.ts';
import { CLOCK_SKEW_MAX_MS } from './settlement/evidence.ts';
import type { BookSnapshot } from './snapshot.ts';

const eureNonce = (book: Book) => {
  const view = book.nonces().find(({ asset }) => asset === EURE.id);
  if (view === undefined) throw new Error('no nonce');
  return view;
};

describe('views', () => {
  test('there is no inventory before the first balance', () => {
    const book = emptyBook(1);
    expect(book.inventory('BTC->EURe')).toBeNull();
    expect(book.capital(EURE.id)).toMatchObject({ creditedUnits: 0n });
    expect(book.capital('nep141:other' as typeof EURE.id)).toBeNull();
  });

  test('are the same objects until something changes', () => {
    const book = openBook(1, 1000n, 1000n);
    const view = book.inventory('BTC->EURe');
    expect(view).toMatchObject({
      inventoryId: `inv-${ACCOUNT}-100`,
      blockHeight: 100,
      readAtMs: T0,
      received: { asset: BTC.id },
      paid: { asset: EURE.id, spendableUnits: 1000n, ceilingsUnits: 1000n },
    });
    expect(book.inventory('BTC->EURe')).toBe(view);
    expect(book.inventory('EURe->BTC')).toMatchObject({ paid: { asset: BTC.id } });
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 10n });
    const next = book.inventory('BTC->EURe');
    expect(next).not.toBe(view);
    expect(next?.received).toBe(view?.received as never);
    expect(next?.paid).toMatchObject({ reservedForOrdersUnits: 10n });
    // A quote within the lane's reservation promises nothing more.
    quote(book, { quoteId: 'b', inUnits: 1n, outUnits: 9n });
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 10n });
  });

  test('an attempt has the state of its last step, until it is over', () => {
    const book = openBook(1, 1000n, 1000n);
    const attempt = quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 10n, sent: false });
    expect(book.attemptState(attempt.quoteId)).toMatchObject({ state: 'proposed', seq: 0, attempt });
    applyAll(book, [makeSent(attempt, T0)]);
    expect(book.attemptState(attempt.quoteId)).toMatchObject({ state: 'submitted', seq: 1 });
    expect(book.liveQuotes().map(({ attempt: { quoteId } }) => quoteId)).toEqual([attempt.quoteId]);
    observe(book, { height: 101, timeMs: T0 + 60_001, btc: 1000n, eure: 1000n });
    expect(book.attemptState(attempt.quoteId)).toBeNull();
    expect(book.liveQuotes()).toEqual([]);
    // Its hash is known a while longer: quote_status may be late.
    expect(book.knowsHash(hashOf('a'))).toBe(true);
    expect(book.knowsHash(hashOf('b'))).toBe(false);
  });
});

describe('what does not fit is said in words and changes nothing that binds', () => {
  const attemptOf = (book: Book, over: { quoteId?: string; outUnits?: bigint } = {}) =>
    makeAttempt({
      quoteId: 'x',
      inUnits: 1n,
      outUnits: 10n,
      lane: 0,
      nonce: eureNonce(book).nonce,
      deadlineAtMs: T0 + 60_000,
      ...over,
    });

  test.each([
    ['a quote signed twice', (book: Book) => makeDecided(attemptOf(book, { quoteId: 'a' }), T0), 'was signed before'],
    [
      'a quote above the ceiling',
      (book: Book) => makeDecided(attemptOf(book, { outUnits: 1001n }), T0),
      "beyond its nonce's ceiling",
    ],
    [
      'a step that skips one',
      (book: Book) => ({
        ...makeSent(attemptOf(book, { quoteId: 'a' }), T0),
        seq: 3,
        from: 'submitted',
        to: 'accepted',
      }),
      'does not follow',
    ],
    [
      'a step that the table refuses',
      (book: Book) => ({
        ...makeSent(attemptOf(book, { quoteId: 'a' }), T0),
        seq: 2,
        from: 'submitted',
        to: 'proposed',
      }),
      'does not follow',
    ],
    [
      'a nonce opened twice',
      (book: Book) => ({
        kind: 'nonce_opened',
        atMs: T0,
        asset: EURE.id,
        lane: 0,
        nonce: eureNonce(book).nonce,
        salt: '',
        nonceDeadlineAtMs: T0,
        ceilingUnits: units(0n),
      }),
      'was opened before',
    ],
    [
      'a nonce closed under a live quote',
      (book: Book) => ({ kind: 'nonce_closed', atMs: T0, nonce: eureNonce(book).nonce }),
      'stays reserved',
    ],
    [
      'a ceiling beyond what is spendable',
      (book: Book) => ({ kind: 'ceiling_set', atMs: T0, nonce: eureNonce(book).nonce, ceilingUnits: units(1001n) }),
      'ceilings of',
    ],
    [
      'a balance that is not newer',
      () => ({
        kind: 'balance',
        atMs: T0,
        blockHeight: 100,
        blockHash: '',
        blockTimeMs: T0,
        creditedUnits: {},
        settledUnits: {},
        breach: null,
      }),
      'is not newer',
    ],
  ] as const)('%s', (_, make, words) => {
    const book = openBook(1, 1000n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 10n });
    const code = words === 'ceilings of' ? 'ceilings_exceeded' : 'record_misfit';
    expect(book.apply(make(book) as Fact)).toEqual({ code, detail: expect.stringContaining(words) });
    expect(book.capital(EURE.id)?.reservedForOrdersUnits).toBeGreaterThanOrEqual(10n);
  });

  test('a quote under a nonce that was used in the same moment', () => {
    const book = openBook(1, 1000n, 1000n);
    const attempt = attemptOf(book);
    applyAll(book, [{ kind: 'nonce_used', atMs: T0, nonce: attempt.nonce, blockHeight: 101, blockTimeMs: T0 }]);
    expect(book.apply(makeDecided(attempt, T0))?.detail).toContain('takes no more quotes');
  });
});

describe('a restart', () => {
  test('after a clean stop goes on with the same nonces and ceilings', () => {
    const book = openBook(2, 1000n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 10n });
    const before = book.nonces();
    applyAll(book, [{ kind: 'closed', atMs: T0 + 1 }, makeStarted(T0 + 5000)]);
    expect(book.nonces()).toEqual(before);
  });

  test('after a crash binds every ceiling until what could have been signed is over by block time', () => {
    const book = openBook(2, 0n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 1n, outUnits: 10n });
    const restartAtMs = T0 + 5000;
    expect(applyAll(book, [makeStarted(restartAtMs)])).toEqual([]);
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 1000n, spendableUnits: 1000n });
    // The lanes go on within their ceilings.
    expect(book.admit(EURE.id, units(500n), restartAtMs + 60_000, restartAtMs).ok).toBe(true);
    expect(book.nonces().map(({ boundUntilMs }) => boundUntilMs)).toEqual([Infinity, Infinity]);
    // Counted from the first balance since: nothing was signed in between.
    observe(book, { height: 101, timeMs: restartAtMs + 1000, btc: 0n, eure: 1000n });
    const overAtMs = restartAtMs + 1000 + LIFETIME_MS + CLOCK_SKEW_MAX_MS;
    observe(book, { height: 102, timeMs: overAtMs, btc: 0n, eure: 1000n });
    expect(keepHouse(book, overAtMs)).toEqual([]);
    expect(book.nonces().map(({ boundUntilMs }) => boundUntilMs)).toEqual([overAtMs, overAtMs]);
    observe(book, { height: 103, timeMs: overAtMs + 1, btc: 0n, eure: 1000n });
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 0n });
  });

  test('after a crash no ceiling is lowered, whatever the balance says', () => {
    const book = openBook(2, 0n, 1000n);
    applyAll(book, [makeStarted(T0 + 5000)]);
    observe(book, { height: 101, timeMs: T0 + 6000, btc: 0n, eure: 900n });
    expect(keepHouse(book, T0 + 6000)).toEqual([]);
    expect(book.breach()).not.toBeNull();
  });

  test('a settlement of a quote that the crash took from the journal is no breach, beyond its ceiling it is', () => {
    const settledBy = (outUnits: bigint): Fact[] => {
      const book = openBook(2, 0n, 1000n);
      applyAll(book, [makeStarted(T0 + 5000)]);
      const { nonce } = eureNonce(book);
      return observe(book, { height: 101, timeMs: T0 + 6000, btc: 7n, eure: 1000n - outUnits, used: [nonce] });
    };
    expect(settledBy(500n)).toContainEqual(expect.objectContaining({ kind: 'balance', breach: null }));
    expect(settledBy(501n)).toContainEqual(
      expect.objectContaining({ kind: 'balance', breach: expect.stringContaining('fell by 501') }),
    );
  });

  test('after a crash with a clock that came back behind, the wait lasts until every lost quote is over', () => {
    const book = openBook(1, 1000n, 1000n);
    const durable = book.snapshot();
    // The disk hung; a minute later a quote was signed that no record tells of.
    const lost = { outUnits: 900n, deadlineAtMs: T0 + 60_000 + 70_000 };
    const again = emptyBook(1);
    const startAtMs = T0 + 20_000;
    applyAll(again, [...makeCheckpoint({ ...durable, running: true }), makeStarted(startAtMs)]);
    const at = (height: number, chainMs: number, behindMs: number) =>
      plan(again, { height, timeMs: T0 + chainMs, readAtMs: T0 + chainMs - behindMs, btc: 1000n, eure: 1000n });
    // The clock is 51 s behind: nothing is taken until it is right again.
    expect(at(200, 71_000, 51_000)).toMatchObject({ verdict: 'refused', refusal: { reason: 'block_time_ahead' } });
    applyAll(again, at(201, 75_000, 0).facts);
    for (let chainMs = 76_000; T0 + chainMs <= lost.deadlineAtMs; chainMs += 2000) {
      applyAll(again, at(200 + chainMs, chainMs, 0).facts);
      expect<bigint | undefined>(again.capital(EURE.id)?.reservedForOrdersUnits).toBe(1000n);
      keepHouse(again, T0 + chainMs, { current: 'bbbbbbbb', invalid: [] });
      expect(again.admit(EURE.id, units(lost.outUnits), T0 + chainMs + 60_000, T0 + chainMs).ok).toBe(false);
    }
    applyAll(again, at(900_000, 75_000 + LIFETIME_MS + CLOCK_SKEW_MAX_MS + 1, 0).facts);
    expect<bigint | undefined>(again.capital(EURE.id)?.reservedForOrdersUnits).toBe(0n);
  });
});

test('what is over is forgotten by number and by time', () => {
  const book = openBook(1, 0n, 1_000_000n);
  for (let index = 0; index < RECENT_MAX + 50; index++) {
    quote(book, { quoteId: `q${index}`, inUnits: 1n, outUnits: 10n, deadlineAtMs: T0 + 60_000 + index });
  }
  const over = observe(book, { height: 101, timeMs: T0 + 62_001, btc: 0n, eure: 1_000_000n });
  expect(endsOf(over)).toHaveLength(RECENT_MAX + 50);
  observe(book, { height: 102, timeMs: T0 + 62_002, btc: 0n, eure: 1_000_000n });
  expect(book.counts()).toMatchObject({ open: 0, recent: RECENT_MAX });
  expect(book.knowsHash(hashOf('q49'))).toBe(false);
  expect(book.knowsHash(hashOf('q50'))).toBe(true);
  const later = T0 + 62_001 + RECENT_MS;
  let left = RECENT_MAX;
  for (let height = 103; left > 0; height++) {
    observe(book, { height, timeMs: later + height, btc: 0n, eure: 1_000_000n });
    const { recent } = book.counts();
    // A few with each balance: no turn has to forget all of them.
    expect(left - recent).toBeWithin(1, 101);
    left = recent;
  }
  expect(book.counts()).toMatchObject({ open: 0, recent: 0 });
});

test('a checkpoint of another version is refused', () => {
  const [begin] = makeCheckpoint(emptyBook(1).snapshot());
  expect(() => emptyBook(1).apply({ ...begin, book: { version: 3 } } as Fact)).toThrow('version 2');
  const whole = { ...begin, kind: 'checkpoint', book: { version: 0 }, decided: [] } as Fact;
  expect(() => emptyBook(1).apply(whole)).toThrow('version 1');
});

test('a checkpoint that lacks quotes, or the nonce of one, is refused', () => {
  const book = openBook(1, 0n, 1000n);
  for (const quoteId of ['a', 'b']) quote(book, { quoteId, inUnits: 1n, outUnits: 10n });
  const snapshot = book.snapshot();
  const restore = (over: Partial<BookSnapshot>) => () =>
    applyAll(emptyBook(1), makeCheckpoint({ ...snapshot, ...over }));
  expect(restore({})()).toEqual([]);
  expect(restore({ quotes: snapshot.quotes.slice(1) })).toThrow('1 quotes of the 2');
  expect(restore({ nonces: [] })).toThrow('quote a without its nonce');
});
