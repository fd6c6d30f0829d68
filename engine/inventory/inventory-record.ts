// The record of a snapshot of the verifier: state.intent_inventory.

import { assetIdsOf, type Pair } from '../../contracts/assets.ts';
import type { AssetId } from '../../contracts/ids.ts';
import { isoTime } from '../../contracts/time.ts';
import type { StateIntentInventory } from '../../contracts/topics/state-intent-inventory.ts';
import type { InventoryFact } from '../model/facts.ts';
import type { FundsUnderWay } from '../model/funds.ts';
import type { Observation } from '../model/observation.ts';
import type { Breach } from '../model/values.ts';
import type { Book } from './book.ts';

export type InventoryRecord = {
  readonly eventId: string;
  readonly atMs: number;
  readonly accountId: string;
  readonly pair: Pair;
  /** Has taken the snapshot. */
  readonly book: Pick<Book, 'capital' | 'counts'>;
  readonly breach: Breach | null;
  readonly snapshot: Observation;
  readonly underWay: (asset: AssetId) => FundsUnderWay;
};

export function inventoryFact(record: InventoryRecord): InventoryFact {
  const { eventId, atMs, accountId, pair, book, breach, snapshot, underWay } = record;
  const { block, readAtMs, durationMs, salt, feePips } = snapshot;
  const { nonces, open } = book.counts();
  const payload: StateIntentInventory = {
    inventory_id: `inv-${accountId}-${block.height}`,
    account_id: accountId,
    block_height: block.height,
    block_hash: block.hash,
    block_time: isoTime(block.timeMs),
    last_sync_at: isoTime(readAtMs),
    sync_duration_ms: Math.round(durationMs),
    salt,
    fee_pips: feePips,
    open_nonces: nonces,
    open_quotes: open,
    reconciliation_status: breach === null ? 'ok' : 'breach',
    reconciliation_note: breach?.detail ?? null,
    assets: assetsOf(pair, book, underWay),
  };
  return { kind: 'inventory', eventId, atMs, observedAtMs: block.timeMs, payload };
}

/** As the record of the newest balance names itself; null before the first. */
export const newestInventoryId = (book: Pick<Book, 'inventory'>): string | null =>
  book.inventory('BTC->EURe')?.inventoryId ?? null;

/** Ids that a log line about a part has. */
export const lineIds = (part: string, book: Pick<Book, 'inventory'>): { readonly inventory_id?: string | null } =>
  part === 'inventory' ? { inventory_id: newestInventoryId(book) } : {};

/** Capital of both assets as it is published, with what is on its way, which is no part of it. */
export function assetsOf(
  pair: Pair,
  book: Pick<Book, 'capital'>,
  underWay: (asset: AssetId) => FundsUnderWay,
): StateIntentInventory['assets'] {
  return Object.fromEntries(
    assetIdsOf(pair).flatMap((id) => {
      const capital = book.capital(id);
      if (capital === null) return [];
      const { pendingInboundUnits, pendingOutboundUnits } = underWay(id);
      const view = {
        credited: capital.creditedUnits.toString(),
        spendable: capital.spendableUnits.toString(),
        allocated: capital.allocatedUnits.toString(),
        reserved_for_orders: capital.reservedForOrdersUnits.toString(),
        reserved_for_positions: capital.reservedForPositionsUnits.toString(),
        realized_pnl: capital.realizedUnits.toString(),
        ceilings: capital.ceilingsUnits.toString(),
        pending_inbound: pendingInboundUnits?.toString() ?? null,
        pending_outbound: pendingOutboundUnits?.toString() ?? null,
      };
      return [[id, view]];
    }),
  );
}
