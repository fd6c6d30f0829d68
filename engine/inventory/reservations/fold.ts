// What the facts of reservations change in the book.

import type { BalanceFact } from '../../model/facts.ts';
import type {
  ReservationAskedFact,
  ReservationReleasedFact,
  ReservationTakenFact,
} from '../../model/reservation-facts.ts';
import type { Breach } from '../../model/values.ts';
import { capitalBreach, misfit } from '../fold/breaches.ts';
import type { BookState } from '../state.ts';
import {
  endsAtMs,
  isTaken,
  isWaiting,
  RESERVATIONS_OVER_MAX,
  type Reservation,
  type ReservationOutcome,
} from './reservation.ts';

export function askReservation(state: BookState, fact: ReservationAskedFact): Breach | null {
  const { reservationId: id, asset, amountUnits, nonce, untilAtMs, by, atMs } = fact;
  if (state.reservations.has(id)) return misfit(`reservation ${id} was asked for before`);
  const asked = { id, asset, amountUnits, nonce, untilAtMs, askedBy: by, askedAtMs: atMs };
  state.reservations.set(id, { ...asked, takenAtMs: null, releasedAtMs: null, end: null });
  return null;
}

export function takeReservation(state: BookState, { reservationId, atMs }: ReservationTakenFact): Breach | null {
  const reservation = state.reservations.get(reservationId);
  if (reservation === undefined || !isWaiting(reservation)) return misfit(`reservation ${reservationId} does not wait`);
  state.reservations.set(reservationId, { ...reservation, takenAtMs: atMs });
  count(state, reservation, reservation.amountUnits);
  return capitalBreach(state);
}

export function releaseReservation(state: BookState, fact: ReservationReleasedFact): Breach | null {
  const reservation = state.reservations.get(fact.reservationId);
  if (reservation === undefined || reservation.end !== null)
    return misfit(`reservation ${fact.reservationId} is not open`);
  // What is taken may have been published, and have left since the last balance: the next ones tell.
  if (isTaken(reservation)) {
    const releasedAtMs = reservation.releasedAtMs ?? fact.atMs;
    state.reservations.set(reservation.id, { ...reservation, releasedAtMs });
  } else end(state, reservation, { outcome: 'released', atMs: fact.atMs, blockHeight: null });
  return null;
}

/** What left by the withdrawals that this balance shows, by asset. */
export function withdrawnBy(state: BookState, { withdrawn = [] }: BalanceFact): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const id of withdrawn) {
    const reservation = state.reservations.get(id);
    if (reservation === undefined || !isTaken(reservation)) continue;
    sums.set(reservation.asset, (sums.get(reservation.asset) ?? 0n) + reservation.amountUnits);
  }
  return sums;
}

/** Ends what the balance shows as over. @param overBeforeMs times before this are over by it */
export function endByBalance(state: BookState, fact: BalanceFact, overBeforeMs: number): Breach | null {
  const { atMs, blockHeight, withdrawn = [], burned = [], unread = [] } = fact;
  let unknown: string | null = null;
  const endAll = (ids: readonly string[], outcome: ReservationOutcome): void => {
    for (const id of ids) {
      const reservation = state.reservations.get(id);
      if (reservation === undefined || !isTaken(reservation)) unknown = id;
      else end(state, reservation, { outcome, atMs, blockHeight });
    }
  };
  endAll(withdrawn, 'withdrawn');
  endAll(burned, 'burned');
  for (const reservation of state.reservations.values()) {
    const { nonce, releasedAtMs, end: over } = reservation;
    const lastAtMs = endsAtMs(reservation);
    const isOver = over === null && lastAtMs !== null && lastAtMs < overBeforeMs;
    // A nonce that was not read with this balance may have been used before it.
    if (isOver && (nonce === null || isWaiting(reservation) || !unread.includes(nonce))) {
      end(state, reservation, { outcome: releasedAtMs === null ? 'expired' : 'released', atMs, blockHeight });
    }
  }
  return unknown === null
    ? null
    : misfit(`the balance at block ${blockHeight} ends reservation ${unknown}, which is not taken`);
}

/** The chain is another one: nothing leaves by them any more that would be known of. */
export function endWithChain(state: BookState, atMs: number): void {
  for (const reservation of [...state.reservations.values()]) {
    if (reservation.end === null) end(state, reservation, { outcome: 'chain_replaced', atMs, blockHeight: null });
  }
}

/** Takes up a reservation of a checkpoint. */
export function restoreReservation(state: BookState, reservation: Reservation): void {
  state.reservations.set(reservation.id, reservation);
  if (isTaken(reservation)) count(state, reservation, reservation.amountUnits);
}

function end(state: BookState, reservation: Reservation, how: NonNullable<Reservation['end']>): void {
  if (isTaken(reservation)) count(state, reservation, -reservation.amountUnits);
  // Behind the others: the order of their ends.
  state.reservations.delete(reservation.id);
  state.reservations.set(reservation.id, { ...reservation, end: how });
  forgetOldest(state);
}

function forgetOldest({ reservations }: BookState): void {
  const over = [...reservations.values()].filter((each) => each.end !== null);
  for (const { id } of over.slice(0, Math.max(0, over.length - RESERVATIONS_OVER_MAX))) reservations.delete(id);
}

/** An asset that is not traded any more has no ledger, and no quotes that could take it. */
function count(state: BookState, { asset }: Reservation, units: bigint): void {
  const ledger = state.ledgers.get(asset);
  if (ledger === undefined) return;
  ledger.positionsUnits += units;
  ledger.view = null;
}
