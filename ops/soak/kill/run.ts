// One kill run: an engine that answers 2,000 quotes is stopped in the middle, by kill -9 or by SIGTERM, while the relay owes it
// the acknowledgement of at least ten answers; it is started again on the same state, armed again, and goes on. Quotes settle
// all the while, two of the unacknowledged ones while no engine runs. Everything is then held against history.
// Chance (amounts, which quotes are taken, the moment of the stop) comes from a seed; how the processes are scheduled does not.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { ControlRefusal } from '../../harness/control-client.ts';
import { throwAwayKey } from '../../harness/key.ts';
import { endsOfTopics, prepare, type Services } from '../../harness/prepare.ts';
import { type Service, startEngine, startHistoryWriter } from '../../harness/service.ts';
import { type Prng, seededPrng } from '../../sim/tape/prng.ts';
import { dropDatabase } from '../../stack/postgres/databases.ts';
import { exposureOf } from './exposure.ts';
import { readHistory, untilCaughtUp, untilEnded } from './history.ts';
import { journalEnd } from './journal-end.ts';
import { type CleanStop, type Finding, judge, type StopSignal } from './judge.ts';
import { startVenue, untilGone, type Venue } from './venue.ts';

export type KillOptions = {
  readonly services: Services;
  /** Of this run alone; empty or not there. */
  readonly dir: string;
  readonly seed: number;
  readonly signal: StopSignal;
  readonly quotes?: number;
  readonly ratePerS?: number;
  /** Of answers, before the stop and after it. */
  readonly answersMin?: number;
  readonly progress?: (line: string) => void;
};

export type KillReport = {
  readonly seed: number;
  readonly signal: StopSignal;
  /** How many quotes had been asked when the engine was stopped. */
  readonly stoppedAt: number;
  readonly answersBefore: number;
  readonly answersAfter: number;
  readonly unacknowledged: number;
  readonly settled: number;
  /** From the stop until the engine was armed again. */
  readonly downMs: number;
  /** Of an asset's balance, at the worst moment. */
  readonly mostExposedPct: number;
  readonly findings: readonly Finding[];
};

const QUOTES = 2_000;
const RATE_PER_S = 200;
const ANSWERS_MIN = 800;
const UNACKNOWLEDGED_MIN = 10;
/** Asked while the engine is away or not armed yet. */
const WHILE_DOWN = 40;
const TAKE_EVERY = 150;
/** About 18 EUR of either asset: lanes that forgot what they promised before the stop would promise more than is there. */
export const BALANCES = { [BTC.id]: 46_000n, [EURE.id]: 18n * 10n ** 18n };
const HEALTHY_LIMIT_MS = 60_000;
/** Deadlines of the short quotes are 13 s after the answer; a final block behind that, and the records on their way. */
const ENDS_LIMIT_MS = 40_000;
/** What a busy machine's disk is behind by is no matter here: a killed process loses nothing that it wrote. */
export const ENGINE_ENV = { INVENTORY_POLL_MS: '500', DRAIN_LIMIT_MS: '4000', JOURNAL_MAX_SYNC_LAG_MS: '60000' };

