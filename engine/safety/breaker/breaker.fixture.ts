// A circuit breaker for tests that are about something else: no limit is ever reached.

import { Breaker, type BreakerLimits, type BreakerOptions } from './breaker.ts';
import { Exposure } from './exposure.ts';

const EUR = 10n ** 18n;

export const UNREACHED: BreakerLimits = {
  minuteE18: 10n ** 9n * EUR,
  dayE18: 10n ** 9n * EUR,
  failuresInRow: 1_000_000,
};

export const createQuietBreaker = (over: Partial<BreakerOptions> = {}): Breaker =>
  new Breaker({ exposure: new Exposure(), limits: UNREACHED, onTrip: () => {}, onFilled: () => {}, ...over });
