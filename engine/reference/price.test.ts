import { describe, expect, test } from 'bun:test';
import Ajv from 'ajv';
import fc from 'fast-check';
import { pctE4, priceE8 } from '../../contracts/amounts.ts';
import { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import { toEureCeil, toEureFloor } from '../lib/eure.ts';
import { divergenceOf } from './fair.ts';
import { at, book, coin, e8, make, openKraken, readBtc, side, stamp, T0, top } from './price.fixture.ts';
import type { Reference } from './price.ts';

const isRecord = new Ajv().compile(RefMarketPrice);

describe('which source is used', () => {
  test('none before anything was heard', () => {
    expect(make().selection(at(T0))).toMatchObject({
      problem: 'price_missing',
      krakenFault: 'kraken_disconnected',
      coingeckoFault: 'coingecko_missing',
    });
  });

  test('Kraken while it is fresh, with its whole book', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94700', T0, T0);
    const view = reference.current(at(T0 + 3000));
    expect(view).toMatchObject({ source: 'kraken', asOfMs: T0, maxAgeMs: 3000, tradable: true, hasDepth: true });
    expect(view.bids.map((level) => level.priceE8)).toEqual([e8('94749.9'), e8('94749.0')]);
    expect(reference.selection(at(T0 + 3000)).problem).toBeNull();
  });

  test('CoinGecko, for any size, from the millisecond at which Kraken is too old', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94700', T0 - 60_000, T0);
    expect(reference.current(at(T0 + 3001))).toMatchObject({
      source: 'coingecko',
      hasDepth: false,
      asOfMs: T0 - 60_000,
      maxAgeMs: 180_000,
      tradable: true,
      divergencePctE4: pctE4(528n),
    });
    expect(reference.health(at(T0 + 3001))).toEqual({
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
    [
      'a frame cannot be read',
      (r: Reference) => r.krakenBookLost('book_frame_malformed'),
      'kraken_book_frame_malformed',
    ],
    ['the connection is a new one', (r: Reference) => r.krakenOpened(), 'kraken_book_awaited'],
  ])("Kraken's last checked book until its own maximum age when %s", (_, breakIt, krakenFault) => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94700', T0);
    breakIt(reference);
    expect(reference.selection(at(T0 + 3000))).toMatchObject({ krakenFault, fallbackUsed: false, problem: null });
    expect(reference.current(at(T0 + 3000))).toMatchObject({ source: 'kraken', tradable: true, asOfMs: T0 });
    expect(reference.selection(at(T0 + 3001))).toMatchObject({ krakenFault, fallbackUsed: true, problem: null });
    const strict = make({ fallbackPolicy: 'deny' });
    openKraken(strict, T0);
    readBtc(strict, '94700', T0);
    breakIt(strict);
    expect(strict.selection(at(T0 + 3000)).problem).toBeNull();
    expect(strict.selection(at(T0 + 3001)).problem).toBe('price_stale');
    expect(strict.current(at(T0 + 3001)).bids[0]?.priceE8).toBe(e8('94749.9'));
  });

  test.each([
    ['a side is empty', { bids: [], asks: side('94750.1') }, 'kraken_book_side_empty'],
    ['the sides meet', { bids: side('94750.1'), asks: side('94750.1') }, 'kraken_book_crossed'],
    ['the sides cross', { bids: side('94750.2'), asks: side('94750.1') }, 'kraken_book_crossed'],
  ])('not Kraken once its own newest book says that the one before is over: %s', (_, newest, krakenFault) => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94700', T0);
    reference.krakenBook(newest, stamp(T0 + 5), at(T0 + 5));
    expect(reference.selection(at(T0 + 10))).toMatchObject({ krakenFault, problem: 'price_not_tradable' });
    reference.krakenClosed('gone');
    expect(reference.selection(at(T0 + 20)).problem).toBe('price_not_tradable');
    openKraken(reference, T0 + 30);
    expect(reference.selection(at(T0 + 30)).problem).toBeNull();
  });

  test('is recomputed, not latched: a new book brings Kraken back', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    openKraken(reference, T0);
    reference.krakenClosed('gone');
    expect(reference.selection(at(T0 + 3001)).problem).toBe('price_stale');
    openKraken(reference, T0 + 3020);
    expect(reference.selection(at(T0 + 3021)).problem).toBeNull();
  });

  test('a denied CoinGecko is shown when there is nothing else, and is stale at any age', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    expect(reference.selection(at(T0)).problem).toBe('price_missing');
    readBtc(reference, '94700', T0, T0);
    expect(reference.current(at(T0))).toMatchObject({ source: 'coingecko', maxAgeMs: -1 });
    expect(reference.selection(at(T0)).problem).toBe('price_stale');
  });

  test('with both stale the newer one is shown with its age', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '94700', T0 - 1000, T0);
    const later = T0 + 400_000;
    expect(reference.current(at(later))).toMatchObject({ source: 'kraken', asOfMs: T0, maxAgeMs: 3000 });
    expect(reference.health(at(later))).toEqual({
      healthy: false,
      reasons: ['price_stale', 'kraken_stale', 'coingecko_stale'],
      notes: [],
    });
    readBtc(reference, '94700', T0 + 1000, later);
    expect(reference.current(at(later))).toMatchObject({ source: 'coingecko', asOfMs: T0 + 1000, maxAgeMs: 180_000 });
  });
});

