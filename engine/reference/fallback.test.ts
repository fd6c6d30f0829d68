// When CoinGecko alone may be traded on, and when neither source may.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type PriceE8, priceE8 } from '../../contracts/amounts.ts';
import { at, book, coin, e8, make, openKraken, readBtc, side, stamp, T0, top } from './price.fixture.ts';
import { BROKEN_AFTER_MS } from './report.ts';
import { STUCK_AFTER_MS } from './select.ts';

/** Both sources at 94750, compared, and Kraken gone since T0. */
function withoutKraken() {
  const reference = make();
  openKraken(reference, T0);
  readBtc(reference, '94750', T0);
  reference.krakenClosed('gone');
  return reference;
}

describe('the last comparison of the sources', () => {
  test('over the limit: no fallback on the price just found wrong, not at once, not later, until both agree again', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '100000', T0 - 60_000, T0);
    expect(reference.selection(at(T0)).problem).toBe('price_diverged');
    reference.krakenClosed('gone');
    for (const laterMs of [1, 1500, 3000, 3001, 60_000, 119_000, 120_000]) {
      expect(reference.selection(at(T0 + laterMs)).problem).toBe('price_diverged');
    }
    // Kraken's last price is older than any price may be by now: the comparison still counts.
    readBtc(reference, '100000', T0 + 200_000);
    expect(reference.selection(at(T0 + 200_000))).toMatchObject({ fallbackUsed: true, problem: 'price_diverged' });
    readBtc(reference, '94750', T0 + 201_000);
    expect(reference.selection(at(T0 + 201_000)).problem).toBe('price_diverged');
    reference.krakenOpened();
    reference.krakenStatus('online');
    book(reference, '94749.9', '94750.1', T0 + 202_000);
    expect(reference.selection(at(T0 + 202_000)).problem).toBeNull();
    reference.krakenClosed('gone');
    expect(reference.selection(at(T0 + 206_000))).toMatchObject({ fallbackUsed: true, problem: null });
  });

  test.each([
    ['wrong checksums', 'book_checksum_mismatch'],
    ['an unreadable frame', 'book_frame_malformed'],
    ['a resubscription', 'book_awaited'],
  ] as const)('over the limit, then %s: still blocked', (_, problem) => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '100000', T0);
    reference.krakenBookLost(problem);
    for (const laterMs of [0, 3000, 3001, 10_000]) {
      expect(reference.selection(at(T0 + laterMs)).problem).toBe('price_diverged');
    }
  });

  test("over the limit and CoinGecko silent since: Kraken's price does not become right by that", () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94750', T0);
    book(reference, '947499.0', '947501.0', T0 + 1000);
    expect(reference.selection(at(T0 + 1000)).problem).toBe('price_diverged');
    book(reference, '947499.0', '947501.0', T0 + 200_000);
    expect(reference.selection(at(T0 + 200_000))).toMatchObject({
      coingeckoFault: 'coingecko_stale',
      problem: 'price_diverged',
    });
    readBtc(reference, '947500', T0 + 201_000);
    expect(reference.selection(at(T0 + 201_000)).problem).toBeNull();
  });

  test("Kraken's last top judges the fallback while it is younger than the fallback may be", () => {
    const reference = withoutKraken();
    readBtc(reference, '94800', T0 + 60_000);
    expect(reference.selection(at(T0 + 60_000))).toMatchObject({ fallbackUsed: true, problem: null });
    expect(reference.current(at(T0 + 60_000)).divergencePctE4).toBe(528n as never);
    readBtc(reference, '90000', T0 + 180_000);
    expect(reference.selection(at(T0 + 180_000)).problem).toBe('price_diverged');
    const later = withoutKraken();
    readBtc(later, '90000', T0 + 180_001);
    expect(later.selection(at(T0 + 180_001))).toMatchObject({ fallbackUsed: true, problem: null });
    expect(later.current(at(T0 + 180_001)).divergencePctE4).toBeNull();
  });

  test("where only Kraken's ticker goes on, that judges", () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94750', T0);
    reference.krakenBookLost('book_checksum_mismatch');
    reference.krakenTicker(top('90000.0', '90000.2'), stamp(T0 + 5000), at(T0 + 5000));
    expect(reference.selection(at(T0 + 5000))).toMatchObject({ fallbackUsed: true, problem: 'price_diverged' });
  });

  test('none since the start: CoinGecko alone is not traded on, for a restart forgets what was found wrong before', () => {
    const reference = make();
    readBtc(reference, '94750', T0);
    expect(reference.current(at(T0))).toMatchObject({ source: 'coingecko', maxAgeMs: -1 });
    expect(reference.selection(at(T0))).toMatchObject({ fallbackUsed: false, problem: 'price_stale' });
    expect(reference.snapshot(at(T0), 'p').problem).toContain('coingecko_unconfirmed');
    const denied = make({ fallbackPolicy: 'deny' });
    readBtc(denied, '94750', T0);
    expect(denied.snapshot(at(T0), 'p').problem).not.toContain('coingecko_unconfirmed');
    openKraken(reference, T0 + 1000);
    reference.krakenClosed('gone');
    expect(reference.selection(at(T0 + 4001))).toMatchObject({ fallbackUsed: true, problem: null });
  });

  test('is not made with a price that is too old', () => {
    const reference = make();
    readBtc(reference, '94750', T0 - 180_001, T0);
    openKraken(reference, T0);
    expect(reference.current(at(T0))).toMatchObject({ source: 'kraken', divergencePctE4: null });
    expect(reference.selection(at(T0)).problem).toBeNull();
    reference.krakenClosed('gone');
    readBtc(reference, '94750', T0 + 180_001);
    expect(reference.selection(at(T0 + 180_001)).problem).toBe('price_stale');
  });
});

