// One measurement: a fresh generator and a fresh variant, quotes to warm up, and then those that count.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadOf } from '../process-load.ts';
import { type Arrived, waitArrived } from './arrived.ts';
import { type Generator, type RunRequest, startGenerator } from './generator/client.ts';
import type { RunResult } from './generator/protocol.ts';
import type { Measured } from './report.ts';
import { type BenchSettings, isEngine, type VariantName } from './settings.ts';
import { watchStalls } from './stalls.ts';
import { restartUnrip } from './variants/engine.ts';
import type { Running } from './variants/running.ts';
import { startVariant, type VariantContext } from './variants/start.ts';
import { verifyRun } from './verify.ts';

export type Bench = Omit<VariantContext, 'against'> & {
  /** Of the database that history-writer writes. */
  readonly readerUrl: string;
};

/** Answers come within milliseconds: after so long one does not come any more. */
const PATIENCE_MS = 5_000;
/** The middle of the simulated Kraken's book, about. */
const EUR_PER_BTC = 38_900;
const MIN_DEADLINE_MS = 60_000;
const PROBES_MAX = 50;
const PROBE_PATIENCE_MS = 400;

/** What all runs of a measurement share. */
const COMMON = {
  eurPerBtc: EUR_PER_BTC,
  minDeadlineMs: MIN_DEADLINE_MS,
  foreignPerS: 0,
  patienceMs: PATIENCE_MS,
} as const;

export async function measure(name: VariantName, round: number, bench: Bench): Promise<Measured> {
  const { settings } = bench;
  const dir = join(bench.dir, `${name}-${round + 1}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const context = { ...bench, dir, against: settings.against };
  const prefix = `bench-${round + 1}-${name}`;
  const generator = await startGenerator(dir);
  const sent: Sent = { quotes: 0, answers: 0 };
  const counted: Generator = {
    ...generator,
    async run(request) {
      const result = await generator.run(request);
      sent.quotes += request.count;
      sent.answers += answeredIn(result);
      return result;
    },
  };
  try {
    const variant = await startVariant(name, generator.url, context);
    let measured: Measured;
    try {
      await generator.subscribers(1);
      measured = await measureWith({ generator: counted, variant, name, prefix, settings });
    } finally {
      await variant.stop();
    }
    if (!isEngine(name)) return measured;
    const checkout = name === 'other' ? settings.against : null;
    return { ...measured, arrived: await arrivedOf(context, { ...sent, prefix, checkout }) };
  } finally {
    await generator.stop();
  }
}

type Sent = { quotes: number; answers: number };

type Ran = Sent & { readonly prefix: string; readonly checkout: string | null };

/** An engine that had no Kafka runs again with one first: what it recorded meanwhile is in its journal. */
async function arrivedOf(
  context: VariantContext & Bench,
  { prefix, quotes, answers, checkout }: Ran,
): Promise<Arrived> {
  const { accountId, readerUrl, settings } = context;
  const wait = () => waitArrived(readerUrl, { accountId, prefix, quotes, answers });
  if (settings.kafka) return await wait();
  const again = await restartUnrip(context, checkout);
  try {
    return await wait();
  } finally {
    await again.stop();
  }
}

type Measurement = {
  readonly generator: Generator;
  readonly variant: Running;
  readonly name: VariantName;
  readonly prefix: string;
  readonly settings: BenchSettings;
};

async function measureWith({ generator, variant, name, prefix, settings }: Measurement): Promise<Measured> {
  const { quotes, warmUp, ratePerS } = settings;
  await untilAnswered(generator, prefix);
  const pace: RunRequest['pace'] = ratePerS === null ? { kind: 'closed', unanswered: 1 } : { kind: 'open', ratePerS };
  const common = { ...COMMON, pace };
  if (warmUp > 0) await generator.run({ ...common, prefix: `${prefix}-warm`, count: warmUp });
  const stalls = variant.service === null ? null : await watchStalls(variant.service.control);
  const before = loadOf(variant.pid);
  let after = before;
  const result = await generator.run({
    ...common,
    prefix,
    count: quotes,
    onEnded() {
      after = loadOf(variant.pid);
    },
  });
  const stallMs = (await stalls?.stop()) ?? null;
  const maker = { prefix, eurPerBtc: EUR_PER_BTC };
  const { signatures, faults } = verifyRun(result, { count: quotes, maker }, name !== 'echo');
  const latenciesUs = result.latenciesUs.filter((latency) => latency >= 0);
  if (latenciesUs.length === 0) throw new Error(`${name} answered none of ${quotes} quotes`);
  return {
    latenciesUs,
    latenessUs: result.latenessUs,
    cpuUs: before === null || after === null ? null : after.cpuUs - before.cpuUs,
    residentBytes: after?.residentBytes ?? null,
    stallMs,
    arrived: null,
    signatures,
    faults,
  };
}

/** One quote at a time until one is answered: an engine that has just been armed may still be opening its nonces. */
async function untilAnswered(generator: Generator, prefix: string): Promise<void> {
  for (let probe = 1; probe <= PROBES_MAX; probe++) {
    const result = await generator.run({
      ...COMMON,
      prefix: `${prefix}-probe-${probe}`,
      count: 1,
      pace: { kind: 'open', ratePerS: 1 },
      patienceMs: PROBE_PATIENCE_MS,
    });
    if (answeredIn(result) > 0) return;
  }
  throw new Error(`no answer to any of ${PROBES_MAX} quotes sent one after the other`);
}

const answeredIn = ({ latenciesUs }: RunResult): number => latenciesUs.filter((latency) => latency >= 0).length;
