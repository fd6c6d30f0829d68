// The book of a journal that is a copy: another engine went on after it was made, opened nonces, signed, and was paid.

import { describe, expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { EURE } from '../../contracts/assets.ts';
import type { StartedFact } from '../model/facts.ts';
import {
  applyAll,
  emptyBook,
  keepHouse,
  makeCheckpoint,
  makeStarted,
  observe,
  openBook,
  quote,
  T0,
} from './book.fixture.ts';
import type { Book } from './book.ts';
import { CLOCK_SKEW_MAX_MS } from './settlement/evidence.ts';
import { QUOTE_LIFETIME_LIMIT_MS } from './settlement/waits.ts';

const [BTC_START, EURE_START] = [1000n, 1000n];
const START_MS = T0 + 20_000;
/** The first balance after the start. */
const BALANCE_MS = START_MS + 2000;
const OVER_MS = BALANCE_MS + QUOTE_LIFETIME_LIMIT_MS + CLOCK_SKEW_MAX_MS;

const startOfCopy: StartedFact = { ...makeStarted(START_MS), isCopy: true };
const noncesOf = (book: Book) => book.nonces().map(({ nonce }) => nonce);
const admits = (book: Book, atMs: number) => book.admit(EURE.id, units(1n), atMs + 60_000, atMs);

/** @param running it was made while the engine ran; else after a clean stop */
function copied(running: boolean) {
  const former = openBook(2, BTC_START, EURE_START);
  quote(former, { quoteId: 'before', inUnits: 7n, outUnits: 100n });
  const made = former.snapshot();
  const book = emptyBook(2);
  applyAll(book, [...makeCheckpoint({ ...made, running }), startOfCopy]);
  return { former, book, nonces: noncesOf(former) };
}

describe.each([
  ['while the engine ran', true],
  ['after a clean stop', false],
])('a copy made %s', (_when, running) => {
  test('signs nothing under a nonce of the copy, and nothing at all until whatever was signed since is over', () => {
    const { book, nonces } = copied(running);
    expect(admits(book, START_MS).ok).toBe(false);
    let height = 200;
    for (let atMs = BALANCE_MS; atMs <= OVER_MS; atMs += 20_000) {
      observe(book, { height: height++, timeMs: atMs, btc: BTC_START, eure: EURE_START });
      keepHouse(book, atMs);
      expect(admits(book, atMs).ok).toBe(false);
      expect<bigint | undefined>(book.capital(EURE.id)?.reservedForOrdersUnits).toBe(EURE_START);
    }
    const afterMs = OVER_MS + 1;
    observe(book, { height: height++, timeMs: afterMs, btc: BTC_START, eure: EURE_START });
    keepHouse(book, afterMs);
    const admission = admits(book, afterMs);
    if (!admission.ok) throw new Error('no lane takes a quote');
    expect(nonces).not.toContain(admission.nonce);
    expect(noncesOf(book).filter((nonce) => nonces.includes(nonce))).toEqual([]);
    expect(book.capital(EURE.id)).toMatchObject({ ceilingsUnits: EURE_START, reservedForOrdersUnits: 0n });
  });

  test('counts what a quote that it does not know took, once, and names no other quote for it', () => {
    const { former, book } = copied(running);
    const lost = quote(former, { quoteId: 'since', inUnits: 20n, outUnits: 300n, atMs: T0 + 5000 });
    const paid = { btc: BTC_START + 20n, eure: EURE_START - 300n, used: [lost.nonce] };
    const facts = [0, 15_000].flatMap((laterMs, index) =>
      observe(book, { height: 200 + index, timeMs: BALANCE_MS + laterMs, ...paid }),
    );
    expect(facts.filter(({ kind }) => kind === 'nonce_used')).toHaveLength(1);
    const resolved = facts.filter((fact) => fact.kind === 'nonce_resolved');
    expect(resolved).toMatchObject([{ nonce: lost.nonce, winner: null }]);
    expect(book.breach()).toBeNull();
    keepHouse(book, BALANCE_MS + 15_000);
    expect(book.capital(EURE.id)).toMatchObject({ creditedUnits: 700n, reservedForPositionsUnits: 0n });
    const capital = book.capital(EURE.id);
    expect(capital !== null && capital.ceilingsUnits <= 700n).toBe(true);
  });
});

test('what no nonce of the copy has is not promised either: the other engine may have opened one for it', () => {
  const former = openBook(2, BTC_START, EURE_START);
  const made = former.snapshot();
  const book = emptyBook(2);
  // It was made between two nonces of all lanes.
  applyAll(book, [...makeCheckpoint({ ...made, nonces: [] }), startOfCopy]);
  for (const [index, atMs] of [BALANCE_MS, OVER_MS].entries()) {
    observe(book, { height: 200 + index, timeMs: atMs, btc: BTC_START, eure: EURE_START });
    keepHouse(book, atMs);
    expect(admits(book, atMs).ok).toBe(false);
    expect(book.nonces()).toEqual([]);
  }
  const kept = emptyBook(2);
  applyAll(kept, makeCheckpoint(book.snapshot()));
  for (const [each, height] of [
    [book, 300],
    [kept, 300],
  ] as const) {
    observe(each, { height, timeMs: OVER_MS - 1, btc: BTC_START, eure: EURE_START });
    keepHouse(each, OVER_MS - 1);
    expect(each.nonces()).toEqual([]);
    observe(each, { height: height + 1, timeMs: OVER_MS + 1, btc: BTC_START, eure: EURE_START });
    keepHouse(each, OVER_MS + 1);
    expect(admits(each, OVER_MS + 1).ok).toBe(true);
  }
});

test('the chain of a copy is not given up before that is over: nothing would be known of it any more', () => {
  const book = emptyBook(2);
  const made = openBook(2, BTC_START, EURE_START).snapshot();
  applyAll(book, [...makeCheckpoint({ ...made, nonces: [] }), startOfCopy]);
  const replace = (atMs: number) => book.replaceChain({ nowMs: atMs, nowUs: (atMs - START_MS) * 1000 }, 'operator');
  const waitMs = QUOTE_LIFETIME_LIMIT_MS + CLOCK_SKEW_MAX_MS;
  expect(replace(START_MS + waitMs)).toHaveProperty('fromMs');
  expect(replace(START_MS + waitMs + 1)).toMatchObject({ fact: { kind: 'chain_replaced' } });
  observe(book, { height: 200, timeMs: BALANCE_MS, btc: BTC_START, eure: EURE_START });
  expect(replace(BALANCE_MS + waitMs)).toHaveProperty('fromMs');
});

test('a second start of the copy waits again, also for what was opened in between', () => {
  const { book } = copied(true);
  observe(book, { height: 200, timeMs: BALANCE_MS, btc: BTC_START, eure: EURE_START + 500n });
  keepHouse(book, BALANCE_MS);
  const opened = noncesOf(book);
  applyAll(book, [{ ...startOfCopy, atMs: BALANCE_MS + 1000 }]);
  expect(admits(book, BALANCE_MS + 1000).ok).toBe(false);
  const againMs = BALANCE_MS + QUOTE_LIFETIME_LIMIT_MS;
  observe(book, { height: 300, timeMs: againMs, btc: BTC_START, eure: EURE_START + 500n });
  expect(noncesOf(book)).toEqual(opened);
});