describe('a price that CoinGecko repeats to the digit, always as just updated', () => {
  test('is traded on for ten minutes at most while Kraken is away, and again from its next change on', () => {
    const reference = withoutKraken();
    for (let ms = 60_000; ms <= STUCK_AFTER_MS; ms += 60_000) {
      readBtc(reference, '94750', T0 + ms);
      expect(reference.selection(at(T0 + ms))).toMatchObject({ problem: null, coingeckoFault: null });
    }
    const after = reference.selection(at(T0 + STUCK_AFTER_MS + 1));
    expect(after).toMatchObject({ problem: 'price_stale', coingeckoFault: 'coingecko_stuck', fallbackUsed: false });
    expect(reference.snapshot(at(T0 + STUCK_AFTER_MS + 1), 'p').problem).toContain('coingecko_stuck');
    expect(reference.health(at(T0 + STUCK_AFTER_MS + 1)).reasons).toContain('price_stale');
    readBtc(reference, '94750', T0 + 660_000);
    expect(reference.selection(at(T0 + 660_000)).problem).toBe('price_stale');
    readBtc(reference, '94750.00000001', T0 + 661_000);
    expect(reference.selection(at(T0 + 661_000))).toMatchObject({ problem: null, coingeckoFault: null });
  });

  test('costs nothing while Kraken can judge it', () => {
    const reference = withoutKraken();
    readBtc(reference, '94750', T0 + 700_000);
    openKraken(reference, T0 + 700_000);
    expect(reference.selection(at(T0 + 700_000))).toMatchObject({ problem: null, coingeckoFault: null });
    reference.krakenClosed('gone');
    readBtc(reference, '94750', T0 + 800_000);
    expect(reference.selection(at(T0 + 880_000))).toMatchObject({ problem: null, fallbackUsed: true });
    expect(reference.selection(at(T0 + 880_001)).coingeckoFault).toBe('coingecko_stuck');
  });
});

