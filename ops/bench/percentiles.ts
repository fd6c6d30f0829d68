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
