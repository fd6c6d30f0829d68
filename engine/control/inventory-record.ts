// The record of a look at the verifier: state.intent_inventory.

import { isoTime } from '../../contracts/time.ts';
import type { StateIntentInventory } from '../../contracts/topics/state-intent-inventory.ts';
import type { Observation } from '../model/observation.ts';
import type { Parts } from './parts.ts';
import { assetsOf } from './state.ts';

/** What the look showed and what the book made of it; call after the book has taken it. */
export function inventoryPayload(
  parts: Parts,
  { block, readAtMs, durationMs, salt, feePips }: Observation,
): StateIntentInventory {
  const { book, settings } = parts;
  const { nonces, open } = book.counts();
  const breach = parts.breach();
  return {
    inventory_id: `inv-${settings.config.account}-${block.height}`,
    account_id: settings.config.account,
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
    assets: assetsOf(parts),
  };
}
