// What blocks an answer, in the loop: price, inventory, limits, policy and arm state, one at a time,
// and that each goes again.

import { describe, expect, test } from 'bun:test';
import { eurE18, pctE4 } from '../contracts/amounts.ts';
import { BTC, EURE } from '../contracts/assets.ts';
import type { DecisionReason } from '../contracts/reasons.ts';
import { level, makeLimits, makePrice } from './model/fixtures.ts';
import { NO_HOLDS } from './model/values.ts';
import { BTC_IN, BTC_OUT, EURE_IN, EURE_OUT, type RequestFields } from './scenario/frames.fixture.ts';
import { type Rig, readyRig, startRig } from './scenario/loop.fixture.ts';

type Block = readonly [name: string, block: (rig: Rig) => void, reason: DecisionReason];

const PRICE: readonly Block[] = [
  [
    'no price yet',
    (rig) => {
      rig.set.price = makePrice({ source: 'none', bids: [], asks: [], priceId: null, hasDepth: false });
    },
    'price_missing',
  ],
  [
    'a stale price',
    (rig) => {
      rig.set.priceAgeMs = 3001;
    },
    'price_stale',
  ],
  [
    'Kraken not trading',
    (rig) => {
      rig.set.price = makePrice({ asOfUs: rig.clock.elapsedUs(), tradable: false });
    },
    'price_not_tradable',
  ],
  [
    'sources apart',
    (rig) => {
      rig.set.price = makePrice({ asOfUs: rig.clock.elapsedUs(), divergencePctE4: pctE4(10_001n) });
    },
    'price_diverged',
  ],
  [
    'no basis',
    (rig) => {
      rig.set.price = makePrice({ asOfUs: rig.clock.elapsedUs(), basisKind: 'coingecko', eurPerEureE8: null });
    },
    'basis_missing',
  ],
  [
    'a thin book',
    (rig) => {
      rig.set.price = makePrice({
        asOfUs: rig.clock.elapsedUs(),
        bids: [level(39_995, 100n)],
        asks: [level(40_005, 100n)],
      });
    },
    'book_too_thin',
  ],
];

const LIMITS: readonly Block[] = [
  [
    'a notional above the maximum',
    (rig) => {
      rig.set.limits = makeLimits({ maxNotionalEurE18: eurE18(10n ** 18n) });
    },
    'notional_above_max',
  ],
  [
    'a deadline beyond the longest lifetime',
    (rig) => {
      rig.set.limits = makeLimits({ quoteLifetimeMaxMs: 69_999 });
    },
    'deadline_too_long',
  ],
  [
    'a partner that is not listed',
    (rig) => {
      rig.set.limits = makeLimits({ partners: ['somebody'] });
    },
    'partner_not_allowed',
  ],
];

const STANDING: readonly Block[] = [
  [
    'the strategy disarmed',
    (rig) => {
      rig.set.strategy = { ...rig.set.strategy, armed: false };
    },
    'strategy_disarmed',
  ],
  [
    'the strategy paused',
    (rig) => {
      rig.set.strategy = { ...rig.set.strategy, paused: true };
    },
    'strategy_paused',
  ],
  [
    'history that is not known to be written, under a strict policy',
    (rig) => {
      rig.set.strategy = { ...rig.set.strategy, historyBlocks: true };
    },
    'history_impaired',
  ],
];

describe.each([...PRICE, ...LIMITS, ...STANDING])('%s', (_name, block, reason) => {
  test.each([
    ['exact in', BTC_IN],
    ['exact out', BTC_OUT],
  ])('blocks %s, and what it blocked is a decision with the values that stood', async (_kind, fields) => {
    using rig = await readyRig();
    block(rig);
    expect(rig.ask('quote-1', fields)).toBeNull();
    const [heard] = rig.heardOf('quote-1');
    expect(heard).toMatchObject({ decision: { accepted: false, reason }, attempt: null, refusal: null });
    expect(heard?.price).not.toBeNull();
    expect(heard?.inventory?.blockHeight).toBe(101);
  });

  test('goes again', async () => {
    using rig = await readyRig();
    const before = { ...rig.set };
    block(rig);
    rig.ask('quote-1');
    Object.assign(rig.set, before);
    rig.answered('quote-2');
  });
});

test('a disarmed strategy says last that it is disarmed: whatever else is in the way is named', async () => {
  using rig = await readyRig();
  rig.set.strategy = { armed: false, paused: false, historyBlocks: true };
  rig.ask('quote-1');
  rig.set.priceAgeMs = 60_000;
  rig.ask('quote-2');
  expect([rig.reasonOf('quote-1'), rig.reasonOf('quote-2')]).toEqual(['history_impaired', 'price_stale']);
});

