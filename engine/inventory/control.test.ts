// What operators see of the inventory is what the ledger knows now, and how old that is.

import { expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { isoTime } from '../../contracts/time.ts';
import { FUNDS_UNKNOWN, type FundsUnderWay } from '../model/funds.ts';
import type { Breach } from '../model/values.ts';
import { BTC_UNITS, EURE_UNITS, type Rig, startRig } from '../scenario/loop.fixture.ts';
import { type InventoryControlOptions, inventoryControl } from './control.ts';

const FINDINGS = { status: 'unknown' };

/** Over the ledger of a rig; the poll of the verifier has nothing to say. */
type Shown = {
  readonly breach?: () => Breach | null;
  readonly underWay?: FundsUnderWay;
  readonly stranded?: Readonly<Record<string, bigint>>;
};

function controlOf(rig: Rig, shown: Shown = {}) {
  const { breach = () => null, underWay = FUNDS_UNKNOWN, stranded = {} } = shown;
  const verifier = {
    health: () => ({ healthy: true, reasons: [], notes: [] }),
    state: () => ({ paused: false }),
    lastSnapshot: () => (rig.book.block() === null ? null : { stranded }),
  };
  const options = {
    settings: { config: { account: 'solver.near' }, pair: DEFAULT_PAIR },
    book: rig.book,
    laneManager: rig.laneManager,
    verifier,
    switches: { limits: rig.set.limits },
    breach,
    gates: { now: () => [], covers: () => false },
    clock: rig.clock,
    background: { underWay: () => underWay, funding: () => ({}), findings: () => FINDINGS, notes: () => [] },
  };
  return inventoryControl(options as unknown as InventoryControlOptions);
}

test('before the first balance nothing is shown as known, not even as zero', () => {
  using rig = startRig();
  rig.begin();
  expect(controlOf(rig).state()).toMatchObject({
    assets: {},
    last_sync_at: null,
    age_ms: null,
    block_height: null,
    reconciliation: { status: 'unknown' },
  });
});

test('spendable by asset, block, time and age are those of the newest balance', async () => {
  using rig = startRig();
  rig.begin();
  await rig.poll();
  const syncedAtMs = rig.clock.nowMs();
  rig.clock.advance(700);
  const state = controlOf(rig).state();
  expect(state).toMatchObject({
    last_sync_at: isoTime(syncedAtMs),
    age_ms: 700,
    max_age_ms: 15_000,
    block_height: 101,
    reconciliation: { status: 'ok', code: null, note: null },
  });
  expect(state.assets[BTC.id]).toMatchObject({ credited: String(BTC_UNITS), spendable: String(BTC_UNITS) });
  expect(state.assets[EURE.id]).toMatchObject({ credited: String(EURE_UNITS), spendable: String(EURE_UNITS) });

  rig.credit({ [BTC.id]: 7n });
  await rig.poll();
  expect(controlOf(rig).state()).toMatchObject({
    age_ms: 0,
    block_height: 102,
    assets: { [BTC.id]: { spendable: String(BTC_UNITS + 7n) } },
  });
});

test('what does not fit is the reconciliation status, with its code and its numbers', async () => {
  using rig = startRig();
  rig.begin();
  await rig.poll();
  const breach = { code: 'balance_loss', detail: 'credited x fell by 7' } as const;
  expect(controlOf(rig, { breach: () => breach }).state().reconciliation).toEqual({
    status: 'breach',
    code: 'balance_loss',
    note: 'credited x fell by 7',
    findings: FINDINGS,
  } as never);
});

test('what is on its way is shown apart, null while it is not known, and changes no other figure', async () => {
  using rig = startRig();
  rig.begin();
  await rig.poll();
  const without = controlOf(rig).state().assets;
  const pending = { pending_inbound: null, pending_outbound: null, pre_credit_inbound: null };
  expect(without[BTC.id]).toMatchObject({ ...pending, spendable: String(BTC_UNITS) });
  const underWay = {
    pendingInboundUnits: units(25_000n),
    pendingOutboundUnits: units(7n),
    preCreditInboundUnits: units(0n),
  };
  const shown = { pending_inbound: '25000', pending_outbound: '7', pre_credit_inbound: '0' };
  expect(controlOf(rig, { underWay }).state().assets).toEqual({
    [BTC.id]: { ...without[BTC.id], ...shown },
    [EURE.id]: { ...without[EURE.id], ...shown },
  } as typeof without);
});

test('a balance under a known id that is not traded is shown as stranded, noted, and never spendable', async () => {
  using rig = startRig();
  rig.begin();
  await rig.poll();
  const nbtc = 'nep141:nbtc.bridge.near';
  const control = controlOf(rig, { stranded: { [nbtc]: 4321n } });
  const state = control.state();
  expect(state.stranded).toEqual([{ asset: nbtc, symbol: 'BTC', bridge: 'omni', credited: '4321' }]);
  expect(control.health().notes).toContain('balance_stranded');
  expect(Object.keys(state.assets)).toEqual([BTC.id, EURE.id]);
  expect(controlOf(rig, { stranded: { [nbtc]: 0n } }).state()).toMatchObject({ stranded: [] });
});

test.each([
  [0n, false],
  [1n, true],
])('%p units that could be spent without an open lane: reported %p', async (spendable, isReported) => {
  using rig = startRig();
  rig.begin();
  await rig.poll();
  const capital: Rig['book']['capital'] = (asset) => {
    const view = rig.book.capital(asset);
    return view === null ? null : { ...view, spendableUnits: units(asset === BTC.id ? spendable : 0n) };
  };
  const withoutLanes = { ...rig, book: { ...rig.book, hasLane: () => false, capital } };
  expect(controlOf(withoutLanes).health().reasons.includes('lanes_not_open')).toBe(isReported);
});