describe('what confirms the book', () => {
  test('a ticker with the same top does', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker(top('94749.9', '94750.1'), stamp(T0 + 2000), at(T0 + 2000));
    expect(reference.current(at(T0 + 4000))).toMatchObject({ source: 'kraken', asOfMs: T0 + 2000 });
  });

  test('a ticker with another top does not: the book may have fallen silent alone', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker(top('94000.0', '94000.1'), stamp(T0 + 2000), at(T0 + 2000));
    expect(reference.selection(at(T0 + 3001)).krakenFault).toBe('kraken_stale');
  });

  test('nor does one with the same bid and another ask, or the other way round', () => {
    for (const [bid, ask] of [
      ['94749.9', '94750.2'],
      ['94749.8', '94750.1'],
    ] as const) {
      const reference = make();
      openKraken(reference, T0);
      reference.krakenTicker(top(bid, ask), stamp(T0 + 2000), at(T0 + 2000));
      expect(reference.selection(at(T0 + 3001)).krakenFault).toBe('kraken_stale');
    }
  });

  test('nor does one that Kraken stamped before the book', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker(top('94749.9', '94750.1'), stamp(T0 + 2000, 2500), at(T0 + 2000));
    expect(reference.current(at(T0 + 2000)).asOfMs).toBe(T0);
  });

  test('a ticker far from the book contradicts it, whichever came last, while the ticker is young', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker(top('90000.0', '90000.2'), stamp(T0 + 100), at(T0 + 100));
    expect(reference.selection(at(T0 + 100)).problem).toBe('price_diverged');
    expect(reference.snapshot(at(T0 + 100), 'p').problem).toContain("Kraken's book and its ticker");
    openKraken(reference, T0 + 3000);
    expect(reference.selection(at(T0 + 3100)).problem).toBe('price_diverged');
    expect(reference.selection(at(T0 + 3101)).problem).toBeNull();
  });

  test('a ticker that the book follows does not', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '90000', T0 + 100);
    reference.krakenTicker(top('90000.0', '90000.2'), stamp(T0 + 200), at(T0 + 200));
    book(reference, '90000.0', '90000.2', T0 + 300);
    expect(reference.selection(at(T0 + 300)).problem).toBeNull();
  });

  test.each([
    ['95697.4', '95697.6', null],
    ['95706.9', '95707.3', 'price_diverged'],
  ])('a ticker at %s / %s, one percent being the limit: %p', (bid, ask, problem) => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenTicker(top(bid, ask), stamp(T0 + 100), at(T0 + 100));
    expect(reference.selection(at(T0 + 100)).problem).toBe(problem as never);
  });
});

