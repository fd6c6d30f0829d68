// One run of the loop bench: simulators and history-writer up from the first measurement to the last, then rounds, in each of
// which every variant is measured once, in an order that moves on by one from round to round. Generator and variant are
// fresh processes for each measurement, so that no variant profits from, or pays for, what ran before it.

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { throwAwayKey } from '../../harness/key.ts';
import { prepare, type Services } from '../../harness/prepare.ts';
import { startHistoryWriter } from '../../harness/service.ts';
import { startSim } from '../../harness/sim.ts';
import { dropDatabase } from '../../stack/postgres/databases.ts';
import { type Bench, measure } from './measure.ts';
import type { Round } from './report.ts';
import { type BenchSettings, variantsOf } from './settings.ts';

export type LoopBenchOptions = {
  readonly settings: BenchSettings;
  readonly services: Services;
  /** Of this run alone; emptied first. */
  readonly dir: string;
  readonly progress: (line: string) => void;
};

const HEALTHY_LIMIT_MS = 60_000;

export async function runLoopBench(options: LoopBenchOptions): Promise<Round[]> {
  const { dir, services, settings, progress } = options;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const run = randomBytes(6).toString('hex');
  const accountId = `bench-${run}.near`;
  const group = `unrip-bench-${run}`;
  const database = `bench_${run}`;
  const endings: (() => Promise<unknown>)[] = [];
  try {
    progress('simulators, topics, database, history-writer');
    const urls = await prepare(services, { database, group });
    endings.push(() => dropDatabase(services, database));
    const key = throwAwayKey(join(dir, 'key.json'), accountId);
    const sim = await startSim({ dir, accountId, publicKey: key.publicKey });
    endings.push(() => sim.stop());
    const { kafkaBrokers } = services;
    const historyWriter = await startHistoryWriter({ dir, accountId, kafkaBrokers, database: urls, group });
    endings.push(() => historyWriter.stop());
    await historyWriter.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);

    const bench = { dir, accountId, key, sim, kafkaBrokers, settings, progress, readerUrl: urls.reader };
    const rounds: Round[] = [];
    for (let index = 0; index < settings.rounds; index++) rounds.push(await measureRound(index, bench));
    return rounds;
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

async function measureRound(index: number, bench: Bench): Promise<Round> {
  const { settings, progress } = bench;
  const round: Round = new Map();
  for (const name of rotated(variantsOf(settings), index)) {
    progress(`round ${index + 1} of ${settings.rounds}: ${name}`);
    round.set(name, await measure(name, index, bench));
  }
  return round;
}

/** The list from `by` on, then what is before it. */
function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
