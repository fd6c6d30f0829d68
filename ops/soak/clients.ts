// Clients of the real venue, unmodified, against `./unrip sim`: its reference solver answers taker traffic, and its SDK trades
// with our engine and withdraws. What they cannot do here, they could there: it is a fault of the simulators until proven
// otherwise. Neither is part of the project.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { type SdkReport, sdkRun } from '../clients/sdk-run.ts';
import { HOW_TO_GET_IT, readSolverFolder, type SolverFolder } from '../clients/solver.ts';
import type { Counts } from '../clients/solver-judge.ts';
import { type SolverReport, solverRun } from '../clients/solver-run.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-clients');
const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const SPEED = 2;

const PARTS = ['solver', 'sdk'] as const;
type PartName = (typeof PARTS)[number];

type Plan = {
  /** The only part that was asked for; null: both. */
  readonly only: PartName | null;
  /** Null: this part is not run. */
  readonly solver: SolverFolder | null;
  readonly sdk: boolean;
  readonly speed: number;
};

export const soak: Soak = {
  name: 'clients',
  summary: "the venue's reference solver and SDK against the simulators (--solver PATH, --only solver|sdk, --speed)",
  async run(args, stack) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    rmSync(DIR, { recursive: true, force: true });
    mkdirSync(DIR, { recursive: true, mode: 0o700 });
    let violations = 0;
    const { solver, speed } = plan;
    if (solver !== null) violations += await violationsOf('solver', (dir) => runSolver({ dir, solver, speed }));
    if (plan.sdk) violations += await violationsOf('sdk', (dir) => runSdk(stack, dir));
    if (solver === null && plan.only === null) {
      console.log(`LEFT OUT: the reference solver, for no folder of it was given. To have it judged, ${HOW_TO_GET_IT}`);
    }
    return violations === 0 ? EXIT.ok : EXIT.failure;
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[]): Plan | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        solver: { type: 'string' },
        only: { type: 'string' },
        speed: { type: 'string', default: String(SPEED) },
      },
    });
    const only = PARTS.find((part) => part === values.only) ?? null;
    if (values.only !== undefined && only === null) return `--only ${values.only}: there are ${PARTS.join(' and ')}`;
    if (!/^[1-9][0-9]?$/.test(values.speed)) return '--speed must be a whole number, 1 to 99';
    const given = values.solver === undefined || only === 'sdk' ? null : readSolverFolder(values.solver);
    if (typeof given === 'string') return `--solver: ${given}`;
    if (only === 'solver' && given === null) return `--only solver needs a folder: ${HOW_TO_GET_IT}`;
    return { only, solver: given, sdk: only !== 'solver', speed: Number(values.speed) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Runs one part and prints what does not hold; a part that breaks off keeps the other one from nothing. */
async function violationsOf(part: PartName, run: (dir: string) => Promise<readonly string[]>): Promise<number> {
  const dir = join(DIR, part);
  const startedMs = performance.now();
  const violations = await run(dir).catch((error: unknown) => [
    `the run broke off: ${error instanceof Error ? error.message : String(error)}`,
  ]);
  for (const violation of violations) console.log(`    NOT SO: ${violation}`);
  const found = violations.length === 0 ? 'every finding holds' : `${violations.length} violations; logs: ${dir}`;
  console.log(`${part}: ${found}, ${seconds(performance.now() - startedMs)}`);
  return violations.length;
}

type SolverPart = { readonly dir: string; readonly solver: SolverFolder; readonly speed: number };

async function runSolver({ dir, solver, speed }: SolverPart): Promise<readonly string[]> {
  console.log(`reference solver: ${solver.title}`);
  const report = await solverRun({ dir, folder: solver, tape: TAPE, speed, progress: (line) => console.log(line) });
  for (const line of linesOf(report)) console.log(line);
  return report.violations;
}

async function runSdk(stack: Stack, dir: string): Promise<readonly string[]> {
  const report = await sdkRun({ dir, stack, progress: (line) => console.log(line) });
  for (const line of sdkLinesOf(report)) console.log(line);
  return report.violations;
}

const countsOf = (counts: Counts): string => {
  const texts = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`);
  return texts.length === 0 ? 'none' : texts.join(', ');
};

function linesOf(report: SolverReport): readonly string[] {
  const { offered, answered, accepted, settled } = report;
  return [
    `offered ${offered}, answered ${answered}, accepted ${accepted}, settled ${settled} in ${Math.round(report.playedMs / 1000)} s`,
    `declined by the solver: ${countsOf(report.declined)}`,
    `refused as the real venue would: ${countsOf(report.refusedAsVenue)}; by the simulators alone: ${countsOf(report.refusedByUs)}`,
    `to be taken and not settled: ${countsOf(report.notSettled)}`,
  ];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function sdkLinesOf({ events, recorded }: SdkReport): readonly string[] {
  const swaps = events.filter((event) => event.kind === 'swap');
  const cases = events.filter((event) => event.kind === 'case');
  return [
    ...swaps.map(
      ({ tokenIn, tokenOut, amountIn, amountOut, asked, quoteMs, settleMs }) =>
        `swap: ${amountIn} of ${tokenIn} for ${amountOut} of ${tokenOut}; ${asked} quotes asked, quoted after ${seconds(quoteMs)}, settled ${seconds(settleMs)} later`,
    ),
    ...events.flatMap((event) => {
      if (event.kind !== 'paid') return [];
      const { assetId, arrives, statuses, transferTxHash } = event.paid;
      return [
        `withdrawn: ${arrives} of ${assetId}, ${statuses.join(' then ') || 'completed'} as ${transferTxHash} after ${seconds(event.ms)}`,
      ];
    }),
    `${cases.filter(({ fault }) => fault === null).length} of ${cases.length} cases as the SDK expects them`,
    `${recorded} of ${swaps.length} swaps are settled in the engine's history, whole from request to settlement`,
  ];
}
