// The answer to "does it trade?" is held against the loop itself: what it says about a small request is what happens to one.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { pctE4 } from '../../contracts/amounts.ts';
import { assetPaid, DEFAULT_PAIR, DIRECTIONS, type Direction, EURE } from '../../contracts/assets.ts';
import { filterOf } from '../ingest/pair-filter.ts';
import { JournalFailed } from '../journal/problems.ts';
import { type makeLimits, makePrice } from '../model/fixtures.ts';
import type { HoldReason } from '../model/values.ts';
import { type Rig, readyRig, startRig } from '../scenario/loop.fixture.ts';
import { probe, type Trading, type TradingObstacle, tradingOf } from './trading.ts';

const partsOf = (rig: Rig): Parameters<typeof tradingOf>[0] => ({
  settings: { pair: DEFAULT_PAIR },
  journal: { failure: null },
  relay: { state: () => ({ connected: rig.set.executor.relayOpen, subscribed: true, session: { reasons: [] } }) },
  book: rig.book,
  switches: { limits: rig.set.limits },
  obstacles: rig.loop.obstacles,
  breach: () => rig.book.breach(),
});
const tradingIn = (rig: Rig): Trading => tradingOf(partsOf(rig));

const BOTH_DIRECTIONS = filterOf('pair', DEFAULT_PAIR).pairs;

let asked = 0;
/** A small request as it travels, of the first partner that is answered. */
function isAnswered(rig: Rig, direction: Direction): boolean {
  const { assetIn, assetOut, amountInUnits, partnerId } = probe({
    pair: DEFAULT_PAIR,
    direction,
    limits: rig.set.limits,
    price: rig.set.price ?? makePrice(),
    nowMs: rig.clock.nowMs(),
  });
  const fields = {
    defuse_asset_identifier_in: assetIn,
    defuse_asset_identifier_out: assetOut,
    exact_amount_in: String(amountInUnits),
  };
  const metadata = partnerId === null ? undefined : { partner_id: partnerId };
  return rig.ask(`small-${++asked}`, fields, 'event', metadata) !== null;
}

const hold = (reason: HoldReason) => (rig: Rig) => {
  rig.set.holds = { ...rig.set.holds, [reason]: { value: 2, limit: 1 } };
};
const price = (over: Parameters<typeof makePrice>[0]) => (rig: Rig) => {
  rig.set.price = { ...(rig.set.price ?? makePrice({ asOfUs: rig.clock.elapsedUs() - 100_000 })), ...over };
};
const executor = (over: Partial<Rig['set']['executor']>) => (rig: Rig) => {
  rig.set.executor = { ...rig.set.executor, ...over };
};
const strategy = (over: Partial<Rig['set']['strategy']>) => (rig: Rig) => {
  rig.set.strategy = { ...rig.set.strategy, ...over };
};
const limits = (over: Parameters<typeof makeLimits>[0]) => (rig: Rig) => {
  rig.set.limits = { ...rig.set.limits, ...over };
};

const OBSTACLES: readonly (readonly [TradingObstacle, (rig: Rig) => void])[] = [
  ['ingest_paused', (rig) => (rig.set.ingestPaused = true)],
  ['pair_filtered', (rig) => rig.pairFilter.change({ enabled: true, pairs: [] })],
  ['strategy_paused', strategy({ paused: true })],
  ['deadline_too_long', limits({ quoteLifetimeMaxMs: 69_999 })],
  ['clock_skew', hold('clock_skew')],
  ['process_stalled', hold('process_stalled')],
  ['reference_paused', price({ paused: true })],
  ['price_missing', price({ source: 'none', bids: [], asks: [], priceId: null })],
  ['price_stale', price({ asOfUs: 0 })],
  ['price_not_tradable', price({ tradable: false })],
  ['price_diverged', price({ divergencePctE4: pctE4(10_001n) })],
  ['basis_missing', price({ eurPerEureE8: null })],
  ['basis_out_of_bounds', price({ eurPerEureE8: 110_000_000n })],
  ['inventory_block_went_back', hold('inventory_block_went_back')],
  ['inventory_stale', (rig) => rig.clock.advance(15_001)],
  ['edge_below_min', limits({ minEdgePctE4: pctE4(990_000n) })],
  ['quotes_live_max', hold('quotes_live_max')],
  ['quote_ids_full', hold('quote_ids_full')],
  ['journal_behind', hold('journal_behind')],
  ['history_impaired', strategy({ historyBlocks: true })],
  ['strategy_disarmed', strategy({ armed: false })],
  ['executor_draining', executor({ draining: true })],
  ['executor_paused', executor({ paused: true })],
  ['signer_unauthorized', executor({ keyRegistered: false })],
  ['signer_unauthorized', executor({ keyRegistered: null })],
  ['account_locked', executor({ accountLocked: true })],
  ['relay_not_connected', executor({ relayOpen: false })],
  ['executor_disarmed', executor({ armed: false })],
];

test('armed, fresh and funded it trades, and small requests of both directions are answered', async () => {
  using rig = await readyRig();
  expect(tradingIn(rig)).toEqual({
    trading: true,
    notTrading: [],
    directions: { 'BTC->EURe': [], 'EURe->BTC': [] },
  });
  for (const direction of DIRECTIONS) expect(isAnswered(rig, direction)).toBe(true);
});

