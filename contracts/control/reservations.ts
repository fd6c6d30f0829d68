// What the engine's routes of reservations take and answer. A reservation keeps an amount back for a withdrawal: nothing of it is
// quoted any more once it is taken, and a balance that falls by it is explained. Ids are those of who asks, each used once.

import { type Static, Type } from '@sinclair/typebox';
import { IsoTime, nullable, oneOf, UnitsText } from '../envelope.ts';
import { ASSET_ID_PATTERN } from '../pair-filter.ts';
import { ASKED_TIME_PATTERN, ASKED_UNITS_PATTERN } from './asked.ts';
import { Count, described, list, shape, Text } from './shapes.ts';

const closed = { additionalProperties: false } as const;

const RESERVATION_STATUSES = [
  'waiting',
  'taken',
  'releasing',
  'withdrawn',
  'burned',
  'released',
  'expired',
  'chain_replaced',
] as const;

const ReservationId = Type.String({
  pattern: '^[A-Za-z0-9_.:-]{1,128}$',
  description: '1 to 128 letters, digits and _ . : -',
});

export const ReserveBody = Type.Object(
  {
    reservation_id: ReservationId,
    asset: Type.String({ pattern: ASSET_ID_PATTERN, description: 'asset id, such as nep141:btc.omft.near' }),
    amount: Type.String({
      pattern: ASKED_UNITS_PATTERN,
      description: 'smallest units that will leave the verifier, fees included, as whole digits in quotes',
    }),
    until: Type.Optional(
      Type.String({
        pattern: ASKED_TIME_PATTERN,
        description:
          'deadline of the payload that withdraws, such as 2026-01-01T00:00:00.000Z: after it the amount is free again if it did not leave; left out: it never ends by itself',
      }),
    ),
    nonce: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$',
        description:
          'nonce of the payload that withdraws, 32 bytes in base64: with it a withdrawal is recognised whatever else moves the balance; it requires until',
      }),
    ),
  },
  closed,
);
export type ReserveBody = Static<typeof ReserveBody>;

export const ReleaseBody = Type.Object({ reservation_id: ReservationId }, closed);

export const ReservationView = shape({
  reservation_id: Text,
  asset: Text,
  amount: UnitsText,
  status: described(
    oneOf(RESERVATION_STATUSES),
    'waiting: live quotes still need the amount; taken: it can be withdrawn; releasing: given back, until a balance after that, and with a nonce after its end, shows that it did not leave; withdrawn: a balance shows that it left; burned: its nonce was used and nothing left; released: by an operator; expired: it did not leave in time.',
  ),
  until: nullable(IsoTime),
  nonce: nullable(Text),
  asked_by: Text,
  asked_at: IsoTime,
  taken_at: nullable(IsoTime),
  ended_at: described(nullable(IsoTime), 'null: it is not over.'),
  block_height: described(nullable(Count), 'Block of the balance that showed its end; null: none did.'),
});
export type ReservationView = Static<typeof ReservationView>;

export const ReservationsView = shape({
  open: described(list(ReservationView), 'Those that wait or are taken, oldest first.'),
  over: described(list(ReservationView), 'The newest of those that are over, in the order of their ends.'),
  open_max: described(Count, 'So many may be open at the same time.'),
});
export type ReservationsView = Static<typeof ReservationsView>;