describe('an answer of CoinGecko that is older than the one before', () => {
  test('does not replace the newer price, which goes on to age', () => {
    const reference = withoutKraken();
    readBtc(reference, '94800', T0 + 60_000);
    readBtc(reference, '94100', T0 + 10_000, T0 + 61_000);
    expect(reference.current(at(T0 + 61_000))).toMatchObject({ source: 'coingecko', asOfUs: at(T0 + 60_000).nowUs });
    expect(reference.current(at(T0 + 61_000)).bids[0]?.priceE8).toBe(e8('94800'));
    expect(reference.selection(at(T0 + 240_001)).problem).toBe('price_stale');
  });

  test('and the newer one in turn are two prices of a source that may be stuck', () => {
    const reference = withoutKraken();
    readBtc(reference, '94750', T0 + 60_000);
    for (let ms = 120_000; ms <= 660_000; ms += 60_000) {
      readBtc(reference, '94751', T0 + 30_000, T0 + ms - 1);
      readBtc(reference, '94750', T0 + ms);
    }
    expect(reference.selection(at(T0 + 660_000)).coingeckoFault).toBe('coingecko_stuck');
  });
});

describe('a jump of Kraken while no other source can judge it', () => {
  test.each([
    ['to 1 cent', '0.0', '0.1'],
    ['tenfold', '947499.0', '947501.0'],
    ['just beyond the limit', '95697.5', '95697.7'],
  ])('%s blocks at once, and no longer than until the price before it is too old', (_, bid, ask) => {
    const [low, high] = bid === '0.0' ? ['0.01', '0.02'] : [bid, ask];
    const reference = make();
    openKraken(reference, T0);
    book(reference, low, high, T0 + 500);
    expect(reference.selection(at(T0 + 500)).problem).toBe('price_diverged');
    book(reference, low, high, T0 + 2900);
    expect(reference.selection(at(T0 + 3000)).problem).toBe('price_diverged');
    expect(reference.selection(at(T0 + 3001)).problem).toBeNull();
    book(reference, low, high, T0 + 3100);
    expect(reference.selection(at(T0 + 3100)).problem).toBeNull();
  });

  test('exactly at the limit is none', () => {
    const reference = make();
    openKraken(reference, T0);
    book(reference, '95697.4', '95697.6', T0 + 500);
    expect(reference.selection(at(T0 + 500))).toMatchObject({ problem: null, view: { divergencePctE4: null } });
  });

  test('in many small steps blocks like one, and a market that moves as far in more time does not', () => {
    for (const [everyMs, blocked] of [
      [100, true],
      [1000, false],
    ] as const) {
      const reference = make();
      openKraken(reference, T0);
      let mid = 94_750;
      const problems: (string | null)[] = [];
      for (let n = 1; n <= 10; n++) {
        mid *= blocked ? 1.009 : 1.003;
        book(reference, (mid - 0.1).toFixed(1), (mid + 0.1).toFixed(1), T0 + n * everyMs);
        problems.push(reference.selection(at(T0 + n * everyMs)).problem);
      }
      expect(problems).toEqual(blocked ? [null, ...Array(9).fill('price_diverged')] : Array(10).fill(null));
      // The last top before the jump is of 100 ms: a level that lasts is the market's.
      const later = T0 + 3101;
      if (blocked) book(reference, (mid - 0.1).toFixed(1), (mid + 0.1).toFixed(1), later);
      expect(reference.selection(at(blocked ? later : T0 + 10_000)).problem).toBeNull();
    }
  });

  test('back within the limit is no jump', () => {
    const reference = make();
    openKraken(reference, T0);
    book(reference, '947499.0', '947501.0', T0 + 500);
    book(reference, '94749.8', '94750.0', T0 + 600);
    expect(reference.selection(at(T0 + 600))).toMatchObject({ problem: null, view: { divergencePctE4: null } });
  });

  test('that CoinGecko confirms is none', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '90000', T0 + 100);
    book(reference, '89999.9', '90000.1', T0 + 500);
    expect(reference.selection(at(T0 + 500)).problem).toBeNull();
  });
});

