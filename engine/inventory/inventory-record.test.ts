// The published snapshot has the block, the balances and what of them is promised, as the ledger has them.

import { expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { FUNDS_UNKNOWN, type FundsUnderWay } from '../model/funds.ts';
import type { Breach } from '../model/values.ts';
import { ACCOUNT, BTC_UNITS, EURE_UNITS, type Rig, readyRig } from '../scenario/loop.fixture.ts';
import { emptyBook } from './book.fixture.ts';
import { inventoryFact, lineIds } from './inventory-record.ts';

const BLOCK = { height: 101, hash: 'block-101', timeMs: Date.parse('2026-01-01T00:00:00.000Z') };

function payloadOf({ book }: Rig, breach: Breach | null = null, funds: FundsUnderWay = FUNDS_UNKNOWN) {
  const snapshot = { block: BLOCK, readAtMs: BLOCK.timeMs + 700, durationMs: 12.4, salt: '252812b3', feePips: 1 };
  const fact = inventoryFact({
    pair: DEFAULT_PAIR,
    eventId: 'event-1',
    atMs: BLOCK.timeMs + 900,
    accountId: ACCOUNT,
    book,
    breach,
    snapshot: snapshot as Parameters<typeof inventoryFact>[0]['snapshot'],
    underWay: () => funds,
  });
  expect(fact).toMatchObject({ kind: 'inventory', atMs: BLOCK.timeMs + 900, observedAtMs: BLOCK.timeMs });
  return fact.payload;
}

test('has credited and spendable amounts at a block, and when it was read', async () => {
  using rig = await readyRig();
  expect(payloadOf(rig)).toMatchObject({
    inventory_id: `inv-${ACCOUNT}-101`,
    account_id: ACCOUNT,
    block_height: 101,
    block_hash: 'block-101',
    block_time: '2026-01-01T00:00:00.000Z',
    last_sync_at: '2026-01-01T00:00:00.700Z',
    sync_duration_ms: 12,
    open_quotes: 0,
    reconciliation_status: 'ok',
    reconciliation_note: null,
    assets: {
      [BTC.id]: { credited: String(BTC_UNITS), spendable: String(BTC_UNITS), reserved_for_orders: '0' },
      [EURE.id]: { credited: String(EURE_UNITS), spendable: String(EURE_UNITS), reserved_for_orders: '0' },
    },
  });
});

test('has what live quotes reserve, and what does not fit', async () => {
  using rig = await readyRig();
  const { diff } = rig.answered('quote-1');
  const breach = { code: 'balance_loss', detail: 'credited x fell by 7' } as const;
  expect(payloadOf(rig, breach)).toMatchObject({
    open_quotes: 1,
    reconciliation_status: 'breach',
    reconciliation_note: 'credited x fell by 7',
    assets: { [EURE.id]: { credited: String(EURE_UNITS), reserved_for_orders: diff[EURE.id]?.slice(1) } },
  });
});

test('has what is on its way, null while it is not known, and the same amounts otherwise', async () => {
  using rig = await readyRig();
  const { assets } = payloadOf(rig);
  expect(assets[BTC.id]).toMatchObject({ pending_inbound: null, pending_outbound: null });
  const funds = {
    pendingInboundUnits: units(25_000n),
    pendingOutboundUnits: units(0n),
    preCreditInboundUnits: units(25_000n),
  };
  const pending = { pending_inbound: '25000', pending_outbound: '0' };
  expect(payloadOf(rig, null, funds).assets).toEqual({
    [BTC.id]: { ...assets[BTC.id], ...pending },
    [EURE.id]: { ...assets[EURE.id], ...pending },
  } as typeof assets);
});

test('its id is in log lines about the inventory, and in no others', async () => {
  using rig = await readyRig();
  expect(lineIds('inventory', rig.book)).toEqual({ inventory_id: `inv-${ACCOUNT}-${rig.book.block()?.height}` });
  expect(lineIds('ingest', rig.book)).toEqual({});
  expect(lineIds('inventory', emptyBook(1))).toEqual({ inventory_id: null });
});
