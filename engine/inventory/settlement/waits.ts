// How long what was signed can still settle, by clocks that nobody can set. Pure.

import type { Moment } from '../../model/values.ts';
import { endsAtMs, isTaken } from '../reservations/reservation.ts';
import type { BookState } from '../state.ts';
import { CLOCK_SKEW_MAX_MS, type ClockAnchor, timeBy } from './evidence.ts';

/** MAX_QUOTE_LIFETIME_MS cannot be set higher, in any run. */
export const QUOTE_LIFETIME_LIMIT_MS = 600_000;

/** At least the longest time from signing to the deadline of a live quote; 0 when there is none. */
function longestLifetimeMs(state: BookState): number {
  let longestMs = 0;
  for (const { live } of state.nonces.values()) longestMs = Math.max(longestMs, live.longestLifetimeMs);
  return longestMs;
}

/** How long ago, at the most, something was signed that binds now and is not over. */
export function longestBoundMs(state: BookState): number {
  const { quoteLifetimeMaxMs } = state.options;
  // Of quotes that a crash took from the journal the lifetime is not known any more.
  for (const { boundUnits } of state.nonces.values()) {
    if (boundUnits > 0n) return Math.max(quoteLifetimeMaxMs, QUOTE_LIFETIME_LIMIT_MS);
  }
  return Math.max(quoteLifetimeMaxMs, longestLifetimeMs(state));
}

/**
 * How much longer something that was signed can settle; negative when nothing can.
 * @param anchor null before the first snapshot of this run, in which nothing was signed then: the time since its start tells
 */
export function settlingWaitMs(state: BookState, anchor: ClockAnchor | null, now: Moment): number {
  const uptimeMs = Math.floor((now.nowUs - state.options.beganUs) / 1000);
  const timeMs = anchor === null ? now.nowMs : Math.min(now.nowMs, timeBy(anchor, now.nowUs));
  let waitMs = state.latestDeadlineAtMs + CLOCK_SKEW_MAX_MS - timeMs;
  const longestMs = anchor === null ? longestLifetimeMs(state) : 0;
  if (longestMs > 0) waitMs = Math.max(waitMs, longestMs + CLOCK_SKEW_MAX_MS - uptimeMs);
  for (const { boundUnits, boundUntilMs } of state.nonces.values()) {
    if (boundUnits === 0n) continue;
    const isDated = boundUntilMs !== Number.POSITIVE_INFINITY;
    waitMs = Math.max(waitMs, isDated ? boundUntilMs - timeMs : state.lostLifetimeMs + CLOCK_SKEW_MAX_MS - uptimeMs);
  }
  if (state.copyUntilMs !== 0) {
    const isDated = state.copyUntilMs !== Number.POSITIVE_INFINITY;
    const longestCopyMs = QUOTE_LIFETIME_LIMIT_MS + CLOCK_SKEW_MAX_MS;
    waitMs = Math.max(waitMs, isDated ? state.copyUntilMs - timeMs : longestCopyMs - uptimeMs);
  }
  // Without a nonce there is only the word of whoever asked, and now that of the operator.
  for (const reservation of state.reservations.values()) {
    const lastAtMs = isTaken(reservation) && reservation.nonce !== null ? endsAtMs(reservation) : null;
    if (lastAtMs !== null) waitMs = Math.max(waitMs, lastAtMs + CLOCK_SKEW_MAX_MS - timeMs);
  }
  return waitMs;
}