describe('a pause', () => {
  test('has no price to trade on, from either source, until it ends', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94750', T0);
    reference.setPaused(true);
    expect(reference.current(at(T0)).paused).toBe(true);
    expect(reference.selection(at(T0)).problem).toBe('reference_paused');
    reference.krakenClosed('stopped');
    expect(reference.selection(at(T0 + 10_000)).problem).toBe('reference_paused');
    expect(reference.snapshot(at(T0 + 10_000), 'p')).toMatchObject({ tradable: false });
    reference.setPaused(false);
    openKraken(reference, T0 + 10_001);
    expect(reference.selection(at(T0 + 10_001)).problem).toBeNull();
  });

  test('is healthy while the price would be usable, and unhealthy from the moment that it is stale', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    openKraken(reference, T0);
    reference.setPaused(true);
    expect(reference.health(at(T0 + 3000))).toMatchObject({ healthy: true, reasons: [] });
    expect(reference.health(at(T0 + 3000)).notes).toContain('paused');
    expect(reference.health(at(T0 + 3001))).toMatchObject({ healthy: false, reasons: ['paused_and_stale'] });
  });
});

describe('a source that stays broken is unhealthy', () => {
  test('Kraken, although CoinGecko is traded on', () => {
    const reference = withoutKraken();
    readBtc(reference, '94750', T0 + BROKEN_AFTER_MS);
    expect(reference.health(at(T0 + BROKEN_AFTER_MS))).toEqual({
      healthy: true,
      reasons: [],
      notes: ['fallback_in_use', 'kraken_disconnected'],
    });
    expect(reference.health(at(T0 + BROKEN_AFTER_MS + 1))).toEqual({
      healthy: false,
      reasons: ['kraken_disconnected'],
      notes: ['fallback_in_use'],
    });
  });

  test('Kraken, although its frames go on: all of them come too late to be traded on', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94750', T0 + 20_000);
    const late = (laterMs: number) => {
      book(reference, '94749.9', '94750.1', T0 + laterMs, 3001);
      reference.krakenTicker(top('94749.9', '94750.1'), stamp(T0 + laterMs, 3001), at(T0 + laterMs));
      return reference.health(at(T0 + laterMs));
    };
    for (let laterMs = 4000; laterMs <= BROKEN_AFTER_MS; laterMs += 1000) expect(late(laterMs).healthy).toBe(true);
    expect(late(BROKEN_AFTER_MS + 1)).toMatchObject({ healthy: false, reasons: ['kraken_stale'] });
    book(reference, '94749.9', '94750.1', T0 + 40_000);
    expect(reference.health(at(T0 + 40_000)).healthy).toBe(true);
  });

  test('CoinGecko, although Kraken is traded on: never there, or stale', () => {
    const reference = make();
    openKraken(reference, T0 + BROKEN_AFTER_MS);
    expect(reference.health(at(T0 + BROKEN_AFTER_MS)).healthy).toBe(true);
    expect(reference.health(at(T0 + BROKEN_AFTER_MS + 1)).reasons).toEqual(['coingecko_missing']);
    readBtc(reference, '94750', T0 + 40_000);
    openKraken(reference, T0 + 220_001);
    expect(reference.health(at(T0 + 220_000)).healthy).toBe(true);
    expect(reference.health(at(T0 + 220_001)).reasons).toEqual(['coingecko_stale']);
  });
});

