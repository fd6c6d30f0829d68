// Which waiting reservations the free capital of an asset could cover. Pure.

import type { AssetId } from '../../../contracts/ids.ts';
import type { BookState } from '../state.ts';
import { isWaiting, type Reservation } from './reservation.ts';

/**
 * Those that wait, oldest first, and that fit together once no quote is live; one that is too large after a loss keeps nothing
 * from being quoted, nor the others waiting.
 */
export function fittingReservations(state: BookState, asset: AssetId, spendableUnits: bigint): readonly Reservation[] {
  let leftUnits = spendableUnits;
  const fitting: Reservation[] = [];
  for (const reservation of state.reservations.values()) {
    if (reservation.asset !== asset || !isWaiting(reservation) || reservation.amountUnits > leftUnits) continue;
    fitting.push(reservation);
    leftUnits -= reservation.amountUnits;
  }
  return fitting;
}

export const unitsOf = (reservations: readonly Reservation[]): bigint =>
  reservations.reduce((sum, { amountUnits }) => sum + amountUnits, 0n);
