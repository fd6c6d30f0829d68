// Whether the process stood still: stopped by a signal, a paused or suspended machine, or a turn that took far too long. What
// was sent to it meanwhile waits unread in its sockets, prices and requests alike, so that nothing may be signed until each
// source was heard again after the gap. Pure: beats in, verdict out.
//
// A gap shows in one of three ways: the monotonic clock went on too far between two beats; the wall clock went on further than
// the monotonic one, which does not run while a machine is suspended; or the wall clock was set. A gap in which both
// clocks stood still, as in a paused virtual machine, cannot be seen in them: standstill.ts finds it by the times of what comes in.

import type { Hold, Moment } from '../model/values.ts';

/** A turn takes milliseconds, a full garbage collection tens of them. */
export const GAP_LIMIT_MS = 1000;

type GapKind = 'stalled' | 'suspended' | 'clock_set' | 'stood_still';

export type Gap = {
  readonly kind: GapKind;
  readonly lengthMs: number;
  /** When the first turn after it began: what was read before that may be from before the gap. */
  readonly endedUs: number;
  readonly endedAtMs: number;
};

/** Monotonic times from which on nothing of the source is unread; null: never heard in this run. */
export type HeardAgain = {
  readonly priceUs: number | null;
  readonly inventoryUs: number | null;
  readonly relayUs: number | null;
};

export type ProcessGaps = {
  /** The process runs now. @returns the gap that ends with this, else null */
  beat(now: Moment): Gap | null;
  /** Both clocks stood still, and go on now. */
  stoodStill(lengthMs: number, now: Moment): Gap;
  /** null: no gap, or every source was heard since. */
  hold(heard: HeardAgain): Hold | null;
  last(): Gap | null;
  count(): number;
};

export function createProcessGaps(limitMs = GAP_LIMIT_MS): ProcessGaps {
  let before: Moment | null = null;
  let last: Gap | null = null;
  let count = 0;

  const end = (found: Pick<Gap, 'kind' | 'lengthMs'>, now: Moment): Gap => {
    last = { ...found, endedUs: now.nowUs, endedAtMs: now.nowMs };
    count++;
    return last;
  };

  return {
    beat(now) {
      const previous = before;
      before = now;
      if (previous === null) return null;
      const found = gapBetween(previous, now, limitMs);
      return found === null ? null : end(found, now);
    },
    stoodStill: (lengthMs, now) => end({ kind: 'stood_still', lengthMs }, now),
    hold(heard) {
      if (last === null) return null;
      const { endedUs, lengthMs } = last;
      const isHeard = (sinceUs: number | null): boolean => sinceUs !== null && sinceUs >= endedUs;
      if (isHeard(heard.priceUs) && isHeard(heard.inventoryUs) && isHeard(heard.relayUs)) return null;
      return { value: lengthMs, limit: limitMs };
    },
    last: () => last,
    count: () => count,
  };
}

function gapBetween(before: Moment, now: Moment, limitMs: number): Pick<Gap, 'kind' | 'lengthMs'> | null {
  const ranMs = (now.nowUs - before.nowUs) / 1000;
  if (ranMs > limitMs) return { kind: 'stalled', lengthMs: Math.ceil(ranMs) };
  const wallMs = now.nowMs - before.nowMs;
  if (wallMs - ranMs > limitMs) return { kind: 'suspended', lengthMs: Math.ceil(wallMs - ranMs) };
  if (ranMs - wallMs > limitMs) return { kind: 'clock_set', lengthMs: Math.ceil(ranMs - wallMs) };
  return null;
}
