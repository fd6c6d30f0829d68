// `./unrip bench loop` from its request to its figures.

import type { ExitCode } from '../../../contracts/runtime/process/exit.ts';
import type { Stack } from '../../stack/stack.ts';
import { latencyChart } from '../latency-chart.ts';
import { machineLine, thisMachine } from '../machine.ts';
import { codeOf, say, write } from '../output.ts';
import type { LoopRequest } from './options.ts';
import { type LoopReport, reportOf } from './report.ts';
import { runLoopBench } from './run.ts';
import { paceOf, tableOf } from './table.ts';

/** @param dir of this bench alone; emptied first */
export async function benchLoop({ settings, output, gate }: LoopRequest, stack: Stack, dir: string): Promise<ExitCode> {
  const rounds = await runLoopBench({ settings, services: stack, dir, progress: say });
  const report = reportOf({ machine: thisMachine(), settings, rounds });
  await write(output, { report, table: tableOf(report), svg: drawingOf(report) });
  return codeOf(report.faults.length === 0 && (report.rung.holds === true || !gate));
}

export function drawingOf({ settings, machine, variants }: LoopReport): string {
  return latencyChart({
    title: 'Latency of an answer, by percentile',
    notes: [`${paceOf(settings)}; ${machineLine(machine)}`],
    curves: variants.map(({ name, curveUs }) => ({ name, points: curveUs })),
  });
}
