// How old a frame of a stream was when it was read, by the time that the venue wrote on it. The offset between the venue's
// clock and our monotonic clock is learned from the connection's frame with the shortest delay; what is delayed more is late by
// the difference. Our wall clock bounds what may be learned, so that a connection that is late from its first frame on (a
// stalled socket, a slow proxy, a process that did not run) is not mistaken for a clock that is off. Steps of the wall clock
// after that change nothing.

import type { Moment } from '../model/values.ts';
import type { Stamp } from './sources.ts';

export type VenueTime = {
  /** A new connection: nothing is known of its delays. */
  reset(): void;
  /** What a frame with that time, read now, is as new as. null: the time is ahead of our clock and proves nothing. */
  stamped(venueTimeMs: number, now: Moment): Stamp | null;
  /**
   * What a frame without a time, read now, is as new as: the newest one before it, since frames keep their order, or the
   * request that it answers, when that was later. Where neither is known: now.
   */
  unstamped(now: Moment, askedAtUs: number | null): Stamp;
};

/** More than this behind our wall clock is delay and not the difference of two clocks. */
export const OFFSET_BEHIND_MAX_MS = 2000;
/** The skew of our clock at which nothing is signed any more: a venue that is further ahead shows no usable time. */
export const OFFSET_AHEAD_MAX_MS = 5000;
/** A frame that beats the shortest delay by more than this means that a clock was stepped or stood still: learn again. */
const JUMP_MS = 1000;
/** Two clocks may drift apart by 200 ppm; without this a connection of some days would look late. */
const DRIFT_MS_PER_US = 200e-9;

const stampAt = (asOfUs: number, now: Moment, venueTimeMs: number | null): Stamp => ({
  asOfUs,
  asOfMs: now.nowMs - Math.ceil((now.nowUs - asOfUs) / 1000),
  venueTimeMs,
});

export function createVenueTime(): VenueTime {
  /** Least seen of (monotonic time of reading minus venue time), as far as the wall clock lets it count, and when. */
  let least: { readonly ms: number; readonly atUs: number } | null = null;
  let newestAsOfUs: number | null = null;

  return {
    reset() {
      least = null;
      newestAsOfUs = null;
    },
    stamped(venueTimeMs, now) {
      const behindMs = now.nowUs / 1000 - venueTimeMs;
      let leastMs = least === null ? null : least.ms + (now.nowUs - least.atUs) * DRIFT_MS_PER_US;
      if (leastMs === null || behindMs < leastMs - JUMP_MS) {
        const wallBehindMs = now.nowMs - venueTimeMs;
        if (wallBehindMs < -OFFSET_AHEAD_MAX_MS) return null;
        leastMs = behindMs - Math.max(0, wallBehindMs - OFFSET_BEHIND_MAX_MS);
      }
      leastMs = Math.min(leastMs, behindMs);
      least = { ms: leastMs, atUs: now.nowUs };
      const stamp = stampAt(now.nowUs - (behindMs - leastMs) * 1000, now, venueTimeMs);
      newestAsOfUs = Math.max(newestAsOfUs ?? stamp.asOfUs, stamp.asOfUs);
      return stamp;
    },
    unstamped(now, askedAtUs) {
      const bounds = [newestAsOfUs, askedAtUs].filter((bound) => bound !== null);
      return stampAt(bounds.length === 0 ? now.nowUs : Math.max(...bounds), now, null);
    },
  };
}
