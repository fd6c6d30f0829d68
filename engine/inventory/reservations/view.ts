// Reservations as operators see them.

import type { ReservationsView, ReservationView } from '../../../contracts/control/reservations.ts';
import { isoTime, isoTimeOrNull } from '../../../contracts/time.ts';
import type { BookReads } from '../reads.ts';
import { RESERVATIONS_OPEN_MAX, type Reservation } from './reservation.ts';

/** Of those that are over; the journal has all. */
const OVER_SHOWN = 20;

export const reservationView = (reservation: Reservation): ReservationView => ({
  reservation_id: reservation.id,
  asset: reservation.asset,
  amount: reservation.amountUnits.toString(),
  status: statusOf(reservation),
  until: isoTimeOrNull(reservation.untilAtMs),
  nonce: reservation.nonce,
  asked_by: reservation.askedBy,
  asked_at: isoTime(reservation.askedAtMs),
  taken_at: isoTimeOrNull(reservation.takenAtMs),
  ended_at: isoTimeOrNull(reservation.end?.atMs ?? null),
  block_height: reservation.end?.blockHeight ?? null,
});

export function statusOf({ takenAtMs, releasedAtMs, end }: Reservation): ReservationView['status'] {
  if (end !== null) return end.outcome;
  if (takenAtMs === null) return 'waiting';
  return releasedAtMs === null ? 'taken' : 'releasing';
}

export function reservationsView(book: Pick<BookReads, 'reservations'>): ReservationsView {
  const all = book.reservations();
  return {
    open: all.filter(({ end }) => end === null).map(reservationView),
    over: all
      .filter(({ end }) => end !== null)
      .slice(-OVER_SHOWN)
      .map(reservationView),
    open_max: RESERVATIONS_OPEN_MAX,
  };
}
