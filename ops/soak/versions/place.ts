// Where processes of two versions run: one Kafka, one venue, one state directory of the engine, and two databases.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';
import { throwAwayKey } from '../../harness/key.ts';
import { startPart } from '../../harness/part.ts';
import type { Services } from '../../harness/prepare.ts';
import { type Service, startEngine, startHistoryWriter } from '../../harness/service.ts';
import { type Sim, startSim } from '../../harness/sim.ts';
import { createDatabase } from '../../stack/postgres/databases.ts';
import type { DatabaseUrls } from '../../stack/postgres/roles.ts';
import { lastLines } from '../../stack/process.ts';
import { within } from '../../testing/wait.ts';
import type { Rows } from './judge.ts';

type Version = 'older' | 'newer';
/** One that is upgraded with the processes, and one that stays as the older version made it. */
export type HistoryName = 'upgraded' | 'behind';

export type Ended = { readonly code: number; readonly said: string };

export type Place = {
  readonly brokers: string;
  readonly accountId: string;
  readonly sim: Sim;
  readonly databases: Readonly<Record<HistoryName, DatabaseUrls>>;
  /** On the one state directory, after the last one has ended. */
  startEngine(version: Version): Promise<Service>;
  startWriter(version: Version, history: HistoryName): Promise<Service>;
  /** Runs a command to its end, whatever that is. */
  command(version: Version, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended>;
  close(): Promise<void>;
};

export type PlaceOptions = {
  /** Of this run alone. */
  readonly dir: string;
  /** The checkout of the older version. */
  readonly older: string;
  readonly services: Services;
};

/** A command that should have refused and did not is ended then. */
const COMMAND_LIMIT_MS = 60_000;

export const groupOf = (history: HistoryName): string => `unrip-${history}`;

export async function openPlace({ dir, older, services }: PlaceOptions): Promise<Place> {
  const accountId = 'versions.near';
  const brokers = services.kafkaBrokers;
  const key = throwAwayKey(join(dir, 'key.json'), accountId);
  const databases = {
    upgraded: await createDatabase(services, 'upgraded'),
    behind: await createDatabase(services, 'behind'),
  };
  const sim = await startSim({ dir, accountId, publicKey: key.publicKey });
  const started: Service[] = [];
  let commands = 0;
  const checkoutOf = (version: Version) => (version === 'older' ? { checkout: older } : {});
  const keep = (service: Service): Service => {
    started.push(service);
    return service;
  };
  return {
    brokers,
    accountId,
    sim,
    databases,
    startEngine: async (version) =>
      keep(
        await startEngine({
          ...{ dir, accountId, keyFile: key.file, urls: sim.environment, kafkaBrokers: brokers },
          ...checkoutOf(version),
        }),
      ),
    async startWriter(version, history) {
      const own = join(dir, history);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const urls = databases[history];
      // The older version knows one role.
      const database = version === 'older' ? { ...urls, writer: urls.owner } : urls;
      const options = { dir: own, accountId, kafkaBrokers: brokers, database, group: groupOf(history) };
      return keep(await startHistoryWriter({ ...options, ...checkoutOf(version) }));
    },
    async command(version, args, env) {
      const name = `${version}-${args[0]}-${++commands}`;
      const part = startPart({ name, args, dir, env, ...checkoutOf(version) });
      try {
        const code = await within(part.exited, { what: `the end of ${name}`, limitMs: COMMAND_LIMIT_MS });
        return { code, said: lastLines(part.logPath) };
      } finally {
        await part.kill();
      }
    },
    async close() {
      for (const service of started.toReversed()) await service.kill();
      await sim.stop();
    },
  };
}

/** Whether at least so many quotes are settled in a history. */
export async function settledCount(databaseUrl: string): Promise<number> {
  return await withDatabase(databaseUrl, async (sql) => {
    const [row] = await sql<{ count: number }[]>`
      select count(distinct command_id)::integer as count from trade_execution_results where status = 'settled'`;
    return row?.count ?? 0;
  });
}

export async function readRows(databaseUrl: string): Promise<Rows> {
  return await withDatabase(databaseUrl, async (sql) => {
    const eventIds = new Map<string, readonly string[]>();
    for (const { name } of Object.values(TABLES)) {
      const [found] = await sql<{ there: boolean }[]>`select to_regclass(${name}) is not null as there`;
      if (found?.there !== true) continue;
      const rows = await sql.unsafe<{ event_id: string }[]>(`select event_id from ${name}`);
      eventIds.set(
        name,
        rows.map((row) => row.event_id),
      );
    }
    const letters = await sql<{ origin: string; value: string | null }[]>`
      select origin, value from dead_letters where service = 'history-writer'`;
    return { eventIds, dead: letters.map(({ origin, value }) => ({ origin, eventId: eventIdIn(value) })) };
  });
}

/** A record that was cut at its end has its id all the same. */
const eventIdIn = (value: string | null): string | null => /"event_id":"([^"]+)"/.exec(value ?? '')?.[1] ?? null;

/** Lets the history-writers of a group begin again at the start of every topic; none of them may run. */
export async function readAgain(databaseUrl: string, history: HistoryName): Promise<void> {
  await withDatabase(databaseUrl, async (sql) => {
    await sql`update consumer_offsets set next_offset = 0 where consumer_group = ${groupOf(history)}`;
  });
}

async function withDatabase<T>(url: string, work: (sql: ReturnType<typeof openDatabase>) => Promise<T>): Promise<T> {
  const sql = openDatabase(url, { name: 'unrip-soak', connections: 1, statementTimeoutMs: null });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
