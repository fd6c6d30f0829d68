// The simulation for long: many runs, each of a seed of its own, until every fault was put in often enough and everything that can be
// reached was. Seeds of runs that break a rule are printed and kept; the test runs them from then on.

import { parseArgs } from 'node:util';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { complaintOf, runSimulations } from '../simulation/child.ts';
import { coverageOf, missingOf, tableOf } from '../simulation/coverage.ts';
import { keepSeed } from '../simulation/kept-seeds.ts';
import type { RunReport } from '../simulation/run.ts';
import type { Soak } from '../testing/run/soak.ts';

export const soak: Soak = {
  name: 'simulation',
  summary:
    '10,000 simulated minutes of the whole engine with faults, held against a model (--minutes, --seed; --run SEED repeats one)',
  withoutServices: true,
  run,
};

/** A run is as long, and some minutes of calm behind it. */
const RUN_MINUTES = 40;
const PACE = 16;
/** Processes at a time. */
const LANES = 2;
const QUOTES_LEAST = 100_000;
const WHOLE_MINUTES = 10_000;
const SEEDS = 1_000_000;

export type Plan = {
  readonly seeds: readonly string[];
  /** Of each run. */
  readonly minutes: number;
  readonly pace: number;
  /** Everything has to be reached. */
  readonly isWhole: boolean;
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[], random: () => number = Math.random): Plan | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        pace: { type: 'string', default: String(PACE) },
        seed: { type: 'string', default: String(Math.floor(random() * SEEDS)) },
        run: { type: 'string' },
      },
    });
    const { pace, seed, run: one } = values;
    const minutes = values.minutes ?? String(one === undefined ? WHOLE_MINUTES : RUN_MINUTES);
    if (!/^[1-9]\d{0,6}$/.test(minutes)) return '--minutes must be a whole number above zero';
    if (!/^[1-9]\d{0,3}$/.test(pace)) return '--pace must be a whole number above zero';
    if (one !== undefined) return { seeds: [one], minutes: Number(minutes), pace: Number(pace), isWhole: false };
    const runs = Math.ceil(Number(minutes) / RUN_MINUTES);
    return {
      seeds: Array.from({ length: runs }, (_, at) => `${seed}-${at}`),
      minutes: RUN_MINUTES,
      pace: Number(pace),
      isWhole: Number(minutes) >= WHOLE_MINUTES,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run(args: readonly string[]): Promise<number> {
  const plan = planOf(args);
  if (typeof plan === 'string') {
    console.error(plan);
    return EXIT.usage;
  }
  const { seeds, minutes, pace } = plan;
  const first = seeds[0] ?? '';
  console.log(`${seeds.length} runs of ${minutes} simulated minutes, seeds from ${first}`);
  let failed = 0;
  const onReport = (report: RunReport): void => {
    console.log(rowOf(report));
    const complaint = complaintOf(report, minutes, pace);
    if (complaint === null) return;
    failed += 1;
    console.log(complaint);
    keepSeed({ seed: report.seed, minutes, pace }, Object.keys(report.counts).join('; '));
  };
  const lanes = Array.from({ length: LANES }, (_, lane) => seeds.filter((_seed, at) => at % LANES === lane));
  const started = lanes.filter((lane) => lane.length > 0);
  const reports = (
    await Promise.all(started.map((lane) => runSimulations({ seeds: lane, minutes, pace, onReport })))
  ).flat();
  return judge(plan, reports, failed) ? EXIT.ok : EXIT.failure;
}

function judge({ isWhole }: Plan, reports: readonly RunReport[], failed: number): boolean {
  const rows = coverageOf(reports);
  console.log(tableOf(rows));
  const asked = reports.reduce((sum, report) => sum + report.asked, 0);
  const simulated = reports.reduce((sum, report) => sum + report.simulatedMs, 0) / 60_000;
  console.log(
    `${Math.round(simulated)} simulated minutes, ${asked} quotes asked, ${failed} of ${reports.length} runs broke a rule`,
  );
  if (!isWhole) return failed === 0;
  const missing = missingOf(rows);
  for (const { group, item, count, least } of missing)
    console.log(`NOT REACHED: ${group} ${item}: ${count} of ${least}`);
  if (asked < QUOTES_LEAST) console.log(`NOT REACHED: ${asked} quotes of ${QUOTES_LEAST}`);
  return failed === 0 && missing.length === 0 && asked >= QUOTES_LEAST;
}

const rowOf = ({ seed, asked, answers, settled, starts, digest }: RunReport): string =>
  `${seed.padEnd(14)} asked ${asked}, answered ${answers}, settled ${settled}, starts ${starts}, ${digest.slice(0, 12)}`;
