// Every fault of the outside world that the engine has to live with, one after the other, each on a fresh engine that trades
// over real sockets, Kafka and history: it stops when it must, gives the reason, signs nothing wrong, and resumes when it may.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import type { EngineSetup } from '../faults/engine.ts';
import { HEAD, linesOf } from '../faults/report.ts';
import { makeShim, NoShim, type Shim } from '../faults/shim.ts';
import { type Outcome, runSituation, type Situation } from '../faults/situation.ts';
import { SITUATIONS } from '../faults/situations.ts';
import { unmountLeft, whyNoDisk } from '../faults/small-disk.ts';
import { throwAwayKey } from '../harness/key.ts';
import { prepare } from '../harness/prepare.ts';
import { startHistoryWriter } from '../harness/service.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { dropDatabase } from '../stack/postgres/databases.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-faults');
const RATE_PER_S = 20;
const SEEDS = 1_000_000;
const NAME_WIDTH = 26;

type Plan = { readonly situations: readonly Situation[]; readonly seed: number };

export const soak: Soak = {
  name: 'faults',
  summary: 'each fault of price sources, chain, process and machine while trading (--list, --only NAME, --seed)',
  list: () => SITUATIONS.map(({ name, what }) => `${name.padEnd(NAME_WIDTH)} ${what}`),
  async run(args, stack) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    return await runAll(plan, stack);
  },
};

/** What is to be run, or what is wrong with the arguments. `--only` takes the beginning of a name, and may be repeated. */
export function planOf(args: readonly string[], random: () => number = Math.random): Plan | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string' },
      },
    });
    if (values.seed !== undefined && !/^[0-9]{1,9}$/.test(values.seed)) return '--seed must be a whole number';
    const unknown = values.only.find((begin) => !SITUATIONS.some(({ name }) => name.startsWith(begin)));
    if (unknown !== undefined) return `--only ${unknown}: no situation begins like that; --list names them`;
    const situations = SITUATIONS.filter(
      ({ name }) => values.only.length === 0 || values.only.some((begin) => name.startsWith(begin)),
    );
    const seed = values.seed === undefined ? Math.floor(random() * SEEDS) : Number(values.seed);
    return { situations, seed };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runAll({ situations, seed }: Plan, stack: Stack): Promise<number> {
  await unmountLeft(DIR);
  rmSync(DIR, { recursive: true, force: true });
  mkdirSync(DIR, { recursive: true, mode: 0o700 });
  const run = crypto.randomUUID().slice(0, 8);
  const accountId = `faults-${run}.near`;
  const database = `faults_${run}`;
  const group = `unrip-faults-${run}`;
  const urls = await prepare(stack, { database, group });
  const { kafkaBrokers } = stack;
  const writer = await startHistoryWriter({ dir: DIR, accountId, kafkaBrokers, database: urls, group });
  const machine = await makeShim(DIR).catch((error: unknown) => {
    if (!(error instanceof NoShim)) throw error;
    skipped(situations.filter(needsMachine), error.message);
    return null;
  });
  const noDisk = situations.some(needsDisk) ? await whyNoDisk(DIR) : null;
  if (noDisk !== null) skipped(situations.filter(needsDisk), noDisk);
  try {
    const key = throwAwayKey(join(DIR, 'key.json'), accountId);
    const possible = situations.filter(
      (situation) => (machine !== null || !needsMachine(situation)) && (noDisk === null || !needsDisk(situation)),
    );
    return await runEach(possible, { setup: { dir: DIR, accountId, key, kafkaBrokers }, machine, seed });
  } finally {
    machine?.close();
    await writer.stop();
    await dropDatabase(stack, database);
  }
}

const needsMachine = (situation: Situation): boolean => situation.needsMachine === true;
const needsDisk = (situation: Situation): boolean => situation.needsDisk === true;

function skipped(situations: readonly Situation[], why: string): void {
  if (situations.length > 0) console.log(`skipped, since ${why}: ${situations.map(({ name }) => name).join(', ')}`);
}

async function runEach(
  situations: readonly Situation[],
  options: { readonly setup: EngineSetup; readonly machine: Shim | null; readonly seed: number },
): Promise<number> {
  console.log(`seed ${options.seed}, ${RATE_PER_S} quotes/s\n${HEAD}`);
  const failed: string[] = [];
  for (const situation of situations) {
    const outcome = await runSituation(situation, { ...options, ratePerS: RATE_PER_S }).catch(
      (error: unknown): Outcome => ({
        name: situation.name,
        stoppedAfterMs: null,
        reasons: [],
        wrong: 0,
        resumedAfterMs: null,
        violations: [error instanceof Error ? error.message : String(error)],
      }),
    );
    for (const line of linesOf(outcome)) console.log(line);
    if (outcome.violations.length > 0) failed.push(situation.name);
    else rmSync(join(options.setup.dir, situation.name), { recursive: true, force: true });
  }
  const again = failed.map((name) => `--only ${name}`).join(' ');
  console.log(
    failed.length === 0
      ? `${situations.length} situations, every finding holds`
      : `${failed.length} of ${situations.length} failed; logs: ${DIR}; again: --soak faults -- --seed ${options.seed} ${again}`,
  );
  return failed.length === 0 ? EXIT.ok : EXIT.failure;
}
