// The life of an attempt as one table of states and allowed steps, and the one function that makes a step. Pure.
//
// `rejected`, `late` and `failed` end the exchange with the venue, not the quote: a payload that was signed may be settled by
// whoever holds it until its deadline. Their reservation is therefore kept like any other, and the venue may still surprise
// us with a settlement, which is recorded for what it is, as is a pull, which ends that; when nothing of the kind happens, their end
// writes no further record, because their outcome is already recorded.

import type { ResultCode, TradeState } from '../../contracts/reasons.ts';
import type { Settlement, TransitionFact } from './facts.ts';
import type { Attempt } from './values.ts';

/** What may follow what. Everything that is not named here is refused. */
export const NEXT_STATES: Readonly<Record<TradeState, readonly TradeState[]>> = {
  // `shadow` is the one record of a command that shadow mode did not sign; there is no attempt behind it.
  proposed: ['submitted', 'uncertain', 'failed', 'rejected', 'shadow'],
  submitted: ['accepted', 'rejected', 'late', 'failed', 'uncertain', 'settled', 'expired', 'voided', 'pulled'],
  accepted: ['settled', 'expired', 'voided', 'uncertain', 'pulled'],
  // A reply that comes after its time-out still tells what became of the answer. A further finding that leaves the outcome
  // open (`unattributed` after `reply_timeout`) is a record of its own.
  uncertain: ['accepted', 'rejected', 'late', 'uncertain', 'settled', 'expired', 'voided', 'pulled'],
  // Settled by a holder of the payload, one of several that would explain a settlement, or withdrawn before anybody could.
  rejected: ['settled', 'uncertain', 'pulled'],
  late: ['settled', 'uncertain', 'pulled'],
  failed: ['settled', 'uncertain', 'pulled'],
  settled: [],
  expired: [],
  voided: [],
  pulled: [],
  shadow: [],
};

export const mayFollow = (from: TradeState, to: TradeState): boolean => NEXT_STATES[from].includes(to);

/** Nothing can follow. */
export const isFinal = (state: TradeState): boolean => NEXT_STATES[state].length === 0;

/** The venue has finished with it: its expiry writes no further record, unless it was settled after all. */
export const endsWithoutRecord = (state: TradeState): boolean =>
  state === 'rejected' || state === 'late' || state === 'failed';

/** An attempt and its state. `seq` is that of its last record, 0 while it is `proposed`. */
export type AttemptState = { readonly attempt: Attempt; readonly state: TradeState; readonly seq: number };

/** What a step records beyond its code; whatever is left out is not known. */
export type StepDetail = {
  readonly note?: string;
  readonly recovered?: boolean;
  readonly sinceReceivedUs?: number | null;
  readonly replyAfterMs?: number | null;
  readonly venueReply?: string | null;
  readonly settlement?: Settlement | null;
};

/** A step and what it records. */
export type NextStep = StepDetail & { readonly to: TradeState; readonly code: ResultCode };

/** What every step takes from outside: our clock, and a fresh event id a call. */
export type StepMaker = { readonly atMs: number; readonly newEventId: () => string };

/** The next step of an attempt, or null when the table does not allow it: the one refusal. */
export function step(current: AttemptState, next: NextStep, maker: StepMaker): TransitionFact | null {
  if (!mayFollow(current.state, next.to)) return null;
  return {
    kind: 'transition',
    eventId: maker.newEventId(),
    atMs: maker.atMs,
    attempt: current.attempt,
    seq: current.seq + 1,
    from: current.state,
    to: next.to,
    code: next.code,
    note: next.note ?? '',
    recovered: next.recovered ?? false,
    sinceReceivedUs: next.sinceReceivedUs ?? null,
    replyAfterMs: next.replyAfterMs ?? null,
    venueReply: next.venueReply ?? null,
    settlement: next.settlement ?? null,
  };
}
