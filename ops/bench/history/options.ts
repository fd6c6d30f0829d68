// The arguments of `./unrip bench history`.

import { parseArgs } from 'node:util';
import { OUTPUT_OPTIONS, type Output, outputOf } from '../output.ts';
import type { HistorySettings } from './report.ts';

const DEFAULTS = { records: 1_000_000, naive: 5_000 } as const;

export const HISTORY_HELP = `history
       How fast history is written: a backlog of records of accepted quotes in Kafka, which history-writer reads into a
       fresh PostgreSQL with all indexes (fsync and synchronous_commit on), in comparison with a naive writer that inserts one
       record at a time. Prints records a second, processor time of each record and maximum resident memory of writer,
       broker and PostgreSQL; exit code 1 when a record is missing.

  --records N   of the backlog (default ${DEFAULTS.records})
  --naive N     records that the naive writer writes (default ${DEFAULTS.naive})`;

export type HistoryRequest = { readonly settings: HistorySettings; readonly output: Output };

/** The request, or what is wrong with it. */
export function parseHistory(args: readonly string[]): HistoryRequest | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        records: { type: 'string', default: String(DEFAULTS.records) },
        naive: { type: 'string', default: String(DEFAULTS.naive) },
        ...OUTPUT_OPTIONS,
      },
    });
    for (const name of ['records', 'naive'] as const) {
      if (!/^[1-9][0-9]{0,7}$/.test(values[name]))
        return `--${name} ${values[name]}: expected a whole number from 1 to 99999999`;
    }
    const settings = { records: Number(values.records), naiveRecords: Number(values.naive) };
    return { settings, output: outputOf(values) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
