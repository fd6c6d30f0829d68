// The figures of the micro bench, as an object for JSON and as a table for the screen. Pure.

import { roundTicks, svgOf } from '../chart.ts';
import { PERCENTILES } from '../latency-chart.ts';
import { type Machine, machineLine } from '../machine.ts';
import { type CurvePoint, curveOf, type Summary, summarise } from '../percentiles.ts';
import type { Timed } from './measure.ts';

export type MicroReport = {
  readonly bench: 'micro';
  readonly machine: Machine;
  readonly batches: number;
  readonly pieces: readonly {
    readonly name: string;
    readonly what: string;
    /** Nanoseconds of a call, over batches. */
    readonly ns: Summary;
    readonly curveNs: readonly CurvePoint[];
    readonly baseline: { readonly name: string; readonly ns: Summary };
    /** Of the medians. */
    readonly ratio: number;
  }[];
};

export function microReportOf(machine: Machine, batches: number, timed: readonly Timed[]): MicroReport {
  const pieces = timed.map(({ name, what, ns, baseline }) => {
    const [own, other] = [summarise(ns), summarise(baseline.ns)];
    return {
      ...{ name, what, ns: own, curveNs: curveOf(ns) },
      baseline: { name: baseline.name, ns: other },
      ratio: own.p50 / other.p50,
    };
  });
  return { bench: 'micro', machine, batches, pieces };
}

const NAME_WIDTH = 10;
const WIDTH = 11;
const BASELINE_WIDTH = 22;

const cell = (text: string): string => ` ${text}`.padStart(WIDTH);
const ns = (value: number): string => cell(value.toFixed(0));

export function microTableOf({ machine, batches, pieces }: MicroReport): string {
  return [
    'bench micro',
    machineLine(machine),
    `nanoseconds of a call over ${batches} batches; the ratio is that of the medians`,
    '',
    `  ${'piece'.padEnd(NAME_WIDTH)}${cell('median')}${cell('p99')}${cell('ratio')} to ${'baseline'.padEnd(BASELINE_WIDTH)}${cell('median')}${cell('p99')}`,
    ...pieces.map(
      ({ name, ns: own, ratio, baseline }) =>
        `  ${name.padEnd(NAME_WIDTH)}${ns(own.p50)}${ns(own.p99)}${cell(ratio.toFixed(2))}    ${baseline.name.padEnd(BASELINE_WIDTH)}${ns(baseline.ns.p50)}${ns(baseline.ns.p99)}`,
    ),
    '',
    ...pieces.map(({ name, what }) => `  ${name.padEnd(NAME_WIDTH)}${what}`),
    '',
  ].join('\n');
}

export function microDrawingOf({ machine, batches, pieces }: MicroReport): string {
  const curves = pieces.map(({ name, curveNs }) => ({
    name,
    points: curveNs.map(({ oneIn, value }) => ({ x: oneIn, y: value })),
  }));
  const values = curves.flatMap(({ points }) => points.map(({ y }) => y));
  return svgOf({
    title: 'Nanoseconds of a call, by percentile of batches',
    notes: [`${batches} batches; ${machineLine(machine)}`],
    x: { label: 'percentile of the batches', ticks: PERCENTILES.filter(({ value }) => value <= batches) },
    y: { label: 'nanoseconds', ticks: roundTicks(values, String) },
    curves,
  });
}
