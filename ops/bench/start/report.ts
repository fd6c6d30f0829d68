// The figures of the start bench, as an object for JSON and as a table for the screen. Pure.

import { latencyChart } from '../latency-chart.ts';
import { type Machine, machineLine } from '../machine.ts';
import { curveOf, median } from '../percentiles.ts';
import type { StartRun, StartSettings } from './run.ts';

export type StartReport = {
  readonly bench: 'start';
  readonly machine: Machine;
  readonly settings: StartSettings;
  readonly journal: StartRun['filled'];
  readonly starts: StartRun['starts'];
  readonly medianMs: { readonly listening: number; readonly ready: number };
  readonly limitMs: number;
  /** The median start was ready in less than the limit. */
  readonly holds: boolean;
};

type Measured = {
  readonly machine: Machine;
  readonly settings: StartSettings;
  readonly run: StartRun;
  readonly limitMs: number;
};

export function startReportOf({ machine, settings, run, limitMs }: Measured): StartReport {
  const { filled, starts } = run;
  const medianMs = {
    listening: median(starts.map(({ listeningMs }) => listeningMs)),
    ready: median(starts.map(({ readyMs }) => readyMs)),
  };
  const holds = medianMs.ready < limitMs;
  return { bench: 'start', machine, settings, journal: filled, starts, medianMs, limitMs, holds };
}

const MIB = 2 ** 20;
const WIDTH = 14;
const cell = (ms: number): string => `${ms.toFixed(0)} ms`.padStart(WIDTH);

export function startTableOf({ machine, journal, starts, medianMs, limitMs, holds }: StartReport): string {
  const { records, bytes, segments, liveQuotes } = journal;
  return [
    'bench start',
    machineLine(machine),
    `a journal of ${records} records, ${(bytes / MIB).toFixed(0)} MiB in ${segments} segments; ${liveQuotes} quotes live at its end`,
    '',
    `  ${''.padEnd(WIDTH)}${'listening'.padStart(WIDTH)}${'trade-ready'.padStart(WIDTH)}`,
    ...starts.map(
      ({ listeningMs, readyMs }, index) =>
        `  ${`start ${index + 1}`.padEnd(WIDTH)}${cell(listeningMs)}${cell(readyMs)}`,
    ),
    `  ${'median'.padEnd(WIDTH)}${cell(medianMs.listening)}${cell(medianMs.ready)}`,
    '',
    `the median start is ${holds ? 'under' : 'NOT UNDER'} ${limitMs} ms`,
    '',
  ].join('\n');
}

export function startDrawingOf({ machine, journal, starts }: StartReport): string {
  const curve = (name: string, ms: readonly number[]) => ({ name, points: curveOf(ms.map((each) => each * 1000)) });
  return latencyChart({
    title: 'From the start of the engine, by percentile of starts',
    notes: [`a journal of ${journal.records} records; ${machineLine(machine)}`],
    curves: [
      curve(
        'listening',
        starts.map(({ listeningMs }) => listeningMs),
      ),
      curve(
        'trade-ready',
        starts.map(({ readyMs }) => readyMs),
      ),
    ],
  });
}
