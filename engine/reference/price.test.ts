import { describe, expect, test } from 'bun:test';
import Ajv from 'ajv';
import fc from 'fast-check';
import { type PriceE8, parseScaled, pctE4, priceE8 } from '../../contracts/amounts.ts';
import { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import type { BookLevel } from '../model.ts';
import { divergenceOf, toEureCeil, toEureFloor } from './fair.ts';
import { createReference, type Reference } from './price.ts';
import type { ReferenceConfig } from './select.ts';

const CONFIG: ReferenceConfig = {
  referenceMaxAgeMs: 3000,
  fallbackMaxAgeMs: 180_000,
  fallbackPolicy: 'allow',
  maxDivergencePctE4: pctE4(10_000n),
  eureBasis: 'par',
};

const isRecord = new Ajv().compile(RefMarketPrice);

const T0 = 1_767_225_600_000;

function e8(text: string) {
  const value = parseScaled(text, 8);
  if (value === null) throw new Error(`bad price in the test: ${text}`);
  return priceE8(value);
}

const side = (...prices: string[]): BookLevel[] =>
  prices.map((text) => ({ priceE8: e8(text), quantityE8: 100_000_000n }));

function make(change: Partial<ReferenceConfig> = {}): Reference {
  return createReference({ ...CONFIG, ...change });
}

/** Kraken at 94749.9 / 94750.1, connected and open, heard at `atMs`. */
function openKraken(reference: Reference, atMs: number): void {
  reference.krakenOpened();
  reference.krakenStatus('online');
  reference.krakenBook(side('94749.9', '94749.0'), side('94750.1'), atMs, atMs - 20);
}

const coin = (text: string, updatedAtMs: number) => ({ priceE8: e8(text), updatedAtMs });

describe('which source is used', () => {
  test('Kraken while it is fresh, with its whole book', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0), eure: null }, T0, null);
    const view = reference.current(T0 + 3000);
    expect(view).toMatchObject({ source: 'kraken', asOfMs: T0, maxAgeMs: 3000, tradable: true, hasDepth: true });
    expect(view.bids.map((level) => level.priceE8)).toEqual([e8('94749.9'), e8('94749.0')]);
    expect(reference.selection(T0 + 3000).problem).toBeNull();
  });

  test('CoinGecko, for any size, from the millisecond at which Kraken is too old', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0 - 60_000), eure: null }, T0, null);
    expect(reference.current(T0 + 3001)).toMatchObject({
      source: 'coingecko',
      hasDepth: false,
      asOfMs: T0 - 60_000,
      maxAgeMs: 180_000,
      tradable: true,
      divergencePctE4: null,
    });
    expect(reference.health(T0 + 3001)).toEqual({
      healthy: true,
      reasons: [],
      notes: ['fallback_in_use', 'kraken_stale'],
    });
  });

  test.each([
    ['the connection ends', (r: Reference) => r.krakenClosed('gone'), 'kraken_disconnected'],
    [
      'the checksum fails',
      (r: Reference) => r.krakenBookLost('book_checksum_mismatch'),
      'kraken_book_checksum_mismatch',
    ],
    ['a side is empty', (r: Reference) => r.krakenBook([], side('94750.1'), T0 + 5, null), 'kraken_book_side_empty'],
    [
      'the sides meet',
      (r: Reference) => r.krakenBook(side('94750.1'), side('94750.1'), T0 + 5, null),
      'kraken_book_crossed',
    ],
    ['the connection is a new one', (r: Reference) => r.krakenOpened(), 'kraken_book_awaited'],
  ])('not Kraken when %s, however young its price is', (_, breakIt, fault) => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0), eure: null }, T0, null);
    breakIt(reference);
    expect(reference.selection(T0 + 10)).toMatchObject({ krakenFault: fault, fallbackUsed: true });
    const strict = make({ fallbackPolicy: 'deny' });
    openKraken(strict, T0);
    breakIt(strict);
    const view = strict.current(T0 + 10);
    expect(view.source).toBe('kraken');
    expect(view.bids[0]?.priceE8).toBe(e8('94749.9'));
    expect(T0 + 10 - view.asOfMs).toBeGreaterThan(view.maxAgeMs);
    expect(strict.selection(T0 + 10).problem).toBe('price_stale');
  });

  test('is recomputed, not latched: a new book brings Kraken back', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    openKraken(reference, T0);
    reference.krakenClosed('gone');
    expect(reference.selection(T0 + 10).problem).toBe('price_stale');
    openKraken(reference, T0 + 20);
    expect(reference.selection(T0 + 21).problem).toBeNull();
  });

  test('a denied CoinGecko is shown when there is nothing else, and is stale at any age', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    expect(reference.selection(T0).problem).toBe('price_missing');
    reference.coingeckoRead({ btc: coin('94700', T0), eure: null }, T0, null);
    expect(reference.current(T0)).toMatchObject({ source: 'coingecko', maxAgeMs: -1 });
    expect(reference.selection(T0).problem).toBe('price_stale');
  });

  test('with both stale the newer one is shown with its age', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0 - 1000), eure: null }, T0, null);
    const later = T0 + 400_000;
    expect(reference.current(later)).toMatchObject({ source: 'kraken', asOfMs: T0, maxAgeMs: 3000 });
    expect(reference.health(later)).toEqual({
      healthy: false,
      reasons: ['price_stale'],
      notes: ['kraken_stale', 'coingecko_stale'],
    });
    reference.coingeckoRead({ btc: coin('94700', T0 + 1000), eure: null }, later, null);
    expect(reference.current(later)).toMatchObject({ source: 'coingecko', asOfMs: T0 + 1000, maxAgeMs: 180_000 });
  });
});

