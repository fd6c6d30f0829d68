// The record of a snapshot of the verifier: state.intent_inventory.

import { isoTime } from '../../contracts/time.ts';
import type { StateIntentInventory } from '../../contracts/topics/state-intent-inventory.ts';
import type { Book } from '../inventory/book.ts';
import type { InventoryFact } from '../model/facts.ts';
import type { Observation } from '../model/observation.ts';
import type { Breach } from '../model/values.ts';
import { assetsOf } from './state.ts';

export type InventoryRecord = {
  readonly eventId: string;
  readonly atMs: number;
  readonly accountId: string;
  /** Has taken the snapshot. */
  readonly book: Pick<Book, 'capital' | 'counts'>;
  readonly breach: Breach | null;
  readonly snapshot: Observation;
};

export function inventoryFact({ eventId, atMs, accountId, book, breach, snapshot }: InventoryRecord): InventoryFact {
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
    assets: assetsOf(book),
  };
  return { kind: 'inventory', eventId, atMs, observedAtMs: block.timeMs, payload };
}
