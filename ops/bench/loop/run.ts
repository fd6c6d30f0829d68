// One run of the loop bench: simulators and history-writer up from the first measurement to the last, then rounds, in each of
// which every variant is measured once, in an order that moves on by one from round to round. Generator and variant are
// fresh processes for each measurement, so that no variant profits from, or pays for, what ran before it.

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ThrowAwayKey, throwAwayKey } from '../../harness/key.ts';
import { prepare, type Services } from '../../harness/prepare.ts';
import { startHistoryWriter } from '../../harness/service.ts';
import { type Sim, startSim } from '../../harness/sim.ts';
import { dropDatabase } from '../../stack/postgres/databases.ts';
import { type Generator, startGenerator } from './generator-client.ts';
import { type BenchSettings, type Measured, type Round, type VariantName, variantsOf } from './report.ts';
import { startVariant } from './variants.ts';
import { verifyRun } from './verify.ts';

export type LoopBenchOptions = {
  readonly settings: BenchSettings;
  readonly services: Services;
  /** Of this run alone; emptied first. */
  readonly dir: string;
  readonly progress: (line: string) => void;
};

type Rig = {
  readonly dir: string;
  readonly accountId: string;
  readonly key: ThrowAwayKey;
  readonly sim: Sim;
  readonly kafkaBrokers: string;
  readonly progress: (line: string) => void;
};

const HEALTHY_LIMIT_MS = 60_000;
/** Answers come within milliseconds: after so long one does not come any more. */
const PATIENCE_MS = 5_000;
/** The middle of the simulated Kraken's book, about. */
const EUR_PER_BTC = 38_900;
const PROBES_MAX = 50;
const PROBE_PATIENCE_MS = 400;

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

    const rounds: Round[] = [];
    for (let index = 0; index < settings.rounds; index++) {
      rounds.push(await measureRound(index, { dir, accountId, key, sim, kafkaBrokers, progress }, settings));
    }
    return rounds;
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

async function measureRound(index: number, rig: Rig, settings: BenchSettings): Promise<Round> {
  const measured = new Map<VariantName, Measured>();
  for (const name of rotated(variantsOf(settings), index)) {
    rig.progress(`round ${index + 1} of ${settings.rounds}: ${name}`);
    measured.set(name, await measure(name, index, rig, settings));
  }
  const of = (name: VariantName): Measured => {
    const found = measured.get(name);
    if (found === undefined) throw new Error(`round ${index + 1} has no ${name}`);
    return found;
  };
  const other = measured.get('other') ?? null;
  return { echo: of('echo'), signer: of('signer'), unrip: of('unrip'), other };
}

/** The list from `by` on, then what is before it. */
function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function measure(name: VariantName, round: number, rig: Rig, settings: BenchSettings): Promise<Measured> {
  const generator = await startGenerator();
  try {
    const dir = join(rig.dir, `${name}-${round + 1}`);
    const variant = await startVariant(name, generator.url, {
      ...rig,
      dir,
      flood: settings.flood,
      against: settings.against,
    });
    try {
      await generator.subscribers(1);
      return await measureWith(generator, name, `bench-${round + 1}-${name}`, settings);
    } finally {
      await variant.stop();
    }
  } finally {
    await generator.stop();
  }
}

async function measureWith(
  generator: Generator,
  name: VariantName,
  prefix: string,
  { quotes, warmUp, ratePerS }: BenchSettings,
): Promise<Measured> {
  await untilAnswered(generator, prefix);
  const common = { eurPerBtc: EUR_PER_BTC, ratePerS, patienceMs: PATIENCE_MS };
  if (warmUp > 0) await generator.run({ ...common, prefix: `${prefix}-warm`, count: warmUp });
  const result = await generator.run({ ...common, prefix, count: quotes });
  const maker = { prefix, eurPerBtc: EUR_PER_BTC };
  const { signatures, faults } = verifyRun(result, { count: quotes, maker }, name !== 'echo');
  const latenciesUs = result.latenciesUs.filter((latency) => latency >= 0);
  if (latenciesUs.length === 0) throw new Error(`${name} answered none of ${quotes} quotes`);
  return { latenciesUs, latenessUs: result.latenessUs, signatures, faults };
}

/** One quote at a time until one is answered: an engine that has just been armed may still be opening its nonces. */
async function untilAnswered(generator: Generator, prefix: string): Promise<void> {
  for (let probe = 1; probe <= PROBES_MAX; probe++) {
    const result = await generator.run({
      prefix: `${prefix}-probe-${probe}`,
      eurPerBtc: EUR_PER_BTC,
      count: 1,
      ratePerS: 1,
      patienceMs: PROBE_PATIENCE_MS,
    });
    if (result.answers[0] !== '') return;
  }
  throw new Error(`no answer to any of ${PROBES_MAX} quotes sent one after the other`);
}