describe('the age of a price', () => {
  test('counts from the time that the frame is as new as, not from when it was read', () => {
    const reference = make({ fallbackPolicy: 'deny' });
    reference.krakenOpened();
    reference.krakenStatus('online');
    book(reference, '94749.9', '94750.1', T0, 2900);
    expect(reference.selection(at(T0 + 100)).problem).toBeNull();
    expect(reference.snapshot(at(T0 + 100), 'p').freshness_ms).toBe(3000);
    expect(reference.selection(at(T0 + 101)).problem).toBe('price_stale');
  });

  test('does not follow the wall clock', () => {
    for (const stepMs of [-3_600_000, 3_600_000]) {
      const reference = make({ fallbackPolicy: 'deny' });
      openKraken(reference, T0);
      readBtc(reference, '94750', T0);
      const stepped = (nowMs: number) => ({ ...at(nowMs), nowMs: nowMs + stepMs });
      expect(reference.selection(stepped(T0 + 3000))).toMatchObject({ problem: null, coingeckoFault: null });
      expect(reference.selection(stepped(T0 + 3001)).krakenFault).toBe('kraken_stale');
      expect(reference.selection(stepped(T0 + 180_001)).coingeckoFault).toBe('coingecko_stale');
      expect(reference.snapshot(stepped(T0 + 3001), 'p').freshness_ms).toBe(3001);
    }
  });

  test('a price of CoinGecko that is read again with the same time keeps its age, whatever the wall clock did', () => {
    const reference = make();
    readBtc(reference, '94750', T0);
    reference.coingeckoRead({ btc: { ...coin('94750', T0), asOfUs: at(T0 + 60_000).nowUs }, eure: null }, null, at(T0));
    expect(reference.sources().coingecko.btc?.asOfUs).toBe(at(T0).nowUs);
  });

  test.each([
    ['Kraken: what its frame is as new as', (r: Reference) => openKraken(r, T0 + 50), T0 + 50],
    [
      'CoinGecko after Kraken: when Kraken was heard, for the answer may repeat a price from before it moved',
      (r: Reference) => readBtc(r, '94750', T0 - 60_000, T0 + 70),
      T0 - 10_000,
    ],
    [
      'the same without a connection to Kraken',
      (r: Reference) => {
        r.krakenClosed('gone');
        readBtc(r, '94750', T0 - 60_000, T0 + 70);
      },
      T0 - 10_000,
    ],
    ['CoinGecko that was updated since', (r: Reference) => readBtc(r, '94750', T0 - 5000, T0 + 70), T0 - 5000],
    [
      'CoinGecko that was asked after Kraken was heard, in a book that cannot be used: when Kraken was heard',
      (r: Reference) => {
        r.krakenBook({ bids: [], asks: [] }, stamp(T0 + 60), at(T0 + 60));
        r.krakenBook({ bids: [], asks: [] }, stamp(T0 + 65, 3000), at(T0 + 65));
        readBtc(r, '94750', T0 - 60_000, T0 + 70);
      },
      T0 + 60,
    ],
    [
      'CoinGecko that was asked before Kraken was heard: when it was asked',
      (r: Reference) => {
        readBtc(r, '94750', T0 - 60_000, T0 + 50);
        r.krakenBook({ bids: [], asks: [] }, stamp(T0 + 60), at(T0 + 60));
      },
      T0 + 50,
    ],
  ])('is heard at: %s', (_, hear, heardAtMs) => {
    const reference = make();
    openKraken(reference, T0 - 10_000);
    readBtc(reference, '94750', T0 - 70_000, T0 - 10_000);
    hear(reference);
    expect(reference.current(at(T0 + 100)).heardAtUs).toBe(at(heardAtMs).nowUs);
  });
});

