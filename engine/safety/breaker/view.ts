// The circuit breaker as operators see it. Reads it, and is no part of it.

import { renderScaled } from '../../../contracts/amounts.ts';
import type { BreakerView } from '../../../contracts/control/trading-state.ts';
import type { Breaker } from './breaker.ts';

const eur = (value: bigint): string => renderScaled(value, 18);

export function breakerView(breaker: Breaker, nowMs: number): BreakerView {
  const { exposure, failures, limits } = breaker;
  const { openE18, uncertainE18 } = exposure;
  const window = (filledE18: bigint, limitE18: bigint) => {
    const leftE18 = limitE18 - filledE18 - openE18;
    return { filled_eur: eur(filledE18), limit_eur: eur(limitE18), left_eur: eur(leftE18 > 0n ? leftE18 : 0n) };
  };
  return {
    minute: window(exposure.minute.sum(nowMs), limits.minuteE18),
    day: window(exposure.day.sum(nowMs), limits.dayE18),
    uncertain_eur: eur(uncertainE18),
    open_eur: eur(openE18),
    failures_in_row: {
      answers_refused: failures.rejections,
      settlements_failed: failures.settlements,
      limit: limits.failuresInRow,
    },
    trips: { ...breaker.trips() },
  };
}
