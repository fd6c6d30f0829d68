// Percentiles of measured values by nearest rank: each one is a value that was measured, none is interpolated or averaged.
// Pure.

/** In thousandths, so that ranks are exact. */
const SHARES = [500, 900, 990, 999, 1000] as const;

export type Summary = {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
};

/** Of at least one value, in any order; the values are left as they are. */
export function summarise(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('no values to summarise');
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.ceil((share * sorted.length) / 1000) - 1] ?? 0;
  const [p50, p90, p99, p99_9, max] = SHARES.map(at) as [number, number, number, number, number];
  return { count: sorted.length, p50, p90, p99, p99_9, max };
}

/** The middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values to take the median of');
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[sorted.length >> 1] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? 0)) / 2;
}

/** Of a value: how many values are at most so large, as one in how many that are larger: 10 is the 90th percentile, 1000 the 99.9th. */
export type CurvePoint = { readonly oneIn: number; readonly value: number };

const POINTS_A_DECADE = 8;

/** The values by percentile, from the median on, evenly on a logarithmic scale up to the rarest that so many values can have. */
export function curveOf(values: readonly number[]): readonly CurvePoint[] {
  const sorted = Float64Array.from(values).sort();
  const last = Math.floor(Math.log10(Math.max(2, sorted.length)) * POINTS_A_DECADE);
  const rarities = [2];
  for (let index = Math.ceil(Math.log10(2) * POINTS_A_DECADE); index <= last; index++) {
    rarities.push(10 ** (index / POINTS_A_DECADE));
  }
  return rarities.flatMap((oneIn) => {
    const value = sorted[Math.ceil(sorted.length * (1 - 1 / oneIn)) - 1];
    return value === undefined ? [] : [{ oneIn, value }];
  });
}

/** The first and the last third of values in the order of time; growth over a run shows in their difference. */
export function thirdsOf<Value>(values: readonly Value[]): { readonly first: Value[]; readonly last: Value[] } {
  const third = Math.max(1, Math.floor(values.length / 3));
  return { first: values.slice(0, third), last: values.slice(-third) };
}