describe('what blocks a fresh price', () => {
  test.each(['maintenance', 'cancel_only', 'post_only'] as const)('Kraken in %s is not tradable', (system) => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenStatus(system);
    expect(reference.current(at(T0))).toMatchObject({ source: 'kraken', tradable: false });
    expect(reference.selection(at(T0)).problem).toBe('price_not_tradable');
  });

  test('a book from before the market closed is not tradable by the status of a new connection', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.krakenStatus('maintenance');
    reference.krakenClosed('maintenance');
    reference.krakenOpened();
    reference.krakenStatus('online');
    expect(reference.selection(at(T0 + 1000)).problem).toBe('price_not_tradable');
    expect(reference.snapshot(at(T0 + 1000), 'p').problem).toContain('from before');
    book(reference, '94749.9', '94750.1', T0 + 1100);
    expect(reference.selection(at(T0 + 1100)).problem).toBeNull();
  });

  test('a market of unknown status is not tradable', () => {
    const reference = make();
    reference.krakenOpened();
    book(reference, '94749.9', '94750.1', T0);
    expect(reference.current(at(T0)).tradable).toBe(false);
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
    reference.coingeckoRead({ btc: coin(text, T0), eure: null }, null, at(T0));
    expect(reference.current(at(T0)).divergencePctE4).toBe(pctE4(pct));
    expect(reference.selection(at(T0)).problem).toBe(problem as never);
  });

  test('a stale CoinGecko does not diverge', () => {
    const reference = make();
    openKraken(reference, T0);
    readBtc(reference, '50000', T0 - 180_001, T0);
    expect(reference.current(at(T0)).divergencePctE4).toBeNull();
    expect(reference.selection(at(T0)).problem).toBeNull();
  });

  test('the basis is one at par, and must be fresh when it is read', () => {
    const read = make({ eureBasis: 'coingecko' });
    openKraken(read, T0);
    expect(read.selection(at(T0)).problem).toBe('basis_missing');
    read.coingeckoRead({ btc: null, eure: coin('0.9985', T0 - 180_000) }, 'bitcoin is missing', at(T0));
    expect(read.current(at(T0)).eurPerEureE8).toBe(99_850_000n);
    expect(read.current(at(T0 + 1)).eurPerEureE8).toBeNull();
    const par = make();
    openKraken(par, T0);
    par.coingeckoRead({ btc: null, eure: coin('0.9985', T0) }, null, at(T0));
    expect(par.current(at(T0)).eurPerEureE8).toBe(100_000_000n);
    expect(par.snapshot(at(T0), 'p').coingecko.eure_eur).toBe('0.99850000');
  });

  test.each([
    ['0.98', null],
    ['0.97999999', 'basis_out_of_bounds'],
    ['1.02', null],
    ['1.02000001', 'basis_out_of_bounds'],
    ['0.5', 'basis_out_of_bounds'],
    ['0.01', 'basis_out_of_bounds'],
    ['0.00000001', 'basis_out_of_bounds'],
    ['1000000000', 'basis_out_of_bounds'],
  ])('EURe at %s: %p', (text, problem) => {
    const reference = make({ eureBasis: 'coingecko' });
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94750', T0), eure: coin(text, T0) }, null, at(T0));
    expect(reference.selection(at(T0)).problem).toBe(problem as never);
    expect(reference.health(at(T0)).healthy).toBe(problem === null);
    expect(isRecord(reference.snapshot(at(T0), 'p'))).toBe(true);
    // At par it is traded on, and an operator has to know.
    const par = make();
    openKraken(par, T0);
    par.coingeckoRead({ btc: coin('94750', T0), eure: coin(text, T0) }, null, at(T0));
    expect(par.selection(at(T0)).problem).toBeNull();
    expect(par.health(at(T0)).reasons).toEqual(problem === null ? [] : ['eure_off_par']);
    openKraken(par, T0 + 180_001);
    expect(par.health(at(T0 + 180_001)).reasons).not.toContain('eure_off_par');
  });
});

test('reads give the same object until something is heard or an age limit passes', () => {
  const reference = make();
  openKraken(reference, T0);
  const first = reference.current(at(T0));
  expect(reference.current(at(T0 + 3000))).toBe(first);
  expect(reference.current(at(T0 + 3001))).not.toBe(first);
  reference.published('price-1');
  expect(reference.current(at(T0 + 3001)).priceId).toBe('price-1');
});

test('reads notice by themselves that CoinGecko became stale', () => {
  const reference = make();
  readBtc(reference, '94750', T0);
  expect(reference.selection(at(T0 + 180_000)).coingeckoFault).toBeNull();
  expect(reference.selection(at(T0 + 180_001)).coingeckoFault).toBe('coingecko_stale');
});

test('a failed poll keeps the last price, which ages', () => {
  const reference = make();
  openKraken(reference, T0);
  reference.coingeckoRead({ btc: coin('94700', T0), eure: coin('1', T0) }, null, at(T0));
  reference.coingeckoFailed('http_429');
  expect(reference.selection(at(T0 + 180_000))).toMatchObject({ fallbackUsed: true });
  expect(reference.health(at(T0 + 180_000)).notes).toContain('coingecko_failing');
  expect(reference.selection(at(T0 + 180_001))).toMatchObject({ fallbackUsed: false, problem: 'price_stale' });
});

describe('records', () => {
  test('the snapshot carries rates after the basis, rounded outwards', () => {
    const reference = make({ eureBasis: 'coingecko' });
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0 - 5000), eure: coin('1.0002', T0 - 7000) }, null, at(T0));
    const payload = reference.snapshot(at(T0 + 100), 'price-1');
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
    expect(isRecord(reference.snapshot(at(T0), 'p'))).toBe(true);
    expect(reference.snapshot(at(T0), 'p').problem).toStartWith('price_missing: ');
    openKraken(reference, T0);
    const stale = reference.snapshot(at(T0 + 4200), 'p');
    expect(isRecord(stale)).toBe(true);
    expect(stale.tradable).toBe(false);
    expect(stale.problem).toContain('4200 ms old');
    expect(stale.bid_rate).toBe('94749.90000000');
  });

  test('the state has what an operator looks for', () => {
    const reference = make();
    openKraken(reference, T0);
    reference.coingeckoRead({ btc: coin('94700', T0), eure: coin('1.0002', T0) }, null, at(T0));
    reference.published('price-9');
    const state = reference.state(at(T0 + 40));
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
        const pct = divergenceOf({ bidE8: a, askE8: b }, other);
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
});
