// Latency by percentile, one line a variant: the further right, the rarer. Pure.

import { type Axis, roundTicks, svgOf } from './chart.ts';
import type { CurvePoint } from './percentiles.ts';

export type LatencyChart = {
  readonly title: string;
  readonly notes: readonly string[];
  readonly curves: readonly { readonly name: string; readonly points: readonly CurvePoint[] }[];
};

/** By how many values of one that is larger there are. */
export const PERCENTILES: Axis['ticks'] = [
  { value: 2, text: 'p50' },
  { value: 10, text: 'p90' },
  { value: 100, text: 'p99' },
  { value: 1_000, text: 'p99.9' },
  { value: 10_000, text: 'p99.99' },
  { value: 100_000, text: 'p99.999' },
];

export function latencyChart({ title, notes, curves }: LatencyChart): string {
  const points = curves.flatMap((curve) => curve.points);
  const rarest = Math.max(0, ...points.map(({ oneIn }) => oneIn));
  return svgOf({
    title,
    notes,
    x: { label: 'percentile', ticks: PERCENTILES.filter(({ value }) => value <= rarest) },
    y: {
      label: 'latency',
      ticks: roundTicks(
        points.map(({ value }) => value),
        showUs,
      ),
    },
    curves: curves.map((curve) => ({
      name: curve.name,
      points: curve.points.map(({ oneIn, value }) => ({ x: oneIn, y: value })),
    })),
  });
}

const showUs = (us: number): string =>
  us < 1_000 ? `${us} us` : us < 1_000_000 ? `${us / 1_000} ms` : `${us / 1e6} s`;
