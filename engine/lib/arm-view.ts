// The arm state of a part as operators see it.

import { renderScaled } from '../../contracts/amounts.ts';
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
    /** What else disarms it; null: nothing. */
    readonly caps: { readonly maxEurE18: bigint | null; readonly maxTrades: number | null } | null;
  };
  /** What was filled since it was armed. */
  readonly meter: { readonly filledE18: bigint; readonly trades: number };
};

export function armView(arming: ArmSource): ArmView {
  const { armed, sinceMs, by, untilMs, caps } = arming.state();
  const { filledE18, trades } = arming.meter;
  const maxEurE18 = caps?.maxEurE18 ?? null;
  return {
    armed,
    since: isoTime(sinceMs),
    by,
    until: isoTimeOrNull(untilMs),
    max_eur: maxEurE18 === null ? null : renderScaled(maxEurE18, 18),
    max_trades: caps?.maxTrades ?? null,
    filled_eur: renderScaled(filledE18, 18),
    trades,
  };
}
