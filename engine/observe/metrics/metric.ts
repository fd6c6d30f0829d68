// One metric as data, and the samples that it can have.

import type { ObservedCounts } from '../counts.ts';
import type { EngineGauges } from './engine-gauges.ts';

type Labels = Readonly<Record<string, string>>;

export type Sample = { readonly labels: Labels; readonly value: number };

/** What a scrape reads; the same for all metrics of one scrape. */
type MetricSource = { readonly counts: ObservedCounts; readonly gauges: EngineGauges };

export type Metric = {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Without a sample the value is not known. */
  readonly read: (source: MetricSource) => readonly Sample[];
};

export const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

export const seconds = (ms: number | null): readonly Sample[] => (ms === null ? [] : one(ms / 1000));

export const by = (label: string, values: Readonly<Record<string, number | boolean>>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value: Number(value) }));
