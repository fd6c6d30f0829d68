// Where operators reserve amounts for withdrawals, and give them back. What is asked for is on record before anything comes of it,
// and an answer says `taken` only of what is durable: whoever reads it publishes the withdrawal. Repeated, an id gets the same
// answer; when it is over, it is never used again.
//
// Repeating the call of one that waits is all that is needed: the lanes give way by themselves, and take it as soon as it fits.

import type { Units } from '../../../contracts/amounts.ts';
import type { AssetId, NonceText } from '../../../contracts/ids.ts';
import { isoTime, isoTimeOrNull } from '../../../contracts/time.ts';
import type { Fact } from '../../model/facts.ts';
import type { ReservationFact } from '../../model/reservation-facts.ts';
import type { Book } from '../book.ts';
import { isTaken, isWaiting, RESERVATIONS_OPEN_MAX, type Reservation } from './reservation.ts';
import { statusOf } from './view.ts';

/** Longest time that a withdrawal can take to be executed, so that a mistaken year keeps nothing back. */
const UNTIL_AHEAD_MAX_MS = 7 * 86_400_000;

export type ReserveAsked = {
  readonly id: string;
  readonly asset: string;
  readonly amountUnits: Units;
  readonly nonce: NonceText | null;
  readonly untilAtMs: number | null;
  /** Name of the token. */
  readonly by: string;
};

export type ReservationRefusal = {
  readonly kind: 'refused';
  readonly why:
    | 'asset_unknown'
    | 'until_wrong'
    | 'nonce_in_use'
    | 'inventory_unknown'
    | 'too_large'
    | 'too_many'
    | 'differs'
    | 'over'
    | 'unknown';
  /** With the figures, as a sentence without its full stop. */
  readonly detail: string;
};

type Changed<Kind extends string> = {
  readonly kind: Kind;
  /** null: it was not known. */
  readonly before: Reservation | null;
  readonly now: Reservation;
};

/** `missingUnits`: what live quotes still have to leave free. */
type ReserveAnswer = Changed<'taken'> | (Changed<'waiting'> & { readonly missingUnits: bigint }) | ReservationRefusal;
/** `releasing`: it may have left already, so that the next balances tell. */
type ReleaseAnswer = Changed<'released' | 'releasing'> | ReservationRefusal;

export type ReservationDesk = {
  /** Throws, or rejects, when it cannot be recorded. */
  reserve(asked: ReserveAsked): Promise<ReserveAnswer>;
  /** By whoever asked for it, or an operator: nothing that withdraws it may be published any more. */
  release(id: string, by: string): Promise<ReleaseAnswer>;
};

type ReservationDeskParts = {
  readonly book: Pick<Book, 'block' | 'capital' | 'nonces' | 'reservation' | 'reservations'>;
  readonly nowMs: () => number;
  /** Journals and applies. */
  readonly record: (fact: Fact) => void;
  /** Resolves when all that was recorded is durable. */
  readonly durable: () => Promise<void>;
  /** Gives lanes and reservations what they need now. */
  readonly maintain: () => void;
};

