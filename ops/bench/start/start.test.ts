import { expect, test } from 'bun:test';
import { thisMachine } from '../machine.ts';
import { parseStart } from './bench.ts';
import { startDrawingOf, startReportOf, startTableOf } from './report.ts';

test.each([
  [[], { records: 1_000_000, quotesPerS: 25, rounds: 5 }],
  [['--records', '3000', '--rate', '100', '--rounds', '1'], { records: 3000, quotesPerS: 100, rounds: 1 }],
] as const)('%j asks for %j', (args, settings) => {
  expect(parseStart(args)).toEqual({ settings, output: { json: null, svg: null } });
});

test.each([
  ['--records', '0'],
  ['--rate', '1.5'],
  ['--rounds', 'many'],
  ['--live', '1'],
])('%s %s is refused with a reason', (name, value) => {
  expect(parseStart([name, value])).toContain(name);
});

test.each([
  [[2000, 2999, 9000], true],
  [[2000, 3000, 2000, 3000], true],
  [[2000, 3000, 9000], false],
])('the median of %j is under the bar of three seconds: %j', (readies, holds) => {
  const starts = readies.map((readyMs) => ({ listeningMs: readyMs / 2, readyMs }));
  const filled = { records: 12, bytes: 2 ** 21, segments: 1, liveQuotes: 4 };
  const settings = { records: 12, quotesPerS: 4, rounds: starts.length };
  const report = startReportOf({ machine: thisMachine(), settings, run: { filled, starts }, limitMs: 3000 });
  expect(report.holds).toBe(holds);
  const table = startTableOf(report);
  expect(table).toContain('12 records, 2 MiB in 1 segments; 4 quotes live');
  expect(table).toContain(holds ? 'is under 3000 ms' : 'is NOT UNDER 3000 ms');
  expect(startDrawingOf(report)).toContain('>trade-ready</text>');
});
