// Kills of each sidecar, of PostgreSQL and of Kafka at random instants under load, three of five at work: see sidecars/run.ts. Nothing
// is lost and nothing doubled: events in history, alerts, deposits.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Soak } from '../testing/run/soak.ts';
import { numbersOf } from './numbers.ts';
import { killSidecars, TARGETS } from './sidecars/run.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-sidecars');

type Plan = { readonly kills: number; readonly seed: number };

export const soak: Soak = {
  name: 'sidecars',
  summary: '50 kills each of the sidecars, PostgreSQL and Kafka under load; nothing lost or doubled (--kills, --seed)',
  // It ends the servers, so that it has its own.
  withoutServices: true,
  async run(args) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    return await runOnce(plan);
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[], random?: () => number): Plan | string {
  return numbersOf(args, { kills: 50 }, random);
}

async function runOnce({ kills, seed }: Plan): Promise<number> {
  rmSync(DIR, { recursive: true, force: true });
  mkdirSync(DIR, { recursive: true, mode: 0o700 });
  const progress = (line: string): void => console.log(line);
  const report = await killSidecars({ dir: DIR, seed, kills, progress }).catch((error: unknown) => String(error));
  if (typeof report === 'string') {
    console.log(`${report}; again: --soak sidecars -- --kills ${kills} --seed ${seed}; logs: ${DIR}`);
    return EXIT.failure;
  }
  for (const target of TARGETS) {
    const { random, busy } = report.kills[target];
    console.log(`${target}: ${random} kills at random instants, ${busy} with work pending`);
  }
  for (const { name, ok, detail } of report.findings) console.log(`${ok ? 'holds' : 'NOT SO'}: ${name}: ${detail}`);
  const isWell = report.findings.every(({ ok }) => ok);
  console.log(isWell ? `${report.events} events, every finding holds` : `seed ${seed}; logs: ${DIR}`);
  return isWell ? EXIT.ok : EXIT.failure;
}
