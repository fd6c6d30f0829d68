// How long the engine itself takes from a decision to the moment when its answer has left: the 99th percentile of the last half
// minute to minute, rounded up. The longest time of all never counts, however few there are: one pause of some seconds must not keep
// requests from being answered for a minute. Old times are forgotten, so that more pauses than one do not keep them, and with that new
// times from being measured, for longer than that. Memory and work are fixed.

/** A time belongs to one generation; the one before counts as well. */
const GENERATION_US = 30_000_000;
/** How often the percentile is computed at most. */
const COMPUTE_US = 1_000_000;
/** Eight buckets for each doubling, up to half an hour. */
const BUCKETS = 240;
const LONGEST_US = 2 ** 31 - 1;

export type AnswerTimes = {
  add(tookUs: number, nowUs: number): void;
  /** 0 when nothing was answered lately, or a single request. */
  p99Us(nowUs: number): number;
};

export function createAnswerTimes(): AnswerTimes {
  let current = new Uint32Array(BUCKETS);
  let before = new Uint32Array(BUCKETS);
  let generation = 0;
  let computedUs = Number.NEGATIVE_INFINITY;
  let p99 = 0;

  const turnOver = (nowUs: number): void => {
    const now = Math.floor(nowUs / GENERATION_US);
    if (now === generation) return;
    [before, current] = [current, before];
    current.fill(0);
    if (now !== generation + 1) before.fill(0);
    generation = now;
    computedUs = Number.NEGATIVE_INFINITY;
  };

  return {
    add(tookUs, nowUs) {
      turnOver(nowUs);
      const bucket = bucketOf(tookUs);
      current[bucket] = (current[bucket] as number) + 1;
    },
    p99Us(nowUs) {
      turnOver(nowUs);
      if (nowUs - computedUs < COMPUTE_US) return p99;
      computedUs = nowUs;
      p99 = percentile99(current, before);
      return p99;
    },
  };
}

function percentile99(current: Uint32Array, before: Uint32Array): number {
  let count = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) count += (current[bucket] as number) + (before[bucket] as number);
  let above = Math.max(1, count - Math.ceil(count * 0.99));
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
    const here = (current[bucket] as number) + (before[bucket] as number);
    if (here > above) return upperUsOf(bucket);
    above -= here;
  }
  return 0;
}

/** Exact below 16 microseconds, then by the three bits after the first. */
function bucketOf(tookUs: number): number {
  const us = Math.max(0, Math.min(LONGEST_US, Math.ceil(tookUs)));
  if (us < 16) return us;
  const shift = 28 - Math.clz32(us);
  return shift * 8 + (us >> shift);
}

function upperUsOf(bucket: number): number {
  if (bucket < 16) return bucket;
  const shift = (bucket >> 3) - 1;
  return ((bucket & 7) + 9) * 2 ** shift - 1;
}
