import { expect, test } from 'bun:test';
import { BUGS, type BugName } from './bugs.ts';
import { complaintOf, runSimulations } from './child.ts';
import { missingOf, rulesTested } from './coverage.ts';
import { keepSeed, keptSeeds, readSeeds } from './kept-seeds.ts';
import type { RunReport } from './run.ts';

/** Each run is so long, and its calm end behind it. */
const MINUTES = 20;
const RUNS = 8;
const PACE = 20;
/** With one bug, until it shows: some of the first of these show it, whichever it is. */
const BUG_SEEDS = Array.from({ length: 10 }, (_, at) => `bug-${at + 12}`);
const LIMIT_MS = 300_000;

/** Fails on the first run that breaks a rule, and keeps its seed. */
function hold(report: RunReport, minutes: number, pace: number): void {
  const complaint = complaintOf(report, minutes, pace);
  if (complaint === null) return;
  keepSeed({ seed: report.seed, minutes, pace }, Object.keys(report.counts).join('; '));
  throw new Error(complaint);
}

test(
  'every run of the simulation keeps every rule of the model',
  async () => {
    // Always the same, and such that every rule is tested: what chance finds is for the soak, which keeps the seeds of its findings for the next test.
    const seeds = Array.from({ length: RUNS }, (_, at) => `test-${at + 16}`);
    const reports = await runSimulations({ seeds, minutes: MINUTES, pace: PACE });
    for (const report of reports) hold(report, MINUTES, PACE);
    const sum = (of: (report: RunReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
    // It has been at work: answered, settled, killed and started again.
    expect(sum(({ answers }) => answers)).toBeGreaterThan(RUNS * 20);
    expect(sum(({ settled }) => settled)).toBeGreaterThan(RUNS);
    expect(sum(({ starts }) => starts)).toBeGreaterThan(RUNS * 2);
    expect(sum(({ faults }) => faults['node_lies_about_contents'] ?? 0)).toBeGreaterThan(0);
    expect(missingOf(rulesTested(reports))).toEqual([]);
  },
  LIMIT_MS,
);

test.each(keptSeeds())(
  'a seed that once showed a fault shows none: $seed',
  async ({ seed, minutes, pace }) => {
    const [report] = await runSimulations({ seeds: [seed], minutes, pace });
    if (report === undefined) throw new Error('there was no run');
    hold(report, minutes, pace);
  },
  LIMIT_MS,
);

test(
  'the same seed gives the same run, byte for byte, whatever ran before it',
  async () => {
    const run = (seeds: readonly string[]) => runSimulations({ seeds, minutes: 5, pace: 30 });
    const [alone] = await run(['same']);
    const [, second] = await run(['before', 'same']);
    expect(second?.answers).toBeGreaterThan(0);
    expect(second?.digest).toBe(alone?.digest as string);
  },
  LIMIT_MS,
);

test.each(Object.keys(BUGS) as BugName[])(
  'the model finds a bug that is put in on purpose: %s',
  async (bug) => {
    const rule = BUGS[bug].breaks;
    const broken = new Set<string>();
    // Not each run meets what shows it.
    for (const seed of BUG_SEEDS) {
      if (broken.has(rule)) break;
      const reports = await runSimulations({ seeds: [seed], minutes: 10, pace: 40, bug });
      for (const { counts } of reports) for (const each of Object.keys(counts)) broken.add(each);
    }
    expect([...broken]).toContain(rule);
  },
  LIMIT_MS,
);

test('a kept seed is a line of its own, with what it showed', () => {
  expect(readSeeds('# none\n\n17-3 20 12 # a rule\nx 5 40\n')).toEqual([
    { seed: '17-3', minutes: 20, pace: 12 },
    { seed: 'x', minutes: 5, pace: 40 },
  ]);
});