describe('what confirms the book', () => {
  test('a ticker with the same top does', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker({ bidE8: e8('94749.9'), askE8: e8('94750.1') }, T0 + 2000, null);
    expect(reference.current(T0 + 4000)).toMatchObject({ source: 'kraken', asOfMs: T0 + 2000 });
  });

  test('a ticker with another top does not: the book may have fallen silent alone', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker({ bidE8: e8('94000.0'), askE8: e8('94000.1') }, T0 + 2000, null);
    expect(reference.selection(T0 + 3001).krakenFault).toBe('kraken_stale');
  });

  test('a clock that is set back keeps nothing young', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    openKraken(reference, T0);
    expect(reference.current(T0 - 60_000).asOfMs).toBe(T0 - 60_000);
    expect(reference.selection(T0 - 60_000 + 3001).krakenFault).toBe('kraken_stale');
  });
});

describe('what blocks a fresh price', () => {
  test.each(['maintenance', 'cancel_only', 'post_only'] as const)('Kraken in %s is not tradable', (system) => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenStatus(system);
    expect(reference.current(T0)).toMatchObject({ source: 'kraken', tradable: false });
    expect(reference.selection(T0).problem).toBe('price_not_tradable');
  });

  test('a market whose status was not told is not tradable', () => {
    const reference = make();
    reference.krakenOpened();
    reference.krakenBook(side('94749.9'), side('94750.1'), T0, null);
    expect(reference.current(T0).tradable).toBe(false);
  });

  test.each([
    // The middle is 94750: one percent of it is 947.5.
    ['95697.5', 10_000n, null],
    ['95697.50000001', 10_001n, 'price_diverged'],
    ['93802.5', 10_000n, null],
    ['93802.49999999', 10_001n, 'price_diverged'],
  ])('CoinGecko at %s diverges by %p', (text, pct, problem) => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin(text, T0), eure: null }, T0, null);
    expect(reference.current(T0).divergencePctE4).toBe(pctE4(pct));
    expect(reference.selection(T0).problem).toBe(problem as never);
  });

  test('a stale CoinGecko does not diverge', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('50000', T0 - 180_001), eure: null }, T0, null);
    expect(reference.current(T0).divergencePctE4).toBeNull();
    expect(reference.selection(T0).problem).toBeNull();
  });

  test('the basis is one at par, and must be fresh when it is read', () => {
    const read = make({ eureBasis: 'coingecko' });
    openKraken(read, T0);
    expect(read.selection(T0).problem).toBe('basis_missing');
    read.coingeckoRead({ btc: null, eure: coin('0.9985', T0 - 180_000) }, T0, 'bitcoin is missing');
    expect(read.current(T0).eurPerEureE8).toBe(99_850_000n);
    expect(read.current(T0 + 1).eurPerEureE8).toBeNull();
    const par = make();
    openKraken(par, T0);
    par.coingeckoRead({ btc: null, eure: coin('0.9985', T0) }, T0, null);
    expect(par.current(T0).eurPerEureE8).toBe(100_000_000n);
    expect(par.snapshot(T0, 'p').coingecko.eure_eur).toBe('0.99850000');
  });
});

