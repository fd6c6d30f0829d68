// One switch of the arm state: off at every start, on by an audited call alone, off again by a call, by the end that it was
// armed with, or by the engine itself when it must not go on. Nothing remembers it across a restart.

import type { Clock } from './ports.ts';

/** Who disarms when the time is over. */
const END = 'end of the arming';

export type ArmState = {
  readonly armed: boolean;
  readonly sinceMs: number;
  /** Who or what changed it last: the name of a token, or the engine with its reason. */
  readonly by: string;
  /** When it disarms by itself; null: it does not. */
  readonly untilMs: number | null;
};

export type Arming = {
  state(): ArmState;
  arm(by: string, forMinutes: number | null): void;
  disarm(by: string): void;
};

/** @param onChange after each change, so that it is logged and counted once */
export function createArming(clock: Clock, onChange: (state: ArmState) => void): Arming {
  let state: ArmState = { armed: false, sinceMs: clock.nowMs(), by: 'start', untilMs: null };
  let stopTimer: (() => void) | null = null;

  const change = (armed: boolean, by: string, untilMs: number | null): void => {
    stopTimer?.();
    stopTimer = null;
    state = { armed, sinceMs: clock.nowMs(), by, untilMs };
    onChange(state);
  };

  return {
    state() {
      // A timer can be late, after a suspended machine for one; the promise ends when it was said to end.
      if (state.armed && state.untilMs !== null && clock.nowMs() >= state.untilMs) change(false, END, null);
      return state;
    },
    arm(by, forMinutes) {
      const endsInMs = forMinutes === null ? null : forMinutes * 60_000;
      change(true, by, endsInMs === null ? null : clock.nowMs() + endsInMs);
      if (endsInMs !== null) stopTimer = clock.after(endsInMs, () => change(false, END, null));
    },
    disarm(by) {
      if (state.armed) change(false, by, null);
    },
  };
}
