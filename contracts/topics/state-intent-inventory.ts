// state.intent_inventory: what the verifier credits to the account at one final block, and how much of it is promised.
// Amounts are smallest units by asset id. `pending_*` is null while nobody has told: unknown is not zero.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, Millis, nullable, oneOf, SignedUnitsText, UnitsText } from '../envelope.ts';

const RECONCILIATION_STATUSES = ['ok', 'breach', 'unknown'] as const;

const AssetInventory = Type.Object(
  {
    credited: UnitsText,
    spendable: UnitsText,
    allocated: UnitsText,
    reserved_for_orders: UnitsText,
    reserved_for_positions: UnitsText,
    realized_pnl: SignedUnitsText,
    ceilings: UnitsText,
    pending_inbound: nullable(UnitsText),
    pending_outbound: nullable(UnitsText),
  },
  { additionalProperties: false },
);

export const StateIntentInventory = Type.Object(
  {
    inventory_id: Type.String(),
    account_id: Type.String(),
    block_height: Type.Integer(),
    block_hash: Type.String(),
    block_time: IsoTime,
    last_sync_at: IsoTime,
    sync_duration_ms: Millis,
    salt: nullable(Type.String()),
    fee_pips: nullable(Type.Integer()),
    open_nonces: Type.Integer(),
    open_quotes: Type.Integer(),
    reconciliation_status: oneOf(RECONCILIATION_STATUSES),
    reconciliation_note: nullable(Type.String()),
    assets: Type.Record(Type.String(), AssetInventory),
  },
  { additionalProperties: false },
);
export type StateIntentInventory = Static<typeof StateIntentInventory>;