export function createReservationDesk(parts: ReservationDeskParts): ReservationDesk {
  const { book, nowMs, durable } = parts;
  const record = (fact: ReservationFact): void => {
    parts.record(fact);
    parts.maintain();
  };
  const isTakenNow = (id: string): boolean => {
    const reservation = book.reservation(id);
    return reservation !== null && isTaken(reservation);
  };
  /** As it is on disk: while that is waited for it may be taken, which is to be on disk as well, or released, or ended by a balance. */
  const durableState = async (id: string): Promise<Reservation | null> => {
    for (let wasTaken = false; !wasTaken; ) {
      wasTaken = isTakenNow(id);
      await durable();
      if (!isTakenNow(id)) break;
    }
    return book.reservation(id);
  };
  return {
    async reserve(asked) {
      const before = book.reservation(asked.id);
      if (before === null) {
        const atMs = nowMs();
        const refusal = refusalOf(asked, book, atMs);
        if (refusal !== null) return refusal;
        const { id: reservationId, amountUnits, nonce, untilAtMs, by } = asked;
        const asset = asked.asset as AssetId;
        record({ kind: 'reservation_asked', atMs, reservationId, asset, amountUnits, nonce, untilAtMs, by });
      } else if (isOther(before, asked)) return refused('differs', `it is on record as ${wordsOf(before)}`);
      const now = await durableState(asked.id);
      if (now === null || now.end !== null || now.releasedAtMs !== null) return overOf(now);
      if (isTaken(now)) return { kind: 'taken', before, now };
      return { kind: 'waiting', before, now, missingUnits: missingOf(now, book) };
    },
    async release(reservationId, by) {
      const before = book.reservation(reservationId);
      if (before === null) return refused('unknown', `no reservation ${reservationId} is on record`);
      if (before.end !== null && before.end.outcome !== 'released') return overOf(before);
      if (before.end === null && before.releasedAtMs === null)
        record({ kind: 'reservation_released', atMs: nowMs(), reservationId, by });
      await durable();
      const now = book.reservation(reservationId) ?? before;
      if (now.end === null) return { kind: 'releasing', before, now };
      return now.end.outcome === 'released' ? { kind: 'released', before, now } : overOf(now);
    },
  };
}

const refused = (why: ReservationRefusal['why'], detail: string): ReservationRefusal => ({
  kind: 'refused',
  why,
  detail,
});

const wordsOf = ({ asset, amountUnits, untilAtMs, nonce }: Reservation): string =>
  `${amountUnits} of ${asset} until ${isoTimeOrNull(untilAtMs)} with nonce ${nonce}`;

const overOf = (reservation: Reservation | null): ReservationRefusal =>
  refused('over', reservation === null ? 'it is over' : `it is ${statusOf(reservation)}`);

const isOther = (known: Reservation, asked: ReserveAsked): boolean =>
  known.asset !== asked.asset ||
  known.amountUnits !== asked.amountUnits ||
  known.nonce !== asked.nonce ||
  known.untilAtMs !== asked.untilAtMs;

/** Why a new one cannot be taken, neither now nor when quotes are over; null: it can. */
function refusalOf(asked: ReserveAsked, book: ReservationDeskParts['book'], nowMs: number): ReservationRefusal | null {
  const { asset, amountUnits, nonce, untilAtMs } = asked;
  const capital = book.capital(asset as AssetId);
  if (capital === null) return refused('asset_unknown', `${asset} is not traded`);
  if (untilAtMs !== null && (untilAtMs <= nowMs || untilAtMs > nowMs + UNTIL_AHEAD_MAX_MS)) {
    return refused('until_wrong', `until has to lie between now, ${isoTime(nowMs)}, and 7 days later`);
  }
  if (nonce !== null && untilAtMs === null) return refused('until_wrong', 'a nonce requires until');
  const open = book.reservations().filter(({ end }) => end === null);
  const isInUse = nonce !== null && [...open, ...book.nonces()].some((other) => other.nonce === nonce);
  if (isInUse) return refused('nonce_in_use', `nonce ${nonce} is one of the lanes, or of another reservation`);
  if (open.length >= RESERVATIONS_OPEN_MAX) return refused('too_many', `${open.length} reservations are open`);
  if (book.block() === null) return refused('inventory_unknown', 'no balance is known yet');
  let leftUnits: bigint = capital.spendableUnits;
  for (const other of open) if (other.asset === asset && isWaiting(other)) leftUnits -= other.amountUnits;
  if (amountUnits <= leftUnits) return null;
  const leftText = leftUnits < 0n ? 0n : leftUnits;
  return refused(
    'too_large',
    `${amountUnits} is more than the ${leftText} that are not reserved for positions or withdrawals`,
  );
}

/** By the ceilings as they are: they come down with live quotes. */
function missingOf({ asset, amountUnits }: Reservation, book: ReservationDeskParts['book']): bigint {
  const capital = book.capital(asset);
  if (capital === null) return amountUnits;
  const missing = amountUnits - (capital.spendableUnits - capital.ceilingsUnits);
  return missing > 0n ? missing : 0n;
}