export async function killRun(options: KillOptions): Promise<KillReport> {
  const { services, dir, seed, signal, progress = () => {} } = options;
  const { quotes = QUOTES, ratePerS = RATE_PER_S, answersMin = ANSWERS_MIN } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const prng = seededPrng(seed);
  const run = crypto.randomUUID().slice(0, 12);
  const accountId = `kill-${run}.near`;
  const group = `unrip-kill-${run}`;
  const database = `kill_${run.replace('-', '_')}`;
  const endings: (() => Promise<unknown>)[] = [];
  try {
    progress(`seed ${seed}, ${signal}: topics, database, venue, history-writer, engine`);
    const urls = await prepare(services, { database, group });
    endings.push(() => dropDatabase(services, database));
    const key = throwAwayKey(join(dir, 'key.json'), accountId);
    const { publicKey } = key;
    const venue = startVenue({ accountId, publicKey, balances: BALANCES, ratePerS, takeEvery: TAKE_EVERY, prng });
    endings.push(() => venue.close());
    const { kafkaBrokers } = services;
    const historyWriter = await startHistoryWriter({ dir, accountId, kafkaBrokers, database: urls, group });
    endings.push(() => historyWriter.stop());
    await historyWriter.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
    const engineOptions = {
      dir,
      accountId,
      kafkaBrokers,
      keyFile: key.file,
      urls: venue.world.urls,
      env: ENGINE_ENV,
    };
    const bringUp = async (): Promise<Service> => {
      const engine = await startEngine(engineOptions);
      endings.push(() => engine.kill());
      await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
      return engine;
    };

    const first = await bringUp();
    await arm(first);
    const stop = await askUntilStopped(venue, first, { signal, quotes, answersMin, prng, progress });
    const whileDown = venue.ask(WHILE_DOWN);
    const second = await bringUp();
    const restart = await disarmedStart(second);
    await arm(second);
    const downMs = Math.round(performance.now() - stop.atMs);
    await whileDown;
    const answersBefore = stop.answers;
    progress(`armed again after ${downMs} ms; ${answersBefore} answers before the stop`);
    await venue.ask(quotes - stop.stoppedAt);
    await venue.ask(quotes, () => venue.answers().length - answersBefore < answersMin);

    progress('waiting for the ends of the quotes whose deadlines pass');
    const short = venue.answers().filter(({ quoteId }) => venue.asked.get(quoteId)?.isShort === true);
    const shortIds = short.map(({ quoteId }) => quoteId);
    const unended = await untilEnded(urls.reader, { accountId, quoteIds: shortIds, limitMs: ENDS_LIMIT_MS });
    const last: CleanStop = { exitCode: await second.stop(), ...journalEnd(second.stateDir) };
    await untilCaughtUp(urls.reader, group, await endsOfTopics(kafkaBrokers));

    const answers = venue.answers();
    const answersAfter = answers.length - answersBefore;
    const findings = judge({
      signal,
      before: answersBefore,
      after: answersAfter,
      answersMin,
      unacknowledgedMin: UNACKNOWLEDGED_MIN,
      answers,
      unacknowledged: stop.unacknowledged,
      lost: new Set(),
      balances: BALANCES,
      events: venue.events,
      settled: [...venue.settled],
      unended,
      cleanStops: [...stop.clean, last],
      restart,
      history: await readHistory(urls.reader, accountId),
    });
    const unacknowledged = stop.unacknowledged.length;
    const settled = venue.settled.size;
    const mostExposedPct = Math.max(...Object.values(exposureOf(venue.events, BALANCES).worstPct));
    const counts = { answersBefore, answersAfter, unacknowledged, settled, downMs, mostExposedPct };
    return { seed, signal, stoppedAt: stop.stoppedAt, ...counts, findings };
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

export async function arm({ control }: Service): Promise<void> {
  await control.post('/strategy/arm', { forever: true });
  await control.post('/executor/arm', { forever: true, fresh_account: true });
}

/** Whether a started engine is armed, and what it says to an arming that does not vouch for the account. */
export async function disarmedStart({
  control,
}: Service): Promise<{ readonly armed: boolean; readonly armStatus: number }> {
  const state = (await control.get('/executor/state')) as { readonly arm: { readonly armed: boolean } };
  const armStatus = await control.post('/executor/arm', { forever: true }).then(
    () => 200,
    (error: unknown) => (error instanceof ControlRefusal ? error.status : 0),
  );
  return { armed: state.arm.armed, armStatus };
}

type Stopped = {
  readonly stoppedAt: number;
  readonly atMs: number;
  readonly answers: number;
  readonly unacknowledged: readonly string[];
  readonly clean: readonly CleanStop[];
};

/** Asks up to a moment somewhere before the middle, holds acknowledgements back until enough are owed, and stops the engine. */
async function askUntilStopped(
  venue: Venue,
  engine: Service,
  plan: {
    readonly signal: StopSignal;
    readonly quotes: number;
    readonly answersMin: number;
    readonly prng: Prng;
    readonly progress: (line: string) => void;
  },
): Promise<Stopped> {
  const { signal, quotes, answersMin, prng, progress } = plan;
  const { relay } = venue.world;
  const middle = Math.floor(quotes / 2);
  const holdFrom = middle - prng.between(Math.floor(quotes / 40), Math.floor(quotes / 20));
  const owedMin = UNACKNOWLEDGED_MIN + prng.below(30);
  progress(`asking; acknowledgements are held back from quote ${holdFrom} on until ${owedMin} are owed`);
  await venue.ask(holdFrom);
  // On a busy machine the engine is behind the requests, or declines some while it catches up.
  await venue.ask(quotes, () => venue.answers().length < answersMin);

  const answered = venue.answers().length;
  relay.faults.holdAcks(true);
  await venue.ask(middle - holdFrom, () => venue.answers().length - answered < owedMin);
  const stoppedAt = venue.asked.size;
  const atMs = performance.now();
  const exitCode = await (signal === 'SIGKILL' ? engine.kill() : engine.stop());
  await untilGone(venue.world);
  const owed = venue.answers().slice(answered);
  relay.faults.holdAcks(false);

  // While no engine hears of it.
  const takenNow = [BTC.id, EURE.id].filter((asset) => venue.take(owed, asset)).length;
  progress(`${signal} at quote ${stoppedAt}: ${owed.length} answers unacknowledged, ${takenNow} of them settled now`);
  return {
    stoppedAt,
    atMs,
    answers: venue.answers().length,
    // One that the relay refused at once was held back as well, and is as open to the engine as the others.
    unacknowledged: owed.map(({ quoteId }) => quoteId),
    clean: signal === 'SIGTERM' ? [{ exitCode, ...journalEnd(engine.stateDir) }] : [],
  };
}
