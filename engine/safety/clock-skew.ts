// Whether our wall clock is right, as far as the times that others write on what they send can tell. Each source bounds the
// error from both sides: what it stamped cannot be from the future, and is not older than the source usually is. Pure.
//
// Samples are kept against the monotonic clock. A step of the wall clock therefore shows at the next question and not only
// with the next sample. Where sources contradict each other, the reading that most kinds of source agree on counts, and
// among equals the one closest to a right clock: one source that lies, or lags, does not make our clock wrong.

import type { Hold, Moment } from '../model/values.ts';

/** How much older than the true time a stamp is when it arrives. */
export type StampLag = { readonly minMs: number; readonly maxMs: number };

/** A final block is two blocks behind the newest, and the nodes need a moment: usually 1 to 3 s. */
export const FINAL_BLOCK_LAG: StampLag = { minMs: 500, maxMs: 4000 };
/** A message that is sent as soon as it is stamped: the fastest of a few takes less than this over any network that is traded on. */
export const STREAM_LAG: StampLag = { minMs: 0, maxMs: 900 };

export type ClockSample = {
  /** Kind, and which one of several after a colon: `near:rpc.example`, `kraken`, `relay`. Kinds vote, not sources. */
  readonly source: string;
  /** What the source wrote, milliseconds since the epoch by its clock. */
  readonly stampAtMs: number;
  /** Monotonic time before it was asked for; for what comes unasked, when it came. */
  readonly askedUs: number;
  readonly receivedUs: number;
  readonly lag: StampLag;
};

export type ClockVerdict = {
  /** The smallest error that fits the evidence: positive when our clock is ahead, 0 when it may be right. */
  readonly skewMs: number;
  /** Between these the error is. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly agreeing: readonly string[];
  readonly contradicting: readonly string[];
};

export type ClockEvidence = {
  add(sample: ClockSample): void;
  /** null while nothing is known. */
  verdict(now: Moment): ClockVerdict | null;
  /** The verdict's `skewMs` alone, which every quote asks for. */
  skewMs(now: Moment): number | null;
  /** Samples of sources beyond the bound on sources. */
  ignored(): number;
};

/** Beyond this a clock needs attention: health says so. */
export const CLOCK_SKEW_UNHEALTHY_MS = 2000;
/** Beyond this a signed deadline is not what it seems: nothing is signed. */
export const CLOCK_SKEW_HOLD_MS = 5000;

/** Of each source the sample with the shortest delay within this time counts. */
const WINDOW_US = 10_000_000;
const SAMPLES_MAX = 16;
/** A handful exist; more would be a mistake of the caller. */
const SOURCES_MAX = 16;
/** By then two clocks may have drifted apart by some 60 ms; older evidence is not used. */
const EVIDENCE_MAX_US = 600_000_000;

/** Bounds of (monotonic minus true time), in milliseconds; the wall clock's error is these plus (wall minus monotonic). */
type Bounds = { readonly source: string; readonly low: number; readonly high: number };

type Sample = { readonly atUs: number; readonly low: number; readonly high: number };

type Reading = { readonly low: number; readonly high: number; readonly kinds: number };

const kindOf = (source: string): string => source.split(':', 1)[0] ?? source;

/** The sample that was delayed least gives both bounds. */
function boundsOf(source: string, samples: readonly Sample[]): Bounds {
  const low = Math.min(...samples.map((sample) => sample.low));
  const high = Math.min(...samples.map((sample) => sample.high));
  return { source, low: Math.min(low, high), high };
}

/** Every reading on which as many kinds of source agree as on any other. */
function readingsOf(all: readonly Bounds[]): readonly Reading[] {
  let best: Reading[] = [];
  for (const { low } of all) {
    // A reading begins where one of its sources begins.
    const together = all.filter((bounds) => bounds.low <= low && low <= bounds.high);
    const kinds = new Set(together.map(({ source }) => kindOf(source))).size;
    if (kinds > (best[0]?.kinds ?? 0)) best = [];
    if (kinds < (best[0]?.kinds ?? 0)) continue;
    best.push({ low, high: Math.min(...together.map(({ high }) => high)), kinds });
  }
  return best;
}

/** The value of the interval that is closest to zero. */
const closestToZero = (low: number, high: number): number => (low > 0 ? low : high < 0 ? high : 0);

export function createClockEvidence(): ClockEvidence {
  const sources = new Map<string, Sample[]>();
  let all: readonly Bounds[] = [];
  let readings: readonly Reading[] = [];
  let ignored = 0;

  function recompute(nowUs: number): void {
    for (const [source, samples] of sources) {
      if (nowUs - (samples.at(-1)?.atUs ?? 0) > EVIDENCE_MAX_US) sources.delete(source);
    }
    all = [...sources].map(([source, samples]) => boundsOf(source, samples));
    readings = readingsOf(all);
  }

  const shiftOf = ({ nowMs, nowUs }: Moment): number => nowMs - nowUs / 1000;

  /** The reading that makes our clock least wrong. */
  function closest(now: Moment): { readonly reading: Reading; readonly skewMs: number } | null {
    const shiftMs = shiftOf(now);
    let found: { readonly reading: Reading; readonly skewMs: number } | null = null;
    for (const reading of readings) {
      const skewMs = closestToZero(reading.low + shiftMs, reading.high + shiftMs);
      if (found === null || Math.abs(skewMs) < Math.abs(found.skewMs)) found = { reading, skewMs };
    }
    return found;
  }

  return {
    add({ source, stampAtMs, askedUs, receivedUs, lag }) {
      const low = askedUs / 1000 - stampAtMs - lag.maxMs;
      const high = receivedUs / 1000 - stampAtMs - lag.minMs;
      if (!Number.isFinite(low) || !Number.isFinite(high)) return;
      if (!sources.has(source) && sources.size >= SOURCES_MAX) {
        ignored += 1;
        return;
      }
      const kept = (sources.get(source) ?? []).filter(({ atUs }) => receivedUs - atUs <= WINDOW_US);
      sources.set(source, [...kept.slice(-(SAMPLES_MAX - 1)), { atUs: receivedUs, low, high }]);
      recompute(receivedUs);
    },
    verdict(now) {
      const found = closest(now);
      if (found === null) return null;
      const { reading, skewMs } = found;
      const shiftMs = shiftOf(now);
      const agrees = ({ low, high }: Bounds): boolean => low <= reading.high && reading.low <= high;
      return {
        skewMs: Math.round(skewMs),
        fromMs: Math.round(reading.low + shiftMs),
        toMs: Math.round(reading.high + shiftMs),
        agreeing: all.filter(agrees).map(({ source }) => source),
        contradicting: all.filter((bounds) => !agrees(bounds)).map(({ source }) => source),
      };
    },
    skewMs(now) {
      const found = closest(now);
      return found === null ? null : Math.round(found.skewMs);
    },
    ignored: () => ignored,
  };
}

export const isClockUnhealthy = (verdict: ClockVerdict | null): boolean =>
  verdict !== null && Math.abs(verdict.skewMs) > CLOCK_SKEW_UNHEALTHY_MS;

/** The hold `clock_skew`: milliseconds, without their sign. */
export function clockHold(skewMs: number | null): Hold | null {
  if (skewMs === null || Math.abs(skewMs) <= CLOCK_SKEW_HOLD_MS) return null;
  return { value: Math.abs(skewMs), limit: CLOCK_SKEW_HOLD_MS };
}
