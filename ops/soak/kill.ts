// The kill run of the integration tests, again and again: each time on a fresh state, with a fresh seed, killed at another
// moment; and a few times told to end by SIGTERM instead, which must leave nothing open. A seed that failed can be run again,
// although what the scheduler of the machine did with the processes cannot.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';
import type { StopSignal } from './kill/judge.ts';
import { type KillReport, killRun } from './kill/run.ts';
import { numbersOf } from './numbers.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-kill');

type Plan = { readonly runs: readonly { readonly seed: number; readonly signal: StopSignal }[] };

export const soak: Soak = {
  name: 'kill',
  summary: 'kill -9 in the middle of 2,000 quotes, ten times, and SIGTERM twice (--kills, --stops, --seed)',
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
  const numbers = numbersOf(args, { kills: 10, stops: 2 }, random);
  if (typeof numbers === 'string') return numbers;
  const { kills, stops, seed } = numbers;
  const runs = Array.from({ length: kills + stops }, (_, index) => ({
    seed: seed + index,
    signal: index < kills ? ('SIGKILL' as const) : ('SIGTERM' as const),
  }));
  return { runs };
}

async function runAll({ runs }: Plan, stack: Stack): Promise<number> {
  rmSync(DIR, { recursive: true, force: true });
  mkdirSync(DIR, { recursive: true, mode: 0o700 });
  console.log(HEAD);
  let failed = 0;
  for (const { seed, signal } of runs) {
    const dir = join(DIR, `${signal}-${seed}`);
    const report = await killRun({ services: stack, dir, seed, signal }).catch((error: unknown) => String(error));
    const against = typeof report === 'string' ? [] : report.findings.filter(({ ok }) => !ok);
    if (typeof report === 'string') console.log(`${signal} seed ${seed}: ${report}`);
    else console.log(rowOf(report));
    for (const { name, detail } of against) console.log(`    NOT SO: ${name}: ${detail}`);
    if (typeof report !== 'string' && against.length === 0) rmSync(dir, { recursive: true, force: true });
    else failed += 1;
  }
  console.log(
    failed === 0
      ? `${runs.length} runs, every finding holds`
      : `${failed} of ${runs.length} runs failed; logs: ${DIR}; again: --soak kill -- --kills 1 --stops 0 --seed SEED`,
  );
  return failed === 0 ? EXIT.ok : EXIT.failure;
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
