// Clocks that are set or do not run, and what may be freed meanwhile.

import { describe, expect, test } from 'bun:test';
import { units } from '../../../contracts/amounts.ts';
import { EURE } from '../../../contracts/assets.ts';
import {
  applyAll,
  emptyBook,
  keepHouse,
  LIFETIME_MS,
  makeCheckpoint,
  makeObservedSnapshot,
  makeStarted,
  newEventId,
  openBook,
  plan,
  quote,
  T0,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import { anchorAt, CLOCK_SKEW_MAX_MS } from './evidence.ts';

const balances = { btc: 1000n, eure: 1000n };
const reserved = (book: Book): bigint => book.capital(EURE.id)?.reservedForOrdersUnits ?? -1n;

/** A snapshot at a moment of which both clocks are given, in ms since T0. */
function poll(book: Book, height: number, wallMs: number, ranMs: number): void {
  const read = { ...makeObservedSnapshot(book, { height, timeMs: T0 + wallMs, ...balances }), readAtUs: ranMs * 1000 };
  applyAll(book, book.observe(read, T0 + wallMs, newEventId).facts);
}

describe('a machine that was suspended, in which the monotonic clock stood still', () => {
  test('after its longest lifetime a quote is over again when its deadline is past', () => {
    const book = openBook(1, 1000n, 1000n);
    const sleptMs = 3_600_000;
    let height = 3700;
    for (let ranMs = 2000; ranMs <= 2 * (LIFETIME_MS + CLOCK_SKEW_MAX_MS) + 10_000; ranMs += 2000) {
      poll(book, ++height, sleptMs + ranMs, ranMs);
    }
    const atMs = T0 + sleptMs + 170_000;
    keepHouse(book, atMs);
    quote(book, { quoteId: 'later', inUnits: 10n, outUnits: 900n, atMs, deadlineAtMs: atMs + 60_000 });
    poll(book, ++height, sleptMs + 230_000, 230_000);
    expect(reserved(book)).toBe(900n);
    poll(book, ++height, sleptMs + 230_001, 230_001);
    expect(reserved(book)).toBe(0n);
  });
});

test('how long something binds is known without looking at the quotes', () => {
  const before = openBook(1, 1000n, 1000n);
  for (let index = 0; index < 200; index++) quote(before, { quoteId: `q${index}`, inUnits: 1n, outUnits: 2n });
  const { quotes, ...head } = before.snapshot();
  let reads = 0;
  const counted = quotes.map((each) => ({
    ...each,
    attempt: Object.defineProperty({ ...each.attempt }, 'signedAtMs', {
      get() {
        reads++;
        return each.attempt.signedAtMs;
      },
    }),
  }));
  const again = emptyBook(1);
  applyAll(again, makeCheckpoint({ ...head, quotes: counted }));
  expect(reads).toBeGreaterThan(0);
  reads = 0;
  // In a run that has read no block yet, the time since its start tells when they are over.
  expect(again.replaceChain({ nowMs: T0 + 900_000, nowUs: 65_000_000 }, 'ops')).toHaveProperty('fromMs');
  // The anchor of the clocks is behind, and may be replaced after the longest lifetime.
  poll(again, 101, 1000, 1000);
  for (const ranMs of [2000, 3000, 4000]) poll(again, 101 + ranMs, 3_600_000 + ranMs, ranMs);
  expect(reads).toBe(0);
  expect(again.replaceChain({ nowMs: T0 + 900_000_000, nowUs: 65_001_000_000 }, 'ops')).toHaveProperty('fact');
});

describe('another chain is accepted', () => {
  test('after a crash also when no block of it was ever plausible', () => {
    const again = emptyBook(1);
    applyAll(again, [
      ...makeCheckpoint({ ...openBook(1, 1000n, 1000n).snapshot(), running: true }),
      makeStarted(T0 + 1000),
    ]);
    const waitMs = LIFETIME_MS + CLOCK_SKEW_MAX_MS;
    expect(again.replaceChain({ nowMs: T0 + 900_000, nowUs: waitMs * 1000 }, 'ops')).toHaveProperty('fromMs');
    expect(again.replaceChain({ nowMs: T0 + 900_000, nowUs: (waitMs + 1) * 1000 }, 'ops')).toHaveProperty('fact');
  });

  test('not because the wall clock was set forward', () => {
    const book = openBook(1, 1000n, 1000n);
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 900n });
    expect(book.replaceChain({ nowMs: T0 + 600_000, nowUs: 10_000_000 }, 'ops')).toHaveProperty('fromMs');
    // Nor in the run that follows, before it has read anything.
    const again = emptyBook(1);
    applyAll(again, [...makeCheckpoint(book.snapshot()), makeStarted(T0 + 600_000)]);
    expect(again.replaceChain({ nowMs: T0 + 600_000, nowUs: 65_000_000 }, 'ops')).toHaveProperty('fromMs');
  });
});

test('what one endpoint takes away, another one alone does not give back', () => {
  const book = openBook(1, 1000n, 1000n);
  plan(book, { height: 101, timeMs: T0 + 1000, confirmed: false, btc: 1000n, eure: 100n });
  plan(book, { height: 102, timeMs: T0 + 2000, confirmed: false, btc: 1000n, eure: 1000n });
  expect(book.admit(EURE.id, units(101n), T0 + 60_000, T0).ok).toBe(false);
});

test.each([
  ['our clock', 5, 5],
  ['the chain', -5, 0],
])('a run is tied to the later of our clock and the block: %s', (_name, readAfterMs, anchoredAfterMs) => {
  const block = { height: 1, hash: 'h', timeMs: T0 };
  const read = { block, confirmedTimeMs: T0, readAtMs: T0 + readAfterMs, readAtUs: 7 };
  expect(anchorAt(read)).toEqual({ atMs: T0 + anchoredAfterMs, atUs: 7 });
});