test.each(OBSTACLES)('%s is named alone, and no small request is answered', async (code, block) => {
  using rig = await readyRig();
  block(rig);
  const { trading, notTrading } = tradingIn(rig);
  expect(trading).toBe(false);
  expect(notTrading).toEqual([code]);
  for (const direction of DIRECTIONS) expect(isAnswered(rig, direction)).toBe(false);
});

test('asking has no effect: nothing is recorded, counted or reserved', async () => {
  using rig = await readyRig();
  const before = [rig.journalled.length, rig.events.length, rig.sent.length, rig.book.counts().open];
  for (let n = 0; n < 10; n++) tradingIn(rig);
  expect([rig.journalled.length, rig.events.length, rig.sent.length, rig.book.counts().open]).toEqual(before);
});

test('with any combination of obstacles, it trades exactly when a small request is answered, direction by direction', async () => {
  const some = fc.subarray([...OBSTACLES.keys()], { maxLength: 4 });
  const pairs = fc.constantFrom(BOTH_DIRECTIONS, BOTH_DIRECTIONS.slice(1));
  const partners = fc.constantFrom([], ['somebody']);
  await fc.assert(
    fc.asyncProperty(some, pairs, partners, async (indexes, passing, allowed) => {
      using rig = await readyRig();
      rig.pairFilter.change({ enabled: true, pairs: passing });
      limits({ partners: allowed })(rig);
      for (const index of indexes) OBSTACLES[index]?.[1](rig);
      const said = tradingIn(rig);
      const answered = DIRECTIONS.filter((direction) => isAnswered(rig, direction));
      expect(DIRECTIONS.filter((direction) => said.directions[direction].length === 0)).toEqual(answered);
      expect(said.trading).toBe(answered.length > 0);
      expect(said.notTrading.length === 0).toBe(said.trading);
      if (passing.length === 2) expect(said.trading).toBe(indexes.length === 0);
    }),
    { numRuns: 150 },
  );
});

test('a gate that fails lets nothing be answered, and the question is answered all the same', async () => {
  using rig = await readyRig();
  rig.set.fault = new Error('a slip');
  expect(tradingIn(rig).notTrading).toEqual(['gates_failed']);
  expect(isAnswered(rig, 'BTC->EURe')).toBe(false);
  rig.set.fault = null;
  expect(tradingIn(rig).trading).toBe(true);
});

describe('one direction', () => {
  test('whose balance is spent does not keep the other from trading', async () => {
    using rig = startRig();
    rig.begin();
    rig.credit({ [EURE.id]: -(rig.balances()[EURE.id] ?? 0n) });
    await rig.poll();
    const { trading, directions } = tradingIn(rig);
    expect(trading).toBe(true);
    expect(directions).toEqual({ 'BTC->EURe': ['inventory_insufficient'], 'EURe->BTC': [] });
    expect(DIRECTIONS.map((direction) => isAnswered(rig, direction))).toEqual([false, true]);
  });

  test('without an open lane says so', async () => {
    using rig = await readyRig();
    const paid = assetPaid(DEFAULT_PAIR, 'BTC->EURe').id;
    const { directions } = tradingOf({
      ...partsOf(rig),
      book: { hasLane: (asset) => asset !== paid },
      obstacles: () => ['lane_ceiling'],
    });
    expect(directions).toEqual({ 'BTC->EURe': ['lanes_not_open'], 'EURe->BTC': ['lane_ceiling'] });
  });
});

test('no request comes in without a subscription, nor from a relay that went silent; none leaves without a journal', async () => {
  using rig = await readyRig();
  const parts = partsOf(rig);
  const relayWith = (subscribed: boolean, reasons: readonly string[]) => ({
    state: () => ({ connected: true, subscribed, session: { reasons } }),
  });
  expect(tradingOf({ ...parts, relay: relayWith(false, []) }).notTrading).toEqual(['relay_not_subscribed']);
  expect(tradingOf({ ...parts, relay: relayWith(true, ['relay_silent']) }).notTrading).toEqual(['relay_silent']);
  expect(tradingOf({ ...parts, journal: { failure: new JournalFailed('disk full') } }).notTrading).toEqual([
    'journal_failed',
  ]);
});

test('before the first balance neither balance nor account are known', () => {
  using rig = startRig();
  rig.begin();
  expect(tradingIn(rig).notTrading).toEqual(['inventory_missing']);
  expect(isAnswered(rig, 'BTC->EURe')).toBe(false);
});

test('a breach of the capital is named as the cause of the disarming', async () => {
  using rig = await readyRig();
  rig.answered('live');
  rig.credit({ [EURE.id]: -(rig.balances()[EURE.id] ?? 0n) + 1n });
  rig.clock.advance(2000);
  await rig.poll();
  executor({ armed: false })(rig);
  expect(rig.book.breach()).not.toBeNull();
  expect(tradingIn(rig).directions['EURe->BTC']).toEqual(['executor_disarmed', 'capital_breach']);
  for (const direction of DIRECTIONS) expect(isAnswered(rig, direction)).toBe(false);
});
