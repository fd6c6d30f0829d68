// `./unrip bench history` from its request to its figures.

import type { ExitCode } from '../../../contracts/runtime/process/exit.ts';
import type { Stack } from '../../stack/stack.ts';
import { thisMachine } from '../machine.ts';
import { codeOf, say, write } from '../output.ts';
import type { HistoryRequest } from './options.ts';
import { historyDrawingOf, historyReportOf, historyTableOf } from './report.ts';
import { runHistoryBench } from './run.ts';
import type { Pids } from './watch.ts';

/** @param dir of this bench alone; emptied first */
export async function benchHistory(
  { settings, output }: HistoryRequest,
  stack: Stack,
  place: { readonly dir: string; readonly servers: Omit<Pids, 'writer'> },
): Promise<ExitCode> {
  const measured = await runHistoryBench({ settings, services: stack, ...place, progress: say });
  const report = historyReportOf({ ...measured, machine: thisMachine() });
  await write(output, { report, table: historyTableOf(report), svg: historyDrawingOf(report) });
  return codeOf(report.writers.every(({ faults }) => faults.length === 0));
}
