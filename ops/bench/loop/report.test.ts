import { expect, test } from 'bun:test';
import { drawingOf } from './bench.ts';
import { type Measured, type Round, reportOf } from './report.ts';
import type { BenchSettings } from './settings.ts';
import { tableOf } from './table.ts';

const QUOTES = 500;
const measured = (latencyUs: number, more: Partial<Measured> = {}): Measured => ({
  latenciesUs: new Array<number>(QUOTES).fill(latencyUs),
  latenessUs: [1],
  cpuUs: QUOTES * 10,
  residentBytes: 2 ** 20,
  stallMs: null,
  arrived: null,
  flood: null,
  signatures: 1,
  faults: [],
  ...more,
});
const round = (echo: number, signer: number, unrip: number, more: Partial<Measured> = {}): Round =>
  new Map([
    ['echo', measured(echo)],
    ['signer', measured(signer)],
    ['unrip', measured(unrip, more)],
  ]);
const MACHINE = {
  cpu: 'some',
  cores: 2,
  memoryGib: 8,
  os: 'Linux',
  bun: '1.4.5',
  date: '2026-01-01T00:00:00.000Z',
  commit: null,
};
const settings = {
  quotes: QUOTES,
  warmUp: 1,
  ratePerS: 200,
  kafka: true,
  live: 0,
  foreignPerS: 0,
  flood: 0,
  solver: null,
  against: null,
};
const reportFor = (rounds: readonly Round[], more: Partial<BenchSettings> = {}) =>
  reportOf({ machine: MACHINE, settings: { ...settings, rounds: rounds.length, ...more }, rounds });
const figuresOf = (rounds: readonly Round[]) => reportFor(rounds).variants.find(({ name }) => name === 'unrip');

test('a ratio is the median of the rounds, so that a disturbed round does not move it', () => {
  const report = reportFor([round(50, 100, 200), round(50, 100, 210), round(500, 100, 9000)]);
  const ratio = (below: string) => report.ratios.find((each) => each.above === 'unrip' && each.below === below)?.p50;
  expect(ratio('signer')).toEqual({ median: 2.1, rounds: [2, 2.1, 90] });
  expect(ratio('echo')?.median).toBe(4.2);
  expect(ratio('other')).toBeUndefined();
  expect(report.variants[2]?.latencyUs).toMatchObject({ count: 3 * QUOTES, p50: 210, max: 9000 });
});

test.each([
  { unrip: 250, holds: true },
  { unrip: 251, holds: false },
])('unrip at $unrip against a signer at 100: the first rung holds: $holds', ({ unrip, holds }) => {
  const report = reportFor([round(50, 100, unrip), round(50, 100, unrip), round(50, 100, unrip)]);
  expect(report.rung.holds).toBe(holds);
  expect(tableOf(report)).toContain(holds ? 'within 2.5' : 'ABOVE 2.5');
});

test('too few samples are not judged, however good they are', () => {
  const good = round(50, 100, 110);
  const short = round(50, 100, 110, { latenciesUs: new Array<number>(QUOTES - 1).fill(110) });
  for (const rounds of [
    [good, good],
    [good, good, short],
  ]) {
    const report = reportFor(rounds);
    expect(report.rung.holds).toBeNull();
    expect(tableOf(report)).toContain('NOT JUDGED: ');
  }
  expect(reportFor([good, good, good]).rung).toMatchObject({ holds: true, tooFew: null });
});

test('what was wrong with an answer is reported with its variant', () => {
  const report = reportFor([round(50, 100, 200, { faults: ['2 of 3 quotes were answered'] })]);
  expect(report.faults).toEqual(['unrip: 2 of 3 quotes were answered']);
  expect(tableOf(report)).toContain('FAULT unrip: 2 of 3');
});

test('what a foreign solver lacks is said, and is no fault', () => {
  const one = round(50, 100, 200).set('solver', measured(900, { faults: ['1 of 3 quotes were answered'] }));
  const report = reportFor([one], { solver: 'cmd' });
  expect([report.faults, report.notes]).toEqual([[], ['solver: 1 of 3 quotes were answered']]);
  expect(report.ratios.at(-1)).toMatchObject({ above: 'solver', below: 'unrip', p50: { median: 4.5 } });
  expect(tableOf(report)).toContain('  solver: 1 of 3 quotes were answered');
});

