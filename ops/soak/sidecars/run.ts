// One run of kills: history-writer, liquidity-manager and ops-sentinel as processes over a Kafka and a PostgreSQL of the run's own. Each
// of the five is ended by kill -9 at random instants under load, three times of five while it has work pending, and started again.
// Chance comes from a seed; how the processes are scheduled does not.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LiquidityManagerState } from '../../../contracts/control/liquidity-manager.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';
import { throwAwayKey } from '../../harness/key.ts';
import { endsOfTopics, prepare } from '../../harness/prepare.ts';
import { type Service, startHistoryWriter, startLiquidityManager, startOpsSentinel } from '../../harness/service.ts';
import { type Prng, seededPrng } from '../../sim/tape/prng.ts';
import { startWorld } from '../../sim/world.ts';
import { startOwnKafka } from '../../testing/own-kafka.ts';
import { startOwnPostgres } from '../../testing/own-postgres.ts';
import { waitFor } from '../../testing/wait.ts';
import { untilCaughtUp } from '../kill/history.ts';
import type { Finding } from '../kill/judge.ts';
import { type Follower, followAll } from './follower.ts';
import { judge } from './judge.ts';
import { type Load, startLoad } from './load.ts';
import { countCredited, countRows, readRows } from './rows.ts';

export const TARGETS = ['history-writer', 'liquidity-manager', 'ops-sentinel', 'PostgreSQL', 'Kafka'] as const;
type Target = (typeof TARGETS)[number];

export type SidecarKillOptions = {
  /** Of this run alone; empty or not there. */
  readonly dir: string;
  readonly seed: number;
  /** Of each target. */
  readonly kills: number;
  readonly progress?: (line: string) => void;
};

export type SidecarKillReport = {
  readonly seed: number;
  /** By target: at random instants, and of those that were to meet work, how many did. */
  readonly kills: Readonly<Record<Target, { readonly random: number; readonly busy: number }>>;
  readonly events: number;
  readonly findings: readonly Finding[];
};

/** Before a kill at a random instant, and of one that meets work after it has begun. */
const INSTANT_MAX_MS = 1_500;
const AT_WORK_MAX_MS = 250;
const AT_WORK_TRIES = 10;
const BURST = 600;
const WAIT_MS = 120_000;
const MANAGER_ENV = {
  FUNDING_POLL_MS: '200',
  FUNDING_BTC_CONFIRMATIONS: '1',
  FUNDING_GNOSIS_CONFIRMATIONS: '3',
  TREASURY_ASSETS: 'nep141:btc.omft.near,nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near',
};
/** Nobody else runs here. */
const SENTINEL_ENV = { ALERT_KEEP_MS: '500', ALERT_SERVICES: 'history-writer' };

export async function killSidecars(options: SidecarKillOptions): Promise<SidecarKillReport> {
  const { dir, seed, kills, progress = () => {} } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const prng = seededPrng(seed);
  const endings: (() => Promise<unknown> | unknown)[] = [];
  try {
    progress(`seed ${seed}: Kafka, PostgreSQL, world, sidecars`);
    const place = await bringUp(dir, endings);
    const counts = emptyCounts();
    for (const [index, { target, isBusy }] of planOf(kills, prng).entries()) {
      const wasBusy = await killOnce(place, { target, isBusy, prng });
      if (!isBusy) counts[target].random += 1;
      else if (wasBusy) counts[target].busy += 1;
      progress(`${index + 1}: ${target}${isBusy ? ' at work' : ''}`);
    }
    progress('waiting for what is unfinished');
    return { seed, kills: counts, ...(await settle(place)) };
  } finally {
    for (const end of endings.toReversed()) await end();
  }
}

const emptyCounts = () =>
  Object.fromEntries(TARGETS.map((target) => [target, { random: 0, busy: 0 }])) as Record<
    Target,
    { random: number; busy: number }
  >;

type Planned = { readonly target: Target; readonly isBusy: boolean };

/** Every target as often, three times of five at work, in an order of the seed's. */
export function planOf(kills: number, prng: Prng): readonly Planned[] {
  const all = TARGETS.flatMap((target) =>
    Array.from({ length: kills }, (_, index): Planned => ({ target, isBusy: (index % 5) % 2 === 0 })),
  );
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = prng.below(at + 1);
    const [one, two] = [all[at], all[other]];
    if (one !== undefined && two !== undefined) [all[at], all[other]] = [two, one];
  }
  return all;
}

type Servers = { kill(): Promise<void>; start(): Promise<void> };

type Place = {
  readonly brokers: string;
  readonly group: string;
  readonly readerUrl: string;
  readonly load: Load;
  readonly follower: Follower;
  readonly services: Record<'history-writer' | 'liquidity-manager' | 'ops-sentinel', Service>;
  readonly starts: Readonly<Record<keyof Place['services'], () => Promise<Service>>>;
  readonly servers: Readonly<Record<'PostgreSQL' | 'Kafka', Servers>>;
};