test('whatever is heard, a price that may be traded on is young, does not cross, and was not found wrong', () => {
  const level = fc.integer({ min: 1000, max: 1030 }).map((n) => priceE8(BigInt(n) * 100_000_000n));
  const event = fc.oneof(
    fc.record({ kind: fc.constant('book' as const), bid: level, ask: level }),
    fc.record({ kind: fc.constant('ticker' as const), bid: level, ask: level }),
    fc.constantFrom('open' as const, 'close' as const, 'lost' as const).map((kind) => ({ kind })),
    fc.record({ kind: fc.constant('coin' as const), price: level, ageMs: fc.integer({ min: 0, max: 250_000 }) }),
  );
  const step = fc.tuple(fc.integer({ min: 0, max: 5000 }), event);
  const levels = (price: PriceE8) => [{ priceE8: price, quantityE8: 1n }];
  fc.assert(
    fc.property(fc.constantFrom('allow' as const, 'deny' as const), fc.array(step), (fallbackPolicy, steps) => {
      const reference = make({ fallbackPolicy });
      reference.krakenStatus('online');
      let nowMs = T0;
      let newest: { readonly kind: string; readonly bid: bigint; readonly ask: bigint; readonly atMs: number } | null =
        null;
      let [lastBook, confirmedAtMs]: [string | null, number] = [null, 0];
      let btc: { readonly price: bigint; readonly atMs: number } | null = null;
      let agreed: boolean | null = null;
      for (const [waitMs, what] of steps) {
        nowMs += waitMs;
        if (what.kind === 'open') {
          reference.krakenOpened();
          reference.krakenStatus('online');
        } else if (what.kind === 'close') reference.krakenClosed('gone');
        else if (what.kind === 'lost') reference.krakenBookLost('book_checksum_mismatch');
        else if (what.kind === 'book') {
          const [bids, asks] = [levels(what.bid), levels(what.ask)];
          reference.krakenBook({ bids, asks }, stamp(nowMs), at(nowMs));
          lastBook = what.bid < what.ask ? `${what.bid} ${what.ask}` : null;
          if (lastBook !== null) [newest, confirmedAtMs] = [{ ...what, atMs: nowMs }, nowMs];
        } else if (what.kind === 'ticker' && what.bid < what.ask) {
          reference.krakenTicker({ bidE8: what.bid, askE8: what.ask }, stamp(nowMs), at(nowMs));
          // Of two of the same time the later frame counts, but a ticker never in place of a book.
          if (newest === null || newest.atMs < nowMs || newest.kind === 'ticker') newest = { ...what, atMs: nowMs };
          if (lastBook === `${what.bid} ${what.ask}`) confirmedAtMs = nowMs;
        } else if (what.kind === 'coin') {
          reference.coingeckoRead(
            { btc: { ...coin('1', nowMs - what.ageMs), priceE8: what.price }, eure: null },
            null,
            at(nowMs),
          );
          // An older one changes nothing.
          const atMs = nowMs - what.ageMs;
          if (btc === null || atMs >= btc.atMs) btc = { price: what.price, atMs };
        }
        if (newest !== null && btc !== null && nowMs - newest.atMs <= 180_000 && nowMs - btc.atMs <= 180_000) {
          const gap = 2n * btc.price - newest.bid - newest.ask;
          agreed = (gap < 0n ? -gap : gap) * 100n <= newest.bid + newest.ask;
        }
        const { view, problem } = reference.selection(at(nowMs));
        if (problem !== null) continue;
        expect(agreed).not.toBe(false);
        if (view.source === 'kraken') {
          expect(`${view.bids[0]?.priceE8} ${view.asks[0]?.priceE8}`).toBe(String(lastBook));
          expect(nowMs - confirmedAtMs <= 3000).toBe(true);
        } else {
          expect([view.source, fallbackPolicy, agreed]).toEqual(['coingecko', 'allow', true]);
          expect(nowMs - (btc?.atMs ?? 0) <= 180_000).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a side without levels is never priced on', () => {
  const reference = make();
  reference.krakenOpened();
  reference.krakenStatus('online');
  reference.krakenBook({ bids: side('94749.9'), asks: [] }, stamp(T0), at(T0));
  expect(reference.current(at(T0))).toEqual({
    priceId: null,
    source: 'none',
    bids: [],
    asks: [],
    hasDepth: false,
    asOfMs: 0,
    asOfUs: 0,
    heardAtUs: Number.NEGATIVE_INFINITY,
    maxAgeMs: -1,
    paused: false,
    tradable: false,
    divergencePctE4: null,
    basisKind: 'par',
    eurPerEureE8: 100_000_000n,
    kraken: null,
    coingecko: null,
  });
});
