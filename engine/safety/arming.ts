// One switch of the arm state: off at every start, on by an audited call alone, off again by a call, by the end that it was
// armed with, or by the engine itself when it must not go on. It is not folded: an operator decides again after every restart, so nothing may
// remember it across one.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { momentOf } from '../lib/moment.ts';
import type { Moment } from '../model/values.ts';
import type { Meter } from './breaker/exposure.ts';
import { isUsedUp } from './breaker/used-up.ts';

/** Who disarms when an end is reached. */
const END = 'end of the arming';

/** Of an arming that nothing is filled for. */
const STILL: Meter = { filledE18: 0n, trades: 0, reset: () => {} };

/** Ends of an arming beyond its time; null: none. */
export type ArmCaps = {
  /** Value filled. */
  readonly maxEurE18: bigint | null;
  /** Quotes settled. */
  readonly maxTrades: number | null;
};

export type ArmState = {
  readonly armed: boolean;
  readonly sinceMs: number;
  /** Who or what changed it last: the name of a token, or the engine with its reason. */
  readonly by: string;
  /** When it disarms by itself; null: never. */
  readonly untilMs: number | null;
  /** What else disarms it; null: nothing. */
  readonly caps: ArmCaps | null;
};

export type Arming = {
  state(): ArmState;
  /** As `state`, at a moment that was read already: every quote asks. */
  isArmed(now: Moment): boolean;
  arm(by: string, forMinutes: number | null, caps?: ArmCaps | null): void;
  disarm(by: string): void;
  /** What disarms it beyond its time; null: nothing, or it is not armed. */
  caps(): ArmCaps | null;
  /** What was filled since it was armed. */
  readonly meter: Pick<Meter, 'filledE18' | 'trades'>;
  /** Something was filled: disarms when that was all that the arming allows. */
  filled(): void;
  /** A quote that pays so much was refused: disarms when what was filled leaves too little of the arming for it. */
  refused(paidE18: bigint): void;
  /** Runs after each arming by an operator. */
  onArmed(run: () => void): void;
};

/**
 * The end is a time of day for whoever reads it, and a span for whoever is bound by it: a clock that is set back must not
 * prolong the arming, one that is set forward ends it early. Whichever comes first counts.
 */
type End = { readonly spanMs: number; readonly atMs: number; readonly atUs: number };

/**
 * @param onChange after each change, so that it is logged and counted once
 * @param meter of this arming alone
 */
export function createArming(clock: Clock, onChange: (state: ArmState) => void, meter: Meter = STILL): Arming {
  let state: ArmState = { armed: false, sinceMs: clock.nowMs(), by: 'start', untilMs: null, caps: null };
  let end: End | null = null;
  let stopTimer: (() => void) | null = null;
  const onArmed: (() => void)[] = [];

  const change = (next: ArmState, nextEnd: End | null): void => {
    stopTimer?.();
    stopTimer = nextEnd === null ? null : clock.after(nextEnd.spanMs, () => disarm(END));
    end = nextEnd;
    state = next;
    onChange(state);
    if (state.armed) for (const run of onArmed) run();
  };
  const disarm = (by: string): void =>
    change({ armed: false, sinceMs: clock.nowMs(), by, untilMs: null, caps: null }, null);

  const at = ({ nowMs, nowUs }: Moment): ArmState => {
    // A timer can be late, after a suspended machine for one.
    if (end !== null && (nowMs >= end.atMs || nowUs >= end.atUs)) disarm(END);
    return state;
  };

  return {
    state: () => at(momentOf(clock)),
    isArmed: (now) => at(now).armed,
    arm(by, forMinutes, caps = null) {
      meter.reset();
      const sinceMs = clock.nowMs();
      const spanMs = forMinutes === null ? null : forMinutes * 60_000;
      const untilMs = spanMs === null ? null : sinceMs + spanMs;
      const armed: ArmState = { armed: true, sinceMs, by, untilMs, caps };
      if (spanMs === null || untilMs === null) change(armed, null);
      else change(armed, { spanMs, atMs: untilMs, atUs: clock.elapsedUs() + spanMs * 1000 });
    },
    disarm(by) {
      if (state.armed) disarm(by);
    },
    caps: () => state.caps,
    meter,
    filled() {
      const { caps } = state;
      if (caps === null) return;
      if (caps.maxEurE18 !== null && meter.filledE18 >= caps.maxEurE18) disarm(`${END}: max_eur`);
      else if (caps.maxTrades !== null && meter.trades >= caps.maxTrades) disarm(`${END}: max_trades`);
    },
    refused(paidE18) {
      const maxEurE18 = state.caps?.maxEurE18 ?? null;
      if (maxEurE18 !== null && isUsedUp(maxEurE18, meter.filledE18, paidE18)) disarm(`${END}: max_eur`);
    },
    onArmed: (run) => void onArmed.push(run),
  };
}