test('processor time is for each answer of all rounds; stall and memory are the maximum of them', () => {
  const one = round(50, 100, 200, { cpuUs: 30 * QUOTES, stallMs: 7, residentBytes: 5 });
  const other = round(50, 100, 200, { cpuUs: 10 * QUOTES, stallMs: null, residentBytes: 9 });
  expect(figuresOf([one, other])).toMatchObject({ cpuUsPerAnswer: 20, stallMs: 7, residentBytes: 9 });
  const unknown = round(50, 100, 200, { cpuUs: null });
  expect(figuresOf([one, unknown])).toMatchObject({ cpuUsPerAnswer: null });
});

test('growth over a run shows in its thirds', () => {
  const latenciesUs = Array.from({ length: 900 }, (_, index) => (index < 300 ? 100 : index < 600 ? 150 : 400));
  const { firstThirdUs, lastThirdUs } = figuresOf([round(50, 100, 0, { latenciesUs })]) ?? {};
  expect([firstThirdUs?.p50, firstThirdUs?.max, lastThirdUs?.p50, lastThirdUs?.count]).toEqual([100, 100, 400, 300]);
});

test('a generator that was late itself says so, with the variant', () => {
  const lateness = (late: number) => [
    ...new Array<number>(late).fill(1001),
    ...new Array<number>(100 - late).fill(1000),
  ];
  const shares = [1, 2].map((late) => reportFor([round(50, 100, 200, { latenessUs: lateness(late) })]));
  expect(shares.map(({ variants }) => variants[2]?.lateShare)).toEqual([0.01, 0.02]);
  expect(shares.map((report) => tableOf(report).includes('GENERATOR WAS LATE: 2.0 % of the quotes to unrip'))).toEqual([
    false,
    true,
  ]);
});

test('a closed loop has no lateness', () => {
  const closed = new Map([...round(50, 100, 200)].map(([name, one]) => [name, { ...one, latenessUs: [] }]));
  const report = reportFor([closed], { ratePerS: null });
  expect(report.generatorLatenessUs).toBeNull();
  expect(tableOf(report)).toContain('closed loop, one quote at a time');
});

const ARRIVED = {
  accountId: 'a.near',
  prefix: 'p',
  quotes: 10,
  answers: 9,
  shed: 0,
  decisions: 10,
  commands: 9,
  results: 9,
  afterMs: 1200,
  rejected: { journal_behind: 1 },
};

test('a record that did not arrive is a fault; all there is said as well, with why quotes were not answered', () => {
  const whole = tableOf(reportFor([round(50, 100, 200, { arrived: ARRIVED })]));
  expect(whole).toContain('unrip: nothing lost end to end: 10 quotes and 9 answers');
  expect(whole).toContain('unrip did not answer: journal_behind 1');
  const report = reportFor([round(50, 100, 200, { arrived: { ...ARRIVED, decisions: 11, results: 7 } })]);
  expect(report.faults).toEqual(['unrip: 2 records did not arrive in PostgreSQL']);
  expect(tableOf(report)).toContain('unrip: 2 RECORDS LOST');
});

test('a quote that an overloaded engine let go undecided is no record that is lost, and is said', () => {
  const tableWith = (over: Partial<typeof ARRIVED>): string =>
    tableOf(reportFor([round(50, 100, 200, { arrived: { ...ARRIVED, quotes: 15, shed: 5, ...over } })]));
  expect(tableWith({})).toContain('unrip: nothing lost end to end: 15 quotes and 9 answers');
  expect(tableWith({})).toContain('unrip did not answer: journal_behind 1, shed undecided 5');
  expect(tableWith({ decisions: 9 })).toContain('unrip: 1 RECORDS LOST');
});

test('what an operator noticed of a flood is said, with the longest', () => {
  const flood = { calls: 3, failed: 1, medianMs: 2, maxMs: 9, disarmMs: [1, 5], armMs: [2] };
  const table = tableOf(reportFor([round(50, 100, 200, { flood })]));
  expect(table).toContain(
    'unrip under the flood: 3 calls of an operator (1 failed) took 2.0 ms, at most 9.0 ms; to disarm 3.0 ms, at most 5.0 ms',
  );
});

test('the drawing has a line for each variant', () => {
  const svg = drawingOf(reportFor([round(50, 100, 200)]));
  expect(svg.match(/class="curve" stroke="[^"]+" d="M[^h]+"/g)).toHaveLength(3);
  for (const name of ['echo', 'signer', 'unrip', 'p99']) expect(svg).toContain(`>${name}</text>`);
});
