// An amount that is kept back for a withdrawal: asked for, taken when quotes leave it free, over when a balance shows it gone, or
// shows it still there after its time or after an operator gave it back. While it is taken it counts among what is reserved for
// positions.

import type { Units } from '../../../contracts/amounts.ts';
import type { AssetId, NonceText } from '../../../contracts/ids.ts';

/**
 * `withdrawn`: a balance shows that it left. `burned`: its nonce was used, and nothing left. `released`: by an operator. `expired`:
 * a final block is later than its time, and it did not leave. `chain_replaced`: the chain that it was for is given up.
 */
export type ReservationOutcome = 'withdrawn' | 'burned' | 'released' | 'expired' | 'chain_replaced';

export type Reservation = {
  readonly id: string;
  readonly asset: AssetId;
  readonly amountUnits: Units;
  /** Of the payload that withdraws; null: not known. */
  readonly nonce: NonceText | null;
  /** The last moment at which it can be executed; null: not known. */
  readonly untilAtMs: number | null;
  readonly askedBy: string;
  readonly askedAtMs: number;
  /** null: it waits until quotes leave it free. */
  readonly takenAtMs: number | null;
  /** When an operator gave it back while it was taken: it ends with a balance after `endsAtMs`; null: nobody did. */
  readonly releasedAtMs: number | null;
  /** null: it is not over. */
  readonly end: ReservationEnd | null;
};

type ReservationEnd = {
  readonly outcome: ReservationOutcome;
  readonly atMs: number;
  /** Of the balance that showed it; null: none did. */
  readonly blockHeight: number | null;
};

/** Those that are not over, at most: a person or a treasury asks for them, one at a time; each is looked at with every balance. */
export const RESERVATIONS_OPEN_MAX = 16;
/** Those that are over and kept, so that an id that is asked for again is known, at most. */
export const RESERVATIONS_OVER_MAX = 256;

/**
 * Nothing leaves by it after this; null: that is not known. A payload whose nonce is known was signed, so that whoever has it can
 * execute it until its time, whatever an operator says; of one that has no nonce there is only the operator's word.
 */
export function endsAtMs({ nonce, untilAtMs, releasedAtMs }: Reservation): number | null {
  if (nonce !== null && untilAtMs !== null) return untilAtMs;
  if (untilAtMs === null || releasedAtMs === null) return untilAtMs ?? releasedAtMs;
  return Math.min(untilAtMs, releasedAtMs);
}

export const isWaiting = ({ takenAtMs, end }: Reservation): boolean => takenAtMs === null && end === null;
export const isTaken = ({ takenAtMs, end }: Reservation): boolean => takenAtMs !== null && end === null;
