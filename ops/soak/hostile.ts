// Hostile frames on every source at once, for ten minutes, against a real engine with Kafka and history: see ops/hostile/run.ts.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { throwAwayKey } from '../harness/key.ts';
import { prepare } from '../harness/prepare.ts';
import { startHistoryWriter } from '../harness/service.ts';
import { memoryRows } from '../hostile/memory.ts';
import { type HostileReport, hostileRun } from '../hostile/run.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { dropDatabase } from '../stack/postgres/databases.ts';
import type { Stack } from '../stack/stack.ts';
import type { Soak } from '../testing/run/soak.ts';
import { numbersOf } from './numbers.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-hostile');
const RATE_PER_S = 20;
const MEGABYTE = 1_048_576;

type Plan = { readonly seconds: number; readonly seed: number };

export const soak: Soak = {
  name: 'hostile',
  summary:
    'ten minutes of mutated frames on relay, Kraken, RPC and CoinGecko between honest quotes (--seconds, --seed)',
  async run(args, stack) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    return await runOnce(plan, stack);
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[], random?: () => number): Plan | string {
  return numbersOf(args, { seconds: 600 }, random);
}

async function runOnce({ seconds, seed }: Plan, stack: Stack): Promise<number> {
  rmSync(DIR, { recursive: true, force: true });
  mkdirSync(DIR, { recursive: true, mode: 0o700 });
  const run = crypto.randomUUID().slice(0, 8);
  const accountId = `hostile-${run}.near`;
  const database = `hostile_${run}`;
  const group = `unrip-hostile-${run}`;
  const urls = await prepare(stack, { database, group });
  const { kafkaBrokers } = stack;
  const writer = await startHistoryWriter({ dir: DIR, accountId, kafkaBrokers, database: urls, group });
  try {
    const key = throwAwayKey(join(DIR, 'key.json'), accountId);
    console.log(`seed ${seed}, ${seconds} s, ${RATE_PER_S} honest quotes/s`);
    const report = await hostileRun({
      setup: { dir: DIR, accountId, key, kafkaBrokers },
      seconds,
      seed,
      ratePerS: RATE_PER_S,
      progress: (line) => console.log(line),
    });
    for (const line of linesOf(report)) console.log(line);
    if (report.violations.length > 0) console.log(`logs: ${DIR}; again: --soak hostile -- --seed ${seed}`);
    return report.violations.length === 0 ? EXIT.ok : EXIT.failure;
  } finally {
    await writer.stop();
    await dropDatabase(stack, database);
  }
}

function linesOf({ sent, bursts, asked, answered, memory, violations }: HostileReport): readonly string[] {
  const { relay, kraken, rpc, coingecko } = sent;
  const resident = memory.map(({ medianBytes }) => Math.round(medianBytes / MEGABYTE));
  return [
    `hostile: ${relay} frames of the relay, ${kraken} of Kraken, ${rpc} answers of the RPC, ${coingecko} of CoinGecko; ${bursts} bursts`,
    `honest quotes while these were well: ${answered} of ${asked} answered`,
    `resident memory by minute, MB: ${resident.join(' ') || 'no full minute'}`,
    ...memoryRows(memory),
    ...violations.map((violation) => `    NOT SO: ${violation}`),
  ];
}
