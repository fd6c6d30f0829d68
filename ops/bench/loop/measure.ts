// One measurement: a fresh generator and a fresh variant, quotes to warm up, and then those that count.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../../harness/service.ts';
import { loadOf, type ProcessLoad } from '../process-load.ts';
import { type Arrived, waitArrived } from './arrived.ts';
import { type Switched, startFlood, timeSwitches } from './flood-run.ts';
import { type Generator, type RunRequest, startGenerator } from './generator/client.ts';
import type { RunResult } from './generator/protocol.ts';
import type { Measured } from './report.ts';
import { isEngine, type VariantName } from './settings.ts';
import { watchStalls } from './stalls.ts';
import { restartUnrip } from './variants/engine.ts';
import type { Running } from './variants/running.ts';
import { startVariant, type VariantContext } from './variants/start.ts';
import { verifyRun } from './verify.ts';

export type Bench = Omit<VariantContext, 'against'> & {
  readonly progress: (line: string) => void;
  /** Of the database that history-writer writes. */
  readonly readerUrl: string;
};

/** Answers come within milliseconds: after so long one does not come any more. */
const PATIENCE_MS = 5_000;
/** The middle of the simulated Kraken's book, about. */
const EUR_PER_BTC = 38_900;
const MIN_DEADLINE_MS = 60_000;
/** The maximum that an engine allows without its margin, less the time that it takes to send them. */
const LIVE_DEADLINE_MS = 570_000;
const LIVE_UNANSWERED = 32;
const TAIL_S = 1.5;
const TAIL_RATE = 100;
const TAIL_PATIENCE_MS = 300;
const PROBES_MAX = 50;
const PROBE_PATIENCE_MS = 400;
const RUNS_MAX = 3;

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
  const checkout = name === 'other' ? settings.against : null;
  const generator = await startGenerator(dir);
  const sent: Sent = { quotes: 0, answers: 0, shed: 0 };
  const counted: Generator = {
    ...generator,
    async run(request) {
      const result = await generator.run(request);
      sent.quotes += result.sent;
      sent.answers += answeredIn(result);
      return result;
    },
  };
  try {
    const variant = await startVariant(name, generator.url, context);
    let measured: Measured;
    try {
      await generator.subscribers(1);
      const settle = async () => (settings.kafka ? await arrivedOf(context, { ...sent, prefix, checkout }) : null);
      measured = await measureWith({ generator: counted, variant, name, prefix, settle, bench });
      if (variant.service !== null) sent.shed = await shedOf(variant.service);
      // After a burst there may be more to publish than a drain has time for.
      if (isEngine(name)) await settle();
    } finally {
      await variant.stop();
    }
    if (!isEngine(name)) return measured;
    return { ...measured, arrived: await arrivedOf(context, { ...sent, prefix, checkout }) };
  } finally {
    await generator.stop();
  }
}

type Sent = { quotes: number; answers: number; shed: number };

type Ran = Sent & { readonly prefix: string; readonly checkout: string | null };

/** An engine that had no Kafka runs again with one first: what it recorded meanwhile is in its journal. */
async function arrivedOf(
  context: VariantContext & Bench,
  { prefix, quotes, answers, shed, checkout }: Ran,
): Promise<Arrived> {
  const { accountId, readerUrl, settings } = context;
  const wait = () => waitArrived(readerUrl, { accountId, prefix, quotes, answers, shed });
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
  readonly settle: Live['settle'];
  readonly bench: Bench;
};

async function measureWith({ generator, variant, name, prefix, settle, bench }: Measurement): Promise<Measured> {
  const { settings, progress } = bench;
  const { quotes, warmUp, ratePerS, foreignPerS } = settings;
  const { service } = variant;
  await untilAnswered(generator, service, prefix);
  const faults = service === null ? [] : await makeLive(generator, service, { prefix, live: settings.live, settle });
  const pace: RunRequest['pace'] = ratePerS === null ? { kind: 'closed', unanswered: 1 } : { kind: 'open', ratePerS };
  const common = { ...COMMON, pace, foreignPerS };
  const flood = service === null || settings.flood === 0 ? null : startFlood(service, settings.flood);
  if (warmUp > 0) await generator.run({ ...common, prefix: `${prefix}-warm`, count: warmUp });
  // Neither what it has still to publish of them nor the compiler is a part of what is measured.
  if (warmUp > 0 && service !== null) await settle();
  const stalls = service === null ? null : await watchStalls(service.control);
  const run = await untilMeasured(generator, variant, { prefix, request: { ...common, count: quotes }, progress });
  const { result, before, after } = run;
  const stallMs = (await stalls?.stop()) ?? null;
  const switched =
    flood === null || service === null ? null : await switchUnderLoad(generator, service, { prefix, common });
  const maker = { prefix: run.prefix, eurPerBtc: EUR_PER_BTC };
  const verified = verifyRun(result, { count: quotes, maker }, name !== 'echo');
  const latenciesUs = result.latenciesUs.filter((latency) => latency >= 0);
  return {
    latenciesUs,
    latenessUs: result.latenessUs,
    cpuUs: before === null || after === null ? null : after.cpuUs - before.cpuUs,
    residentBytes: after?.residentBytes ?? null,
    stallMs,
    arrived: null,
    flood: flood === null || switched === null ? null : { ...(await flood.stop()), ...switched },
    signatures: verified.signatures,
    faults: [...faults, ...run.faults, ...verified.faults],
  };
}