describe('inventory', () => {
  test('none yet: nothing can be promised', () => {
    using rig = startRig();
    rig.begin();
    rig.ask('quote-1');
    expect(rig.reasonOf('quote-1')).toBe('inventory_missing');
    expect(rig.heardOf('quote-1')[0]?.inventory).toBeNull();
  });

  test('stale: blocked from the limit on, until the next snapshot', async () => {
    using rig = await readyRig();
    rig.clock.advance(15_000);
    rig.answered('quote-1');
    rig.clock.advance(1);
    rig.ask('quote-2');
    expect(rig.reasonOf('quote-2')).toBe('inventory_stale');
    expect(rig.heardOf('quote-2')[0]?.decision.inventoryAgeMs).toBe(15_001);
    await rig.poll();
    rig.answered('quote-3');
  });

  const SHORT: readonly (readonly [string, string, readonly RequestFields[], readonly RequestFields[]])[] = [
    ['BTC', BTC.id, [EURE_IN, BTC_OUT], [BTC_IN, EURE_OUT]],
    ['EURe', EURE.id, [BTC_IN, EURE_OUT], [EURE_IN, BTC_OUT]],
  ];
  test.each(SHORT)(
    'without %s the direction that pays it is blocked, the other is not',
    async (_name, asset, blocked, free) => {
      using rig = startRig();
      rig.begin();
      rig.credit({ [asset]: -(rig.balances()[asset] ?? 0n) });
      await rig.poll();
      for (const [n, fields] of blocked.entries()) {
        expect(rig.ask(`blocked-${n}`, fields)).toBeNull();
        expect(rig.reasonOf(`blocked-${n}`)).toBe('inventory_insufficient');
      }
      for (const [n, fields] of free.entries()) rig.answered(`free-${n}`, fields);
    },
  );

  test('a balance one unit too small is insufficient, and fits once that unit is credited', async () => {
    using rig = startRig({ lanes: 1 });
    rig.begin();
    rig.credit({ [BTC.id]: 8_999n - (rig.balances()[BTC.id] ?? 0n) });
    await rig.poll();
    rig.ask('quote-1', BTC_OUT);
    expect(rig.reasonOf('quote-1')).toBe('inventory_insufficient');
    rig.credit({ [BTC.id]: 1n });
    rig.ask('quote-2', BTC_OUT);
    expect(rig.reasonOf('quote-2')).toBe('inventory_insufficient');
    rig.clock.advance(2000);
    await rig.poll();
    rig.answered('quote-3', BTC_OUT);
  });

  test('quotes under one nonce are live together; what all nonces together promise stays within the balance', async () => {
    using rig = startRig({ lanes: 2 });
    rig.begin();
    rig.credit({ [EURE.id]: 8n * 10n ** 18n - (rig.balances()[EURE.id] ?? 0n) });
    await rig.poll();
    // Two lanes of 4 EURe each: any number of quotes of 3.9 EURe, but none of more than 4.
    for (let n = 0; n < 20; n++) rig.answered(`quote-${n}`);
    expect(rig.book.capital(EURE.id)?.reservedForOrdersUnits).toBeLessThan(8n * 10n ** 18n);
    rig.ask('large', { exact_amount_in: '11000' });
    expect(rig.reasonOf('large')).toBe('lane_ceiling');
  });

  test('an inflow is spendable once a snapshot shows it, and the lanes grow by it', async () => {
    using rig = await readyRig();
    rig.set.limits = makeLimits({ maxNotionalEurE18: eurE18(10n ** 24n) });
    const large = { exact_amount_in: '2000000' };
    rig.ask('quote-1', large);
    expect(rig.reasonOf('quote-1')).toBe('lane_ceiling');
    rig.credit({ [EURE.id]: 10n ** 21n });
    rig.clock.advance(2000);
    await rig.poll();
    rig.answered('quote-2', large);
  });
});

describe('time', () => {
  test('a request that waited longer than the relay collects answers is expired', async () => {
    using rig = await readyRig();
    const quotedAtMs = rig.clock.nowMs() - 3001;
    expect(rig.ask('quote-1', {}, 'event', { quote_timestamp: quotedAtMs })).toBeNull();
    expect(rig.reasonOf('quote-1')).toBe('quote_expired');
    expect(rig.ask('quote-2', {}, 'event', { quote_timestamp: quotedAtMs + 1 })).not.toBeNull();
  });

  test('the time that the venue wrote on a request is seen before it is decided', async () => {
    using rig = await readyRig();
    const stamps: number[] = [];
    rig.set.stamped = (stampAtMs, { nowMs }) => {
      stamps.push(stampAtMs - nowMs);
      rig.set.holds = { ...NO_HOLDS, process_stalled: { value: 30_000, limit: 1000 } };
    };
    expect(rig.ask('quote-1', {}, 'event', { quote_timestamp: rig.clock.nowMs() + 30_000 })).toBeNull();
    expect([stamps, rig.reasonOf('quote-1')]).toEqual([[30_000], 'process_stalled']);
  });

  test('a clock of the venue that is ahead does no harm', async () => {
    using rig = await readyRig();
    expect(rig.ask('quote-1', {}, 'event', { quote_timestamp: rig.clock.nowMs() + 3_600_000 })).not.toBeNull();
  });
});

describe('amounts beyond reason', () => {
  test.each([
    ['in', { exact_amount_in: '1' }],
    ['out', { ...EURE_OUT, exact_amount_out: '1' }],
  ])('a single unit %s is decided on without a fault', async (_side, fields) => {
    using rig = await readyRig();
    rig.ask('quote-1', fields);
    expect(rig.events[0]).toMatchObject({ kind: 'moved', fact: { to: 'submitted', attempt: { quoteId: 'quote-1' } } });
  });

  test.each([
    ['in', BTC_IN, 'exact_amount_in'],
    ['out', EURE_OUT, 'exact_amount_out'],
    ['in, the other way', EURE_IN, 'exact_amount_in'],
    ['out, the other way', BTC_OUT, 'exact_amount_out'],
  ])('the maximum amount %s, against a price without depth', async (_side, fields, key) => {
    using rig = await readyRig();
    const endless = (price: number) => [level(price, 10n ** 60n)];
    rig.set.price = makePrice({
      source: 'coingecko',
      asOfUs: rig.clock.elapsedUs(),
      hasDepth: false,
      bids: endless(40_000),
      asks: endless(40_000),
    });
    rig.ask('quote-1', { ...fields, [key]: ((1n << 127n) - 1n).toString() });
    expect(rig.reasonOf('quote-1')).toBe('notional_above_max');
  });
});