async function bringUp(dir: string, endings: (() => unknown)[]): Promise<Place> {
  const kafka = await startOwnKafka();
  endings.push(() => kafka.remove());
  const postgres = await startOwnPostgres(join(dir, 'postgres'));
  endings.push(() => postgres.remove());
  const { brokers } = kafka;
  const run = crypto.randomUUID().slice(0, 8);
  const accountId = `sidecars-${run}.near`;
  const group = `unrip-sidecars-${run}`;
  const services = { kafkaBrokers: brokers, kafkaKind: 'kafka', adminUrl: postgres.adminUrl } as const;
  const database = await prepare(services, { database: `sidecars_${run}`, group });
  const { publicKey } = throwAwayKey(join(dir, 'key.json'), accountId);
  const world = startWorld({ account: { accountId, publicKey }, bitcoinBlockMs: 1_000, gnosisBlockMs: 300 });
  endings.push(() => world.close());
  const common = { dir, accountId, kafkaBrokers: brokers };
  const starts = {
    'history-writer': () => startHistoryWriter({ ...common, database, group, env: { HISTORY_BATCH_RECORDS: '200' } }),
    'liquidity-manager': () => startLiquidityManager({ ...common, urls: world.urls, env: MANAGER_ENV }),
    'ops-sentinel': () => startOpsSentinel({ ...common, env: SENTINEL_ENV }),
  };
  const follower = await followAll(brokers);
  endings.push(() => follower.close());
  const started = {
    'history-writer': await starts['history-writer'](),
    'liquidity-manager': await starts['liquidity-manager'](),
    'ops-sentinel': await starts['ops-sentinel'](),
  };
  for (const name of Object.keys(started) as (keyof typeof started)[]) endings.push(() => started[name].kill());
  await waitFor(async () => (await managerState(started['liquidity-manager'])).deposit_addresses.every(isActive), {
    what: 'the deposit addresses',
    limitMs: WAIT_MS,
  });
  const load = startLoad({
    brokers,
    accountId,
    world,
    alerts: () => follower.alerts(),
    waitFor: async (what, condition) => void (await waitFor(condition, { what, limitMs: WAIT_MS })),
  });
  endings.push(() => load.close());
  return {
    brokers,
    group,
    readerUrl: database.reader,
    load,
    follower,
    services: started,
    starts,
    servers: { PostgreSQL: postgres, Kafka: kafka },
  };
}

const managerState = async ({ control }: Service): Promise<LiquidityManagerState> =>
  (await control.get('/state')) as LiquidityManagerState;
const isActive = ({ status }: { readonly status: string }): boolean => status === 'active';

/** @returns whether it had work pending when it was killed */
async function killOnce(place: Place, { target, isBusy, prng }: Planned & { readonly prng: Prng }): Promise<boolean> {
  let wasBusy = false;
  if (isBusy) {
    // One that has just done its work is given more.
    for (let tries = 0; tries < AT_WORK_TRIES && !wasBusy; tries += 1) {
      giveWork(place.load, target);
      await Bun.sleep(prng.below(AT_WORK_MAX_MS));
      wasBusy = await hasWork(place, target);
    }
  } else await Bun.sleep(prng.below(INSTANT_MAX_MS));
  if (target === 'PostgreSQL' || target === 'Kafka') {
    await place.servers[target].kill();
    await place.servers[target].start();
  } else {
    await place.services[target].kill();
    place.services[target] = await place.starts[target]();
  }
  return wasBusy;
}

function giveWork(load: Load, target: Target): void {
  if (target === 'liquidity-manager') load.deposit();
  else if (target === 'ops-sentinel') load.getStuck();
  else load.burst(BURST);
}

async function hasWork({ load, readerUrl, services }: Place, target: Target): Promise<boolean> {
  switch (target) {
    case 'ops-sentinel':
      return load.unraised() > 0;
    case 'Kafka':
      return load.unacknowledged() > 0;
    case 'liquidity-manager': {
      const { credited_deposits: credited } = await managerState(services[target]);
      return credited.length < load.deposited.length;
    }
    default: {
      const rows = await countRows(readerUrl, TABLES['norm.swap_demand'].name);
      return rows === null || rows < load.demands.acknowledged;
    }
  }
}

/** Ends the load, waits until every process has done its part, and holds what there is against what there has to be. */
async function settle(place: Place): Promise<Pick<SidecarKillReport, 'events' | 'findings'>> {
  const { load, follower, services, brokers, group, readerUrl } = place;
  await load.finish();
  const areCredited = async (): Promise<boolean> => {
    const state = await managerState(services['liquidity-manager']);
    return state.credit_correlation.credited >= load.deposited.length && state.pending_credits.length === 0;
  };
  await waitFor(areCredited, { what: 'every deposit to be credited', limitMs: WAIT_MS });
  // The bridge may credit a deposit before its chain was read again, after a kill.
  const areSeen = async (): Promise<boolean> => ((await countCredited(readerUrl)) ?? 0) >= load.deposited.length;
  await waitFor(areSeen, { what: 'every deposit to be seen on its chain', limitMs: WAIT_MS });
  await services['ops-sentinel'].stop();
  await services['liquidity-manager'].stop();
  await follower.readTo(await endsOfTopics(brokers));
  const produced = byTable(follower);
  // The history-writer goes on publishing what it says of itself, and the follower may be ahead of the ends that it was to reach: what
  // it has read by now lies below the ends of now.
  await untilCaughtUp(readerUrl, group, await endsOfTopics(brokers));
  const rows = await readRows(readerUrl);
  await follower.readTo(await endsOfTopics(brokers));
  const findings = judge({
    produced,
    known: byTable(follower),
    acknowledged: load.acknowledged,
    rows,
    alerts: follower.alerts(),
    episodes: load.episodes,
    deposited: load.deposited,
  });
  const events = [...produced.values()].reduce((sum, ids) => sum + ids.size, 0);
  return { events, findings };
}

/** Copies of the sets as they are now. */
const byTable = (follower: Follower): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(TOPICS.map(({ name }): [string, ReadonlySet<string>] => [TABLES[name].name, idsOf(follower, name)]));

const idsOf = (follower: Follower, topic: TopicName): ReadonlySet<string> => new Set(follower.ids().get(topic));