test('reads give the same object until something is heard or an age limit passes', () => {
  const reference = make();
  openKraken(reference, T0);
  const first = reference.current(T0);
  expect(reference.current(T0 + 3000)).toBe(first);
  expect(reference.current(T0 + 3001)).not.toBe(first);
  reference.published('price-1');
  expect(reference.current(T0 + 3001).priceId).toBe('price-1');
});

test('a failed poll keeps the last price, which ages', () => {
  const reference = make();
  reference.coingeckoRead({ btc: coin('94700', T0), eure: coin('1', T0) }, T0, null);
  reference.coingeckoFailed('http_429');
  expect(reference.selection(T0 + 180_000)).toMatchObject({ fallbackUsed: true });
  expect(reference.health(T0 + 180_000).notes).toContain('coingecko_failing');
  expect(reference.selection(T0 + 180_001)).toMatchObject({ fallbackUsed: false, problem: 'price_stale' });
});

test('a pause is healthy and says what it leads to', () => {
  const reference = make();
  reference.setPaused(true);
  expect(reference.health(T0)).toMatchObject({ healthy: true, reasons: [] });
  expect(reference.health(T0).notes).toEqual(expect.arrayContaining(['paused', 'price_missing']));
});

describe('records', () => {
  test('the snapshot carries rates after the basis, rounded outwards', () => {
    const reference = make({ eureBasis: 'coingecko' });
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0 - 5000), eure: coin('1.0002', T0 - 7000) }, T0, null);
    const payload = reference.snapshot(T0 + 100, 'price-1');
    expect(payload).toMatchObject({
      price_id: 'price-1',
      pair: 'BTC/EURe',
      source: 'kraken',
      // 94749.9 / 1.0002, 94750.1 / 1.0002 and 94750 / 1.0002
      bid_rate: '94730.95380923',
      ask_rate: '94731.15376925',
      fair_rate: '94731.05378924',
      freshness_ms: 100,
      divergence_pct: '0.0528',
      tradable: true,
      problem: null,
      kraken: { bid: '94749.90000000', ask: '94750.10000000', market_status: 'online', connected: true, healthy: true },
      basis: { kind: 'coingecko', eur_per_eure: '1.00020000' },
    });
    expect(isRecord(payload)).toBe(true);
  });

  test('is valid at every stage, and says what is wrong with numbers', () => {
    const reference = make();
    expect(isRecord(reference.snapshot(T0, 'p'))).toBe(true);
    expect(reference.snapshot(T0, 'p').problem).toStartWith('price_missing: ');
    openKraken(reference, T0);
    const stale = reference.snapshot(T0 + 4200, 'p');
    expect(isRecord(stale)).toBe(true);
    expect(stale.tradable).toBe(false);
    expect(stale.problem).toContain('4200 ms old');
    expect(stale.bid_rate).toBe('94749.90000000');
  });

  test('the state has what an operator looks for', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0), eure: coin('1.0002', T0) }, T0, null);
    reference.published('price-9');
    const state = reference.state(T0 + 40);
    expect(state).toMatchObject({
      price_id: 'price-9',
      source: 'kraken',
      fair_rate: '94750.00000000',
      freshness_ms: 40,
      healthy: true,
      paused: false,
      kraken: { bid: '94749.90000000', healthy: true, age_ms: 40, levels: { bids: 2, asks: 1 } },
      coingecko: { price: '94700.00000000', healthy: true, eure: { price: '1.00020000' } },
    });
    expect(() => JSON.stringify(state)).not.toThrow();
  });
});

