// What the engine adds to /internal/health: every loop with its last run, the lock, the capital and the venue.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, nullable, SignedUnitsText, UnitsText } from '../envelope.ts';
import { Codes, Count, described, Flag, list, shape, Text } from './shapes.ts';

const LoopView = shape({
  name: Text,
  last_run_at: described(nullable(IsoTime), 'When it last did its job; null: not since the start.'),
  healthy: Flag,
  blocked_by: Codes,
});

const CapitalHealth = shape({
  asset: Text,
  credited: UnitsText,
  spendable: UnitsText,
  allocated: UnitsText,
  reserved_for_orders: UnitsText,
  reserved_for_positions: UnitsText,
  realized_pnl: SignedUnitsText,
  holds: described(Flag, 'allocated - reserved_for_orders - reserved_for_positions + realized_pnl is not negative.'),
});

const VenueHealth = shape({
  relay_connected: Flag,
  relay_subscribed: Flag,
  relay_last_frame_at: nullable(IsoTime),
  verifier_connected: Flag,
  verifier_endpoint: Text,
  block_height: nullable(Count),
  key_registered: nullable(Flag),
  account_locked: nullable(Flag),
});

/** Of the engine only. */
export const INTERNAL_FIELDS = {
  loops: Type.Optional(described(list(LoopView), 'engine only: every loop with its last run')),
  lock: Type.Optional(
    shape({ held: described(Flag, 'engine only: this process owns STATE_DIR, so that no other one signs from it') }),
  ),
  capital: Type.Optional(described(list(CapitalHealth), 'engine only: empty before the first balance')),
  venue: Type.Optional(described(VenueHealth, 'engine only: the relay and the verifier')),
};
const InternalFields = shape(INTERNAL_FIELDS);
export type InternalFields = Static<typeof InternalFields>;
