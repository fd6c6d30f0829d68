// One life of an engine in a chain of kills: started, held against the records, armed, at work on quotes, and dead.

import { BTC, EURE } from '../../../contracts/assets.ts';
import { ControlRefusal } from '../../harness/control-client.ts';
import type { Service } from '../../harness/service.ts';
import { waitFor, within } from '../../testing/wait.ts';
import type { Kill } from './stages.ts';
import { untilGone, type Venue } from './venue.ts';

export type Cycle = {
  readonly kill: Kill;
  readonly venue: Venue;
  /** Quotes that were answered, and are asked once more. */
  readonly again: readonly string[];
  start(): Promise<Service>;
  /** Called when the engine is healthy, before it has signed anything. */
  ready(engine: Service): Promise<void>;
};

export type Killed = {
  /** Null: it ended at its place. Otherwise what it did instead. */
  readonly missed: string | null;
  readonly answers: number;
  /** Quotes whose answers the relay received and held the acknowledgement of back. */
  readonly unacknowledged: readonly string[];
};

const HEALTHY_LIMIT_MS = 60_000;
/** It trades without: the history-writer reports every few seconds, which would be most of the life of an engine. */
const UNHEARD: readonly string[] = ['history.history_unknown'];
/** Asked at most before a place has to be met. */
const QUOTES_MAX = 900;
/** Before something is taken or pulled. */
const QUOTES_FIRST = 30;
const MEET_LIMIT_MS = 20_000;
const KILLED = 128 + 9;

export async function dieOnce(cycle: Cycle): Promise<Killed> {
  const { kill, venue } = cycle;
  const { relay } = venue.world;
  const before = venue.answers().length;
  const engine = kill.stage === 'during recovery' ? await dieAtStart(cycle) : await dieAtWork(cycle);
  await untilGone(venue.world);
  const answers = venue.answers().slice(before);
  relay.faults.holdAcks(false);
  // While no engine hears of it.
  if (kill.stage === 'between send and acknowledgement') {
    for (const asset of [BTC.id, EURE.id]) venue.take(answers, asset);
  }
  const isOwed = kill.stage === 'between send and acknowledgement';
  const unacknowledged = isOwed ? answers.slice(engine.answersBeforeHold).map(({ quoteId }) => quoteId) : [];
  return { missed: engine.missed, answers: answers.length, unacknowledged };
}

type Death = { readonly missed: string | null; readonly answersBeforeHold: number };

const AT_ITS_PLACE: Death = { missed: null, answersBeforeHold: 0 };

/** Null: it was at its place before it listened, as where it settles at its start what was taken while no engine ran. */
async function started({ start }: Cycle): Promise<Service | null> {
  return await start().catch((error: unknown) => {
    if (error instanceof Error && error.message.includes(`ended with ${KILLED}`)) return null;
    throw error;
  });
}

async function dieAtStart(cycle: Cycle): Promise<Death> {
  const { kill } = cycle;
  const engine = await started(cycle);
  if (engine === null) return AT_ITS_PLACE;
  // Where nothing was open there is little to recover, and few records: then it ends when all of that is over.
  if (kill.at === null) await Bun.sleep(kill.afterMs);
  else await Promise.race([engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS), engine.exited]).catch(() => {});
  if (engine.exitCode() === null) process.kill(engine.pid, 'SIGUSR2');
  return { missed: await missedBy(engine), answersBeforeHold: 0 };
}

async function dieAtWork(cycle: Cycle): Promise<Death> {
  const { kill, venue, again, ready } = cycle;
  const before = venue.answers().length;
  const engine = await started(cycle);
  if (engine === null) return AT_ITS_PLACE;
  const over = engine.exited.then(() => 'over' as const);
  // Nor does a place of settlements have to wait until it is ready.
  const isReady = await Promise.race([
    engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS, UNHEARD).then(() => ready(engine)),
    over,
  ]).catch(async (error: unknown) => {
    // What an engine answers it has answered; a call that gets no answer is that of one that is at its end.
    if (error instanceof ControlRefusal) throw error;
    return await within(over, { what: 'the end of the engine', limitMs: MEET_LIMIT_MS }).catch(() => {
      throw error;
    });
  });
  if (isReady === 'over') return AT_ITS_PLACE;
  const runs = (): boolean => engine.exitCode() === null;
  venue.askAgain(again);
  let answersBeforeHold = 0;
  await venue.ask(QUOTES_FIRST, runs);
  if (kill.stage === 'between send and acknowledgement') {
    answersBeforeHold = await holdAndKill(venue, engine, kill.owed);
  } else if (kill.stage === 'during a pull') {
    await engine.control.post('/executor/pull', {}).catch(() => {});
  } else if (kill.stage === 'between settlement and result') {
    for (const asset of [BTC.id, EURE.id]) venue.take(venue.answers().slice(before), asset);
  }
  await venue.ask(QUOTES_MAX, runs);
  return { missed: await missedBy(engine), answersBeforeHold: Math.max(0, answersBeforeHold - before) };
}

/** Gives how many answers the venue had before acknowledgements were held back. */
async function holdAndKill(venue: Venue, engine: Service, owed: number): Promise<number> {
  // What is held from here on is owed: answers under way are acknowledged before.
  await waitFor(() => venue.answers().length > 0, { what: 'an answer', limitMs: MEET_LIMIT_MS });
  venue.world.relay.faults.holdAcks(true);
  const answered = venue.answers().length;
  await venue.ask(QUOTES_MAX, () => engine.exitCode() === null && venue.answers().length - answered < owed);
  process.kill(engine.pid, 'SIGUSR2');
  return answered;
}

/** One that has not met its place is ended all the same. */
async function missedBy(engine: Service): Promise<string | null> {
  const end = { what: 'the end of the engine', limitMs: MEET_LIMIT_MS };
  const code = await within(engine.exited, end).catch(() => null);
  if (code !== null) return code === KILLED ? null : `it ended with ${code}`;
  const shown = await Promise.all(
    ['/healthz', '/strategy/state', '/executor/state'].map((path) => shownBy(engine, path)),
  );
  await engine.kill();
  return shown.join('; ');
}

const shownBy = (engine: Service, path: string): Promise<string> =>
  engine.control.get(path).then(
    (value) => JSON.stringify(value),
    (error: unknown) => String(error),
  );