describe('arithmetic', () => {
  const price = fc.bigInt({ min: 1n, max: 10n ** 15n }).map(priceE8);

  test('divergence bounds the true ratio from above by less than one step', () => {
    fc.assert(
      fc.property(price, price, price, (a, b, other) => {
        const pct = divergenceOf(a, b, other);
        const gap = 2n * other - (a + b);
        const scaled = (gap < 0n ? -gap : gap) * 1_000_000n;
        expect(pct * (a + b) >= scaled).toBe(true);
        expect((pct - 1n) * (a + b) < scaled).toBe(true);
      }),
    );
  });

  test('the step to EURe is exact at par and brackets elsewhere', () => {
    fc.assert(
      fc.property(price, fc.bigInt({ min: 1n, max: 10n ** 10n }), (eur, basis) => {
        expect(toEureFloor(eur, 100_000_000n)).toBe(eur);
        const [low, high] = [toEureFloor(eur, basis), toEureCeil(eur, basis)];
        expect(low * basis <= eur * 100_000_000n && high * basis >= eur * 100_000_000n).toBe(true);
        expect(high - low <= 1n).toBe(true);
      }),
    );
  });

  test('whatever is heard, a price that may be traded on is young enough and its book does not cross', () => {
    const level = fc.integer({ min: 1, max: 40 }).map((n) => priceE8(BigInt(n) * 100_000_000n));
    const event = fc.oneof(
      fc.record({ kind: fc.constant('book' as const), bid: level, ask: level }),
      fc.record({ kind: fc.constant('ticker' as const), bid: level, ask: level }),
      fc.constant({ kind: 'open' as const }),
      fc.constant({ kind: 'close' as const }),
      fc.constant({ kind: 'lost' as const }),
      fc.record({ kind: fc.constant('coin' as const), price: level, ageMs: fc.integer({ min: 0, max: 400_000 }) }),
    );
    const step = fc.tuple(fc.integer({ min: 0, max: 5000 }), event);
    fc.assert(
      fc.property(fc.constantFrom('allow' as const, 'deny' as const), fc.array(step), (fallbackPolicy, steps) => {
        const reference = make({ fallbackPolicy });
        let nowMs = T0;
        let connected = false;
        let bookStands = false;
        for (const [waitMs, what] of steps) {
          nowMs += waitMs;
          if (what.kind === 'open') [connected, bookStands] = [true, false];
          if (what.kind === 'close' || what.kind === 'lost') bookStands = false;
          if (what.kind === 'close') connected = false;
          if (what.kind === 'book') bookStands = what.bid < what.ask;
          const levels = (price: PriceE8) => [{ priceE8: price, quantityE8: 1n }];
          if (what.kind === 'open') reference.krakenOpened();
          else if (what.kind === 'close') reference.krakenClosed('gone');
          else if (what.kind === 'lost') reference.krakenBookLost('book_checksum_mismatch');
          else if (what.kind === 'book') reference.krakenBook(levels(what.bid), levels(what.ask), nowMs, null);
          else if (what.kind === 'ticker') reference.krakenTicker({ bidE8: what.bid, askE8: what.ask }, nowMs, null);
          else {
            const btc = { priceE8: what.price, updatedAtMs: nowMs - what.ageMs };
            reference.coingeckoRead({ btc, eure: null }, nowMs, null);
          }
          const view = reference.current(nowMs);
          if (nowMs - view.asOfMs > view.maxAgeMs) continue;
          if (view.source === 'kraken') {
            expect(connected && bookStands).toBe(true);
            const [bid, ask] = [view.bids[0]?.priceE8 ?? 0n, view.asks[0]?.priceE8 ?? 0n];
            expect(bid < ask).toBe(true);
          } else expect([view.source, fallbackPolicy]).toEqual(['coingecko', 'allow']);
        }
      }),
    );
  });
});
