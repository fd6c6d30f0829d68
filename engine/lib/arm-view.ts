// The arm state of a part as operators see it.

import type { ArmView } from '../../contracts/control/part-state.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';

export type ArmSource = {
  state(): {
    readonly armed: boolean;
    readonly sinceMs: number;
    /** Who changed it last. */
    readonly by: string;
    /** When it disarms by itself; null: never. */
    readonly untilMs: number | null;
  };
};

export function armView(arming: ArmSource): ArmView {
  const { armed, sinceMs, by, untilMs } = arming.state();
  return { armed, since: isoTime(sinceMs), by, until: isoTimeOrNull(untilMs) };
}