type Repeatable = {
  readonly prefix: string;
  readonly request: Omit<RunRequest, 'prefix'>;
  readonly progress: Bench['progress'];
};

type MeasuredRun = {
  readonly result: RunResult;
  readonly prefix: string;
  /** Of the variant; null: not known on this system. */
  readonly before: ProcessLoad | null;
  readonly after: ProcessLoad | null;
  readonly faults: readonly string[];
};

/**
 * A run of which nothing was answered measures nothing: for as long as it took, the engine held back, of a disk that was behind, say.
 * That is said, and once it answers again the run is repeated, a few times at most.
 */
async function untilMeasured(
  generator: Generator,
  { pid, service }: Running,
  { prefix, request, progress }: Repeatable,
): Promise<MeasuredRun> {
  const faults: string[] = [];
  for (let times = 1; times <= RUNS_MAX; times++) {
    const ranAs = times === 1 ? prefix : `${prefix}-run-${times}`;
    const before = loadOf(pid);
    let after = before;
    const onEnded = (): void => {
      after = loadOf(pid);
    };
    const result = await generator.run({ ...request, prefix: ranAs, onEnded });
    if (answeredIn(result) > 0) return { result, prefix: ranAs, before, after, faults };
    faults.push(`0 of ${request.count} quotes were answered`);
    progress(`none of ${request.count} quotes was answered${await reasonsOf(service)}`);
    await untilAnswered(generator, service, `${ranAs}-after`);
  }
  throw new Error(`none of ${request.count} quotes was answered in any of ${RUNS_MAX} runs${await reasonsOf(service)}`);
}

/** Why an engine answered nothing, as it says itself. */
async function reasonsOf(service: Service | null): Promise<string> {
  if (service === null) return '';
  const { strategy, executor } = (await service.control.get('/state')) as {
    strategy?: { rejected_by_reason?: unknown };
    executor?: { stopped?: unknown; errors_by_code?: unknown };
  };
  const { stopped, errors_by_code: errors } = executor ?? {};
  return `: ${JSON.stringify({ rejected: strategy?.rejected_by_reason, stopped, errors })}`;
}

/** Requests that an overloaded engine let go, as it says itself; a checkout to compare with may be older than that. */
async function shedOf({ control }: Service): Promise<number> {
  const { ingest } = (await control.get('/state')) as { ingest?: { backlog?: { shed?: number } } };
  return ingest?.backlog?.shed ?? 0;
}

type Live = {
  readonly prefix: string;
  readonly live: number;
  /** Waits until what they left behind has arrived, and the machine is quiet again. */
  readonly settle: () => Promise<unknown>;
};

const LIVE_LINE = /^unrip_quotes_open(?:\{[^}]*\})? ([0-9.e+]+)$/m;

/** Quotes that live far longer than the run takes. @returns what is wrong */
async function makeLive(
  generator: Generator,
  { control }: Service,
  { prefix, live, settle }: Live,
): Promise<readonly string[]> {
  if (live === 0) return [];
  const pace = { kind: 'closed', unanswered: LIVE_UNANSWERED } as const;
  const lasting = { ...COMMON, minDeadlineMs: LIVE_DEADLINE_MS, pace };
  await generator.run({ ...lasting, prefix: `${prefix}-live`, count: live });
  await settle();
  const open = Number(LIVE_LINE.exec(String(await control.get('/metrics')))?.[1] ?? 0);
  return open >= live ? [] : [`${open} quotes of ${live} were live when it was measured`];
}

type Tail = {
  readonly prefix: string;
  readonly common: Omit<RunRequest, 'prefix' | 'count'>;
};

/** While quotes go on: those that come while it is disarmed have no answer, and nobody waits for one. */
async function switchUnderLoad(generator: Generator, service: Service, { prefix, common }: Tail): Promise<Switched> {
  const pace = common.pace.kind === 'open' ? common.pace : { kind: 'open' as const, ratePerS: TAIL_RATE };
  const count = Math.ceil(pace.ratePerS * TAIL_S);
  const tail = generator.run({ ...common, pace, prefix: `${prefix}-tail`, count, patienceMs: TAIL_PATIENCE_MS });
  try {
    return await timeSwitches(service);
  } finally {
    await tail;
  }
}

/** One quote at a time until one is answered: an engine that has just been armed may still be opening its nonces. */
async function untilAnswered(generator: Generator, service: Service | null, prefix: string): Promise<void> {
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
  throw new Error(`no answer to any of ${PROBES_MAX} quotes sent one after the other${await reasonsOf(service)}`);
}

const answeredIn = ({ latenciesUs }: RunResult): number => latenciesUs.filter((latency) => latency >= 0).length;
