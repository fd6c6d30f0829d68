// What may still be signed: the limits of the circuit breaker and of the armings, held against what was filled plus what is open.
// Open is the maximum live quote of each open nonce, so a quote adds only what it pays beyond the others of its nonce. One object is
// used for every quote; a question costs a few sums.

import type { NonceText } from '../../../contracts/ids.ts';
import type { Admission, LaneGuard, RoomReason, RoomRefusal } from '../../model/values.ts';
import type { ArmCaps } from '../arming.ts';
import type { Breaker } from './breaker.ts';
import type { Exposure, Meter } from './exposure.ts';
import type { RollingSum } from './rolling-sum.ts';

/** An arming that may end by value or by trades. */
export type CappedArming = {
  caps(): ArmCaps | null;
  readonly meter: Pick<Meter, 'filledE18' | 'trades'>;
  refused(paidE18: bigint): void;
};

export type SigningRoom = LaneGuard & {
  /** Asks for a quote that pays so much; `admits` answers for it until the next call. */
  ask(paidE18: bigint, nowMs: number): LaneGuard;
  /** Why no lane was admitted, by asking again with ever more of the limits. */
  refusal(admitUnder: (guard: LaneGuard | null) => Admission): Admission;
  /** A quote that pays so much was refused: ends what would have no room for it even if nothing that is open were filled. */
  refused(paidE18: bigint, nowMs: number): void;
};

/** What was filled and what is open; `Exposure` is one. */
export type OpenAndFilled = Pick<Exposure, 'openE18' | 'openNonces' | 'openUnder'> & {
  readonly minute: Pick<RollingSum, 'sum'>;
  readonly day: Pick<RollingSum, 'sum'>;
};

const NO_LANE: Admission = { ok: false };
/** In the order of the decision reasons. */
const REASONS: readonly RoomReason[] = ['breaker_minute', 'breaker_day', 'arming_limit'];

export function createSigningRoom(
  breaker: Pick<Breaker, 'limits' | 'refused'> & { readonly exposure: OpenAndFilled },
  armings: readonly CappedArming[],
): SigningRoom {
  const { exposure, limits } = breaker;
  const roomsE18 = [0n, 0n, 0n];
  let paidE18 = 0n;
  /** Below 0: even the open nonces are more than may trade. */
  let tradesLeft = Number.POSITIVE_INFINITY;
  /** So many of the limits count. */
  let counted = REASONS.length;
  let tightest: bigint | null = null;

  const tighten = (): void => {
    tightest = null;
    for (let index = 0; index < counted; index++) {
      const room = roomsE18[index] as bigint;
      if (tightest === null || room < tightest) tightest = room;
    }
  };

  const measureArmings = (): void => {
    // No arming has less room than the day, unless it says so.
    let least = roomsE18[1] as bigint;
    tradesLeft = Number.POSITIVE_INFINITY;
    for (const { caps, meter } of armings) {
      const ends = caps();
      if (ends === null) continue;
      if (ends.maxEurE18 !== null) {
        const room = ends.maxEurE18 - meter.filledE18 - exposure.openE18;
        if (room < least) least = room;
      }
      if (ends.maxTrades !== null) {
        tradesLeft = Math.min(tradesLeft, ends.maxTrades - meter.trades - exposure.openNonces);
      }
    }
    roomsE18[2] = least;
  };

  const refusedBy = (reason: RoomReason): RoomRefusal => {
    const room = roomsE18[REASONS.indexOf(reason)] as bigint;
    return { reason, roomEurE18: room > 0n ? room : 0n, openEurE18: exposure.openE18 };
  };

  const room: SigningRoom = {
    ask(paid, nowMs) {
      paidE18 = paid;
      counted = REASONS.length;
      roomsE18[0] = limits.minuteE18 - exposure.minute.sum(nowMs) - exposure.openE18;
      roomsE18[1] = limits.dayE18 - exposure.day.sum(nowMs) - exposure.openE18;
      measureArmings();
      tighten();
      return room;
    },
    admits(nonce: NonceText) {
      const open = exposure.openUnder(nonce);
      if (counted === REASONS.length && tradesLeft < (open === 0n ? 1 : 0)) return false;
      const growth = paidE18 > open ? paidE18 - open : 0n;
      return tightest === null || growth <= tightest;
    },
    refusal(admitUnder) {
      if (!admitUnder(null).ok) return NO_LANE;
      for (counted = 1; counted < REASONS.length; counted++) {
        tighten();
        const reason = REASONS[counted - 1] as RoomReason;
        if (!admitUnder(room).ok) return { ok: false, refused: refusedBy(reason) };
      }
      return { ok: false, refused: refusedBy('arming_limit') };
    },
    refused(paid, nowMs) {
      breaker.refused(paid, nowMs);
      for (const arming of armings) arming.refused(paid);
    },
  };
  return room;
}
