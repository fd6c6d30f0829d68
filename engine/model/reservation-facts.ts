// What the journal holds of amounts that are reserved for withdrawals. Their end by a withdrawal, or by their time, is part of the
// balance that shows it.

import type { Units } from '../../contracts/amounts.ts';
import type { AssetId, NonceText } from '../../contracts/ids.ts';

/** An operator asks for an amount: it is taken as soon as quotes leave it free. */
export type ReservationAskedFact = {
  readonly kind: 'reservation_asked';
  readonly atMs: number;
  readonly reservationId: string;
  readonly asset: AssetId;
  readonly amountUnits: Units;
  /** Of the payload that withdraws; null: not known, then the balance alone tells. */
  readonly nonce: NonceText | null;
  /** The last moment at which that payload can be executed; null: not known, then it does not end by itself. */
  readonly untilAtMs: number | null;
  readonly by: string;
};

/** No quote can take it any more: the withdrawal may be published once this is durable. */
export type ReservationTakenFact = {
  readonly kind: 'reservation_taken';
  readonly atMs: number;
  readonly reservationId: string;
};

/** An operator says that nothing will be withdrawn by it. */
export type ReservationReleasedFact = {
  readonly kind: 'reservation_released';
  readonly atMs: number;
  readonly reservationId: string;
  readonly by: string;
};

export type ReservationFact = ReservationAskedFact | ReservationTakenFact | ReservationReleasedFact;
