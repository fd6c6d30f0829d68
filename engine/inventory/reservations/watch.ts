// Logs each change of a reservation once: asked for, taken, over.

import { isoTimeOrNull } from '../../../contracts/time.ts';
import type { LogPort } from '../../model/ports.ts';
import type { BookReads } from '../reads.ts';
import type { Reservation } from './reservation.ts';
import { statusOf } from './view.ts';

export type ReservationWatch = {
  /** Called every so often. */
  watch(): void;
};

/** What is on record when it is made was logged by an earlier run. */
export function createReservationWatch(book: Pick<BookReads, 'reservations'>, log: LogPort): ReservationWatch {
  let logged = new Map(book.reservations().map((reservation) => [reservation.id, reservation]));
  return {
    watch() {
      const now = book.reservations();
      for (const reservation of now) if (logged.get(reservation.id) !== reservation) logChange(log, reservation);
      logged = new Map(now.map((reservation) => [reservation.id, reservation]));
    },
  };
}

function logChange(log: LogPort, reservation: Reservation): void {
  const { id, asset, amountUnits, untilAtMs, end } = reservation;
  log.info('reservation_changed', {
    reservation_id: id,
    status: statusOf(reservation),
    asset,
    amount: amountUnits,
    until: isoTimeOrNull(untilAtMs),
    block_height: end?.blockHeight ?? null,
  });
}
