import { expect, test } from 'bun:test';
import { readRecord } from '../../../sidecars/history-writer/record.ts';
import { thisMachine } from '../machine.ts';
import { parseHistory } from './options.ts';
import { BACKLOG_TOPICS, backlogOf } from './records.ts';
import { historyDrawingOf, historyReportOf, historyTableOf, type Written } from './report.ts';
import { watchFamily } from './watch.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);

test('history-writer takes every record of the backlog, and no two are alike', () => {
  const records = [...backlogOf(1000, 'a.near', NOW_MS)];
  expect(records).toHaveLength(1000);
  const read = records.map(({ topic, text }) => readRecord(topic, new TextEncoder().encode(text), NOW_MS));
  const ids = read.map((one) => (one.ok ? one.envelope.event_id : one.detail));
  expect(read.every((one) => one.ok && one.envelope.account_id === 'a.near')).toBe(true);
  expect(new Set(ids).size).toBe(1000);
  // As the ids of the engine do.
  expect(ids).toEqual(ids.toSorted());
});

test('a quote leaves a record in each topic, with what identifies it in all of them', () => {
  const [first, ...others] = [...backlogOf(6, 'a.near', NOW_MS)];
  const topics = [first, ...others].map((record) => record?.topic);
  expect(new Set<string | undefined>(topics)).toEqual(new Set<string | undefined>(BACKLOG_TOPICS));
  expect(others.every(({ text }) => text.includes(first?.key ?? 'none'))).toBe(true);
});

test('processor time counts that of children that have begun or ended meanwhile', () => {
  const reads = [
    new Map([[1, { cpuUs: 100, residentBytes: 10 }]]),
    new Map([
      [1, { cpuUs: 110, residentBytes: 10 }],
      [2, { cpuUs: 5, residentBytes: 90 }],
    ]),
    new Map([[1, { cpuUs: 150, residentBytes: 20 }]]),
  ];
  const [last] = reads.slice(-1);
  const watch = watchFamily(() => reads.shift() ?? last ?? new Map());
  watch.sample();
  expect(watch.taken()).toEqual({ cpuUs: 55, residentBytes: 100 });
  expect(watchFamily(() => new Map()).taken()).toBeNull();
});

const written = (name: Written['name'], records: number, seconds: number, faults: readonly string[] = []): Written => ({
  name,
  records,
  seconds,
  cpuUs: { writer: records * 50, broker: null, postgres: records * 20 },
  residentBytes: { writer: 300 * 2 ** 20, broker: null, postgres: 2 ** 20 },
  progress: [
    { seconds: seconds / 2, records: records / 2 },
    { seconds, records },
  ],
  faults,
});

test('the report has rates, costs of a record, and what is missing', () => {
  const report = historyReportOf({
    machine: thisMachine(),
    settings: { records: 1000, naiveRecords: 100 },
    backlogBytes: 2 ** 21,
    postgres: { fsync: 'on' },
    writer: written('history-writer', 1000, 2, ['999 rows of 1000 records']),
    naive: written('naive', 100, 1),
  });
  expect(report.writers.map(({ recordsPerS }) => recordsPerS)).toEqual([500, 100]);
  expect(report.ratio).toBe(5);
  const table = historyTableOf(report).split('\n');
  const row = table.find((line) => line.startsWith('  history-writer'));
  expect(row?.trim().split(/ +/)).toEqual('history-writer 1000 2.0 500 50 - 20 300 - 1'.split(' '));
  expect(table).toContain('  FAULT history-writer: 999 rows of 1000 records');
  expect(historyDrawingOf(report)).toContain('>naive</text>');
});

test.each([
  { args: [], settings: { records: 1_000_000, naiveRecords: 5_000 } },
  { args: ['--records', '20', '--naive', '3'], settings: { records: 20, naiveRecords: 3 } },
])('$args are $settings', ({ args, settings }) => {
  expect(parseHistory(args)).toMatchObject({ settings });
});

test.each([[['--records', '0']], [['--naive', '-1']], [['--unheard-of']]])('%p is refused by name', (args) => {
  expect(parseHistory(args)).toContain(args[0] ?? '');
});
