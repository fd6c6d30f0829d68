// One switch of the arm state: off at every start, on by an audited call alone, off again by a call, by the end that it was
// armed with, or by the engine itself when it must not go on. It is not folded: an operator decides again after every restart, so nothing may
// remember it across one.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { momentOf } from '../lib/moment.ts';
import type { Moment } from '../model/values.ts';

/** Who disarms when the time is over. */
const END = 'end of the arming';

export type ArmState = {
  readonly armed: boolean;
  readonly sinceMs: number;
  /** Who or what changed it last: the name of a token, or the engine with its reason. */
  readonly by: string;
  /** When it disarms by itself; null: never. */
  readonly untilMs: number | null;
};

export type Arming = {
  state(): ArmState;
  /** As `state`, at a moment that was read already: every quote asks. */
  isArmed(now: Moment): boolean;
  arm(by: string, forMinutes: number | null): void;
  disarm(by: string): void;
  /** Runs after each arming by an operator. */
  onArmed(run: () => void): void;
};

/**
 * The end is a time of day for whoever reads it, and a span for whoever is bound by it: a clock that is set back must not
 * prolong the arming, one that is set forward ends it early. Whichever comes first counts.
 */
type End = { readonly spanMs: number; readonly atMs: number; readonly atUs: number };

/** @param onChange after each change, so that it is logged and counted once */
export function createArming(clock: Clock, onChange: (state: ArmState) => void): Arming {
  let state: ArmState = { armed: false, sinceMs: clock.nowMs(), by: 'start', untilMs: null };
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
  const disarm = (by: string): void => change({ armed: false, sinceMs: clock.nowMs(), by, untilMs: null }, null);

  const at = ({ nowMs, nowUs }: Moment): ArmState => {
    // A timer can be late, after a suspended machine for one.
    if (end !== null && (nowMs >= end.atMs || nowUs >= end.atUs)) disarm(END);
    return state;
  };

  return {
    state: () => at(momentOf(clock)),
    isArmed: (now) => at(now).armed,
    arm(by, forMinutes) {
      const sinceMs = clock.nowMs();
      const spanMs = forMinutes === null ? null : forMinutes * 60_000;
      const untilMs = spanMs === null ? null : sinceMs + spanMs;
      const armed: ArmState = { armed: true, sinceMs, by, untilMs };
      if (spanMs === null || untilMs === null) change(armed, null);
      else change(armed, { spanMs, atMs: untilMs, atUs: clock.elapsedUs() + spanMs * 1000 });
    },
    disarm(by) {
      if (state.armed) disarm(by);
    },
    onArmed: (run) => void onArmed.push(run),
  };
}
