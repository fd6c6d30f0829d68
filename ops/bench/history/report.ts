// The figures of the history bench, as an object for JSON and as a table for the screen. Pure.

import { roundTicks, svgOf } from '../chart.ts';
import { type Machine, machineLine } from '../machine.ts';

const PROCESSES = ['writer', 'broker', 'postgres'] as const;
export type ProcessName = (typeof PROCESSES)[number];

export type HistorySettings = {
  /** Of the backlog. */
  readonly records: number;
  /** Written by the naive writer. */
  readonly naiveRecords: number;
};

/** How one writer did. */
export type Written = {
  readonly name: 'history-writer' | 'naive';
  readonly records: number;
  readonly seconds: number;
  /** Of all threads, while it wrote; null: not known on this system. */
  readonly cpuUs: Readonly<Record<ProcessName, number | null>>;
  /** The maximum while it wrote. */
  readonly residentBytes: Readonly<Record<ProcessName, number | null>>;
  /** Records written after so many seconds. */
  readonly progress: readonly { readonly seconds: number; readonly records: number }[];
  readonly faults: readonly string[];
};

export type HistoryReport = {
  readonly bench: 'history';
  readonly machine: Machine;
  readonly settings: HistorySettings;
  readonly backlogBytes: number;
  /** Of the server, by name. */
  readonly postgres: Readonly<Record<string, string>>;
  readonly writers: readonly (Written & { readonly recordsPerS: number })[];
  /** Records a second of history-writer over those of the naive writer. */
  readonly ratio: number;
};

export type HistoryInput = Pick<HistoryReport, 'machine' | 'settings' | 'backlogBytes' | 'postgres'> & {
  readonly writer: Written;
  readonly naive: Written;
};

export function historyReportOf({ writer, naive, ...rest }: HistoryInput): HistoryReport {
  const rate = ({ records, seconds }: Written): number => records / seconds;
  return {
    bench: 'history',
    ...rest,
    writers: [writer, naive].map((each) => ({ ...each, recordsPerS: rate(each) })),
    ratio: rate(writer) / rate(naive),
  };
}

const NAME_WIDTH = 16;
const WIDTH = 11;
const MIB = 2 ** 20;

const named = (name: string): string => `  ${name.padEnd(NAME_WIDTH)}`;
const cell = (text: string): string => ` ${text}`.padStart(WIDTH);
const number = (value: number | null): string => cell(value === null ? '-' : value.toFixed(0));

export function historyTableOf({ machine, settings, backlogBytes, postgres, writers, ratio }: HistoryReport): string {
  const server = Object.entries(postgres).map(([name, value]) => `${name} ${value}`);
  const each = (show: (name: ProcessName, written: Written) => string) => (written: Written) =>
    PROCESSES.map((name) => show(name, written)).join('');
  const cpu = each((name, { cpuUs, records }) => number(perRecord(cpuUs[name], records)));
  const memory = each((name, { residentBytes }) => number(inMib(residentBytes[name])));
  return [
    'bench history',
    machineLine(machine),
    `a backlog of ${settings.records} records (${(backlogBytes / MIB).toFixed(0)} MiB) in Kafka, read into PostgreSQL with all indexes: ${server.join(', ')}`,
    `naive: one INSERT a record, each in a transaction of its own, for ${settings.naiveRecords} records`,
    '',
    named('') + cell('') + cell('') + cell('') + cell('CPU us') + cell('/record') + cell('') + cell('max MiB'),
    named('') + ['records', 'seconds', 'records/s', ...PROCESSES, ...PROCESSES].map(cell).join(''),
    ...writers.map(
      (written) =>
        named(written.name) +
        cell(String(written.records)) +
        cell(written.seconds.toFixed(1)) +
        number(written.recordsPerS) +
        cpu(written) +
        memory(written),
    ),
    '',
    `history-writer writes ${ratio.toFixed(1)} times as many records a second as the naive writer`,
    ...writers.flatMap(({ name, faults }) => faults.map((fault) => `  FAULT ${name}: ${fault}`)),
    '',
  ].join('\n');
}

const perRecord = (us: number | null, records: number): number | null => (us === null ? null : us / records);
const inMib = (bytes: number | null): number | null => (bytes === null ? null : bytes / MIB);

/** Records against time, for both writers. */
export function historyDrawingOf({ machine, settings, writers }: HistoryReport): string {
  const curves = writers.map(({ name, progress }) => ({
    name,
    points: progress
      .filter(({ records, seconds }) => records > 0 && seconds > 0)
      .map(({ records, seconds }) => ({ x: seconds, y: records })),
  }));
  const points = curves.flatMap((curve) => curve.points);
  return svgOf({
    title: 'Records of the backlog in PostgreSQL, by time',
    notes: [`a backlog of ${settings.records} records; ${machineLine(machine)}`],
    x: {
      label: 'seconds',
      ticks: roundTicks(
        points.map(({ x }) => x),
        String,
      ),
    },
    y: {
      label: 'records',
      ticks: roundTicks(
        points.map(({ y }) => y),
        String,
      ),
    },
    curves,
  });
}
