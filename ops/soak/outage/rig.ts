// What trades while something is away: a venue, an engine and a history-writer, on a database of their own.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { ControlRefusal } from '../../harness/control-client.ts';
import { throwAwayKey } from '../../harness/key.ts';
import { endsOfTopics, prepare, type Services } from '../../harness/prepare.ts';
import { type Service, startEngine, startHistoryWriter } from '../../harness/service.ts';
import { seededPrng } from '../../sim/tape/prng.ts';
import { dropDatabase } from '../../stack/postgres/databases.ts';
import { waitFor } from '../../testing/wait.ts';
import { type History, readHistory, untilCaughtUp } from '../kill/history.ts';
import { arm, ENGINE_ENV } from '../kill/run.ts';
import { startVenue, type Venue } from '../kill/venue.ts';

export type RigOptions = {
  readonly services: Services;
  /** Of this rig alone; empty or not there. */
  readonly dir: string;
  readonly ratePerS: number;
  readonly seed: number;
};

export type Rig = {
  readonly venue: Venue;
  /** One that is healthy and armed. */
  startEngine(env?: Readonly<Record<string, string>>): Promise<Service>;
  /** All that Kafka has, once it is in PostgreSQL. */
  history(): Promise<History>;
  close(): Promise<void>;
};

/** Enough that no quote of a run is refused for what the others promise. */
const BALANCES = { [BTC.id]: 100_000_000n, [EURE.id]: 40_000n * 10n ** 18n };
const FOREIGN_TRADE_MS = 10_000;
const HEALTHY_LIMIT_MS = 120_000;
/** Asked at most until some are answered. */
const QUOTES_MAX = 2_000;
const ANSWERED_LIMIT_MS = 60_000;

export async function startRig({ services, dir, ratePerS, seed }: RigOptions): Promise<Rig> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const run = crypto.randomUUID().slice(0, 8);
  const accountId = `outage-${run}.near`;
  const [group, database] = [`unrip-outage-${run}`, `outage_${run}`];
  const { kafkaBrokers } = services;
  const endings: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    const urls = await prepare(services, { database, group });
    endings.push(() => dropDatabase(services, database));
    const key = throwAwayKey(join(dir, 'key.json'), accountId);
    const taken = { takeEvery: Number.POSITIVE_INFINITY, prng: seededPrng(seed) };
    const venue = startVenue({ accountId, publicKey: key.publicKey, balances: BALANCES, ratePerS, ...taken });
    endings.push(() => venue.close());
    // A venue that trades nothing for minutes would be a fault of its own, and nothing is asked once the time is over.
    const others = setInterval(() => venue.tellForeignTrade(), FOREIGN_TRADE_MS);
    endings.push(async () => clearInterval(others));
    const writer = await startHistoryWriter({ dir, accountId, kafkaBrokers, database: urls, group });
    endings.push(() => writer.stop());
    await writer.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
    return {
      venue,
      async startEngine(env = {}) {
        const engine = await startEngine({
          ...{ dir, accountId, kafkaBrokers, keyFile: key.file, urls: venue.world.urls },
          env: { ...ENGINE_ENV, ...env },
        });
        endings.push(() => engine.kill());
        await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
        await arm(engine);
        return engine;
      },
      async history() {
        await untilCaughtUp(urls.reader, group, await endsOfTopics(kafkaBrokers));
        return await readHistory(urls.reader, accountId);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether the engine says that it can do its work. */
export async function isReady({ control }: Service): Promise<boolean> {
  try {
    await control.get('/healthz');
    return true;
  } catch (error) {
    if (error instanceof ControlRefusal && error.status === 503) return false;
    throw error;
  }
}

/** What was asked meanwhile, and how many of it were answered. */
export type Asked = { readonly quoteIds: readonly string[]; readonly answered: number };

/** @param asking asks at the venue */
export async function askedBy(venue: Venue, asking: () => Promise<void>): Promise<Asked> {
  const before = { asked: venue.asked.size, events: venue.events.length };
  await asking();
  const quoteIds = [...venue.asked.keys()].slice(before.asked);
  return { quoteIds, answered: answeredIn(venue, before) };
}

/** Asks until so many of what it asks are answered; fails when they are not. */
export async function untilAnswered(venue: Venue, count: number): Promise<void> {
  const before = { asked: venue.asked.size, events: venue.events.length };
  const isEnough = (): boolean => answeredIn(venue, before) >= count;
  await venue.ask(QUOTES_MAX, () => !isEnough());
  await waitFor(isEnough, { what: `${count} answers`, limitMs: ANSWERED_LIMIT_MS });
}

/** Answers since then to what was asked since then. */
function answeredIn(venue: Venue, since: { readonly asked: number; readonly events: number }): number {
  const asked = new Set([...venue.asked.keys()].slice(since.asked));
  return venue.events.slice(since.events).filter((event) => event.kind === 'answered' && asked.has(event.quoteId))
    .length;
}

/** All that were answered since the start. */
export const answeredIds = ({ events }: Venue): readonly string[] =>
  events.flatMap((event) => (event.kind === 'answered' ? [event.quoteId] : []));
