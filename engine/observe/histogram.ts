// A log-linear histogram of whole microseconds for the hot path: 16 steps an octave, so that a value is exact to within 6.25 %,
// in one typed array; recording costs some nanoseconds and allocates nothing. Up to 2^31 us; what is longer counts as that.

const STEP_BITS = 4;
const STEPS = 1 << STEP_BITS;
const VALUE_MAX = 2 ** 31 - 1;
const BUCKETS = (31 - STEP_BITS + 1) * STEPS;

export type Histogram = {
  record(us: number): void;
  count(): number;
  sumUs(): number;
  maxUs(): number;
  /** Upper end of the bucket that the fraction (0 to 1) of all values falls into, never above the maximum; 0 without values. */
  percentileUs(fraction: number): number;
  /** How many values were below 2^`exponent` us. */
  countBelowPowerOfTwo(exponent: number): number;
};

export function createHistogram(): Histogram {
  const counts = new Uint32Array(BUCKETS);
  let count = 0;
  let sum = 0;
  let max = 0;

  const countBelow = (bucket: number): number => {
    let below = 0;
    for (let index = 0; index < bucket; index++) below += counts[index] ?? 0;
    return below;
  };

  return {
    record(us) {
      const value = us > 0 ? Math.min(Math.floor(us), VALUE_MAX) : 0;
      const index = bucketOf(value);
      counts[index] = (counts[index] ?? 0) + 1;
      count++;
      sum += value;
      if (value > max) max = value;
    },
    count: () => count,
    sumUs: () => sum,
    maxUs: () => max,
    percentileUs(fraction) {
      if (count === 0) return 0;
      const wanted = Math.max(1, Math.ceil(count * fraction));
      let seen = 0;
      for (let index = 0; index < BUCKETS; index++) {
        seen += counts[index] ?? 0;
        if (seen >= wanted) return Math.min(max, upperEndOf(index));
      }
      return max;
    },
    countBelowPowerOfTwo: (exponent) => countBelow(exponent >= 31 ? BUCKETS : bucketOf(2 ** exponent)),
  };
}

function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const octave = 31 - Math.clz32(value);
  return ((octave - STEP_BITS + 1) << STEP_BITS) | ((value >>> (octave - STEP_BITS)) & (STEPS - 1));
}

/** Largest value of the bucket. */
function upperEndOf(index: number): number {
  if (index < STEPS) return index;
  const shift = (index >>> STEP_BITS) - 1;
  return (STEPS + (index & (STEPS - 1)) + 1) * 2 ** shift - 1;
}
