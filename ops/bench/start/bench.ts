// `./unrip bench start` from its arguments to its figures. It needs no servers.

import { parseArgs } from 'node:util';
import type { ExitCode } from '../../../contracts/runtime/process/exit.ts';
import { thisMachine } from '../machine.ts';
import { codeOf, OUTPUT_OPTIONS, type Output, outputOf, say, write } from '../output.ts';
import { startDrawingOf, startReportOf, startTableOf } from './report.ts';
import { runStartBench, type StartSettings } from './run.ts';

const DEFAULTS = { records: 1_000_000, rate: 25, rounds: 5 } as const;
/** A start has to be faster, at the median. */
const LIMIT_MS = 3000;

export const START_HELP = `start  From the start of the engine until it would answer a quote, had it been armed: on the journal of an engine that has answered for
       a long time and was stopped, with nothing of it in Kafka, so that all of its records are read. The bar for the median is
       ${LIMIT_MS} ms.

  --records N   records of the journal, of which three make a quote (default ${DEFAULTS.records})
  --rate N      quotes a second in that journal: some 590 times as many are live at its end (default ${DEFAULTS.rate})
  --rounds N    starts (default ${DEFAULTS.rounds})`;

export type StartRequest = { readonly settings: StartSettings; readonly output: Output };

const NUMBER = /^[1-9][0-9]{0,7}$/;

/** The request, or what is wrong with it. */
export function parseStart(args: readonly string[]): StartRequest | string {
  try {
    const number = (value: number) => ({ type: 'string', default: String(value) }) as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        records: number(DEFAULTS.records),
        rate: number(DEFAULTS.rate),
        rounds: number(DEFAULTS.rounds),
        ...OUTPUT_OPTIONS,
      },
    });
    for (const name of ['records', 'rate', 'rounds'] as const) {
      if (!NUMBER.test(values[name])) return `--${name} ${values[name]}: expected a whole number from 1 to 99999999`;
    }
    const settings = {
      records: Number(values.records),
      quotesPerS: Number(values.rate),
      rounds: Number(values.rounds),
    };
    return { settings, output: outputOf(values) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function benchStart({ settings, output }: StartRequest, dir: string): Promise<ExitCode> {
  const run = await runStartBench({ settings, dir, progress: say });
  const report = startReportOf({ machine: thisMachine(), settings, run, limitMs: LIMIT_MS });
  await write(output, { report, table: startTableOf(report), svg: startDrawingOf(report) });
  return codeOf(report.holds);
}
