// Kills in each stage of a quote, one engine after the other on the same state, half of them as power cuts: see kill/chain.ts. Some
// chains at a time, each with a state, an account and a venue of its own, since an engine that starts mostly waits. Then the kill run of the integration tests a few times, on a fresh state and with a fresh seed, killed in the middle, or ended by
// SIGTERM, which must leave nothing open. A seed that failed can be run again, although what the scheduler did cannot.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';
import { type ChainReport, killChain } from './kill/chain.ts';
import type { StopSignal } from './kill/judge.ts';
import { type KillReport, killRun } from './kill/run.ts';
import { numbersOf } from './numbers.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-kill');

type Plan = {
  /** At the same time. */
  readonly chains: readonly { readonly seed: number; readonly kills: number }[];
  /** Behind them, one after the other, each on a state of its own. */
  readonly runs: readonly { readonly seed: number; readonly signal: StopSignal }[];
};

export const soak: Soak = {
  name: 'kill',
  summary:
    '300 kills in all stages of a quote, half as power cuts; then of 2,000 quotes (--kills, --chains, --runs, --stops, --seed)',
  async run(args, stack) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    return await runAll(plan, stack);
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[], random?: () => number): Plan | string {
  const numbers = numbersOf(args, { kills: 300, chains: 2, runs: 2, stops: 2 }, random);
  if (typeof numbers === 'string') return numbers;
  const { kills, runs: killed, stops, seed } = numbers;
  if (numbers.chains === 0) return '--chains must be above zero';
  const chains = Array.from({ length: numbers.chains }, (_, index) => ({
    seed: seed + index,
    kills: Math.floor((kills + index) / numbers.chains),
  })).filter((chain) => chain.kills > 0);
  const runs = Array.from({ length: killed + stops }, (_, index) => ({
    seed: seed + index,
    signal: index < killed ? ('SIGKILL' as const) : ('SIGTERM' as const),
  }));
  return { chains, runs };
}

async function runAll({ chains, runs }: Plan, stack: Stack): Promise<number> {
  rmSync(DIR, { recursive: true, force: true });
  mkdirSync(DIR, { recursive: true, mode: 0o700 });
  const chained = chains.map(({ seed, kills }) =>
    runChain({ services: stack, dir: join(DIR, `chain-${seed}`), seed, kills }),
  );
  let failed = (await Promise.all(chained)).reduce((sum, each) => sum + each, 0);
  if (runs.length > 0) console.log(HEAD);
  for (const { seed: own, signal } of runs) {
    const dir = join(DIR, `${signal}-${own}`);
    const report = await killRun({ services: stack, dir, seed: own, signal }).catch((error: unknown) => String(error));
    if (typeof report === 'string') console.log(`${signal} seed ${own}: ${report}`);
    else console.log(rowOf(report));
    if (typeof report !== 'string' && isWell(report)) rmSync(dir, { recursive: true, force: true });
    else failed += 1;
  }
  console.log(
    failed === 0
      ? 'every finding holds'
      : `${failed} failed; logs: ${DIR}; again: --soak kill -- --kills N --chains 1 --runs 0 --stops 0 --seed SEED`,
  );
  return failed === 0 ? EXIT.ok : EXIT.failure;
}

/** Gives 1 when something does not hold. */
async function runChain(options: Parameters<typeof killChain>[0]): Promise<number> {
  const progress = (line: string): void => console.log(`${options.seed}: ${line}`);
  const report = await killChain({ ...options, progress }).catch((error: unknown) => String(error));
  if (typeof report === 'string') {
    console.log(`chain of ${options.kills} kills, seed ${options.seed}: ${report}`);
    return 1;
  }
  for (const line of linesOf(report)) progress(line);
  return isWell(report) ? 0 : 1;
}

function linesOf({ hits, answers, settled, lost }: ChainReport): readonly string[] {
  return [
    ...Object.entries(hits).map(([stage, { plain, cut }]) => `${stage}: ${plain} kills, ${cut} power cuts`),
    `${answers} answers, ${settled} settled, ${lost} lost with the power`,
  ];
}

/** Says what does not hold. */
function isWell({ findings }: Pick<KillReport, 'findings'>): boolean {
  const against = findings.filter(({ ok }) => !ok);
  for (const { name, detail } of against) console.log(`    NOT SO: ${name}: ${detail}`);
  return against.length === 0;
}

const COLUMNS = [
  'signal',
  'seed',
  'stopped at',
  'before',
  'after',
  'owed',
  'settled',
  'down ms',
  'most exposed',
] as const;
const WIDTH = 14;
const HEAD = COLUMNS.map((name) => name.padStart(WIDTH)).join('');

function rowOf(report: KillReport): string {
  const { signal, seed, stoppedAt, answersBefore, answersAfter, unacknowledged, settled, downMs, mostExposedPct } =
    report;
  const cells = [signal, seed, stoppedAt, answersBefore, answersAfter, unacknowledged, settled, downMs];
  return [...cells, `${mostExposedPct} %`].map((cell) => String(cell).padStart(WIDTH)).join('');
}
