// The whole system for one run: simulators, history-writer and engine, and the other sidecars when they are asked for, as real processes
// over a Kafka and a PostgreSQL that are up already, each run with an account, a key, a token, a database and directories of its own. What was started is
// stopped in reverse order, whatever goes wrong in between.

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseUrls } from '../stack/postgres/roles.ts';
import { type ThrowAwayKey, throwAwayKey } from './key.ts';
import { prepare, type Services } from './prepare.ts';
import { type Service, startEngine, startHistoryWriter, startLiquidityManager, startOpsSentinel } from './service.ts';
import { type Sim, type SimOptions, startSim } from './sim.ts';
import { endStale } from './stale.ts';

const HEALTHY_LIMIT_MS = 60_000;

type Environment = Readonly<Record<string, string>>;

/** Further variables of each. */
export type SidecarEnvironments = { readonly liquidityManager: Environment; readonly opsSentinel: Environment };
export type Sidecars = { readonly liquidityManager: Service; readonly opsSentinel: Service };

export type RigOptions = {
  /** Of this rig alone; logs, state, key and token lie in it. */
  readonly dir: string;
  readonly services: Services;
  /** Beginning of the account's name. */
  readonly label: string;
  /** Of the database, which is dropped first; one of this run's own when left out. */
  readonly database?: string;
  /** False: engine and history-writer come up, disarmed. */
  readonly armed: boolean;
  readonly balances?: NonNullable<SimOptions['balances']>;
  readonly relayToken?: string;
  readonly engineEnv?: Readonly<Record<string, string>>;
  readonly historyWriterEnv?: Readonly<Record<string, string>>;
  /** Left out: neither runs. */
  readonly sidecars?: SidecarEnvironments;
  /** Called with what is being done. */
  readonly progress?: (line: string) => void;
  /** Stops the start half-way. */
  readonly signal?: AbortSignal;
};

export type Rig = {
  readonly dir: string;
  readonly accountId: string;
  readonly key: ThrowAwayKey;
  readonly services: Services;
  readonly database: DatabaseUrls;
  readonly sim: Sim;
  readonly historyWriter: Service;
  /** Null: they were not asked for. */
  readonly sidecars: Sidecars | null;
  /** The one that was started last. */
  engine(): Service;
  /** Starts an engine on the same state, after the last one has ended; it is disarmed, as at every start. */
  startEngine(): Promise<Service>;
  /** Waits until the engine can do its job, then arms strategy and executor. */
  arm(): Promise<void>;
  /** Stops what still runs, the last first. Does it once, however often it is called. */
  stop(): Promise<void>;
};

/** Starts everything and waits until it is healthy, and armed when asked for. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const { dir, services, label, armed, progress = () => {}, signal } = options;
  const run = randomBytes(6).toString('hex');
  const accountId = `${label}-${run}.near`;
  const group = `unrip-${label}-${run}`;
  const endings: (() => Promise<unknown>)[] = [];
  /** Noted in the order of the calls, so that parts that start side by side stop in a known order all the same. */
  const begin = <Started extends Stoppable>(launch: () => Promise<Started>): Promise<Started> => {
    if (stopping) throw new Error('the rig is being stopped');
    const launched = launch();
    endings.push(async () => await (await launched.catch(() => null))?.stop());
    return launched;
  };
  let stopping = false;
  const stop = once(() => {
    stopping = true;
    return endAll(endings);
  });
  const interrupted = interruption(signal);

  const bringUp = async (): Promise<Rig> => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const one of await endStale([dir])) progress(`stopped ${one}, left over from an earlier run`);
    progress('simulators, topics and a fresh database');
    const key = throwAwayKey(join(dir, 'key.json'), accountId);
    const { publicKey } = key;
    const { balances = null, relayToken = null, kafkaBrokers } = { ...options, ...services };
    const simulated = {
      ...(balances === null ? {} : { balances }),
      ...(relayToken === null ? {} : { relayToken }),
    };
    const name = options.database ?? `${label}_${run}`;
    const [database, sim] = await all([
      prepare(services, { database: name, group }),
      begin(() => startSim({ dir, accountId, publicKey, ...simulated })),
    ]);
    signal?.throwIfAborted();

    progress('history-writer and engine');
    const { engineEnv = {}, historyWriterEnv: env = {} } = options;
    const launchEngine = () =>
      begin(() =>
        startEngine({ dir, keyFile: key.file, accountId, urls: sim.environment, kafkaBrokers, env: engineEnv }),
      );
    // The writer comes second, so that the engine listens when it tells for the first time that history is being written,
    // and ends second, so that it writes what the engine publishes last: its end is noted first.
    const listening = Promise.withResolvers<Service>();
    const writing = begin(async () => {
      await listening.promise;
      return await startHistoryWriter({ dir, accountId, kafkaBrokers, database, group, env });
    });
    const launching = launchEngine();
    launching.then(listening.resolve, listening.reject);
    const [historyWriter, firstEngine] = await all([writing, launching]);
    let engine: Service = firstEngine;
    const around = { dir, accountId, kafkaBrokers, sim, engine: firstEngine, begin };
    const sidecars = options.sidecars === undefined ? null : await startSidecars(options.sidecars, around);
    const rig: Rig = {
      dir,
      accountId,
      key,
      services,
      database,
      sim,
      historyWriter,
      sidecars,
      engine: () => engine,
      async startEngine() {
        engine = await launchEngine();
        return engine;
      },
      arm: () => armEngine(engine),
      stop,
    };

    progress('waiting until both are healthy');
    await historyWriter.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
    await engine.control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
    if (armed) await rig.arm();
    return rig;
  };

  try {
    return await Promise.race([bringUp(), interrupted.promise]);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    interrupted.release();
  }
}

type Begin = <Started extends Stoppable>(launch: () => Promise<Started>) => Promise<Started>;

type Around = {
  readonly dir: string;
  readonly accountId: string;
  readonly kafkaBrokers: string;
  readonly sim: Sim;
  readonly engine: Service;
  readonly begin: Begin;
};

/** After the engine, whose address the liquidity-manager has to know. */
async function startSidecars(given: SidecarEnvironments, { sim, engine, begin, ...common }: Around): Promise<Sidecars> {
  const reserving = { ENGINE_CONTROL_URL: engine.url, ENGINE_CONTROL_TOKEN_FILE: engine.tokenFile };
  const env = { ...reserving, ...given.liquidityManager };
  const [liquidityManager, opsSentinel] = await all([
    begin(() => startLiquidityManager({ ...common, urls: sim.environment, env })),
    begin(() => startOpsSentinel({ ...common, env: given.opsSentinel })),
  ]);
  return { liquidityManager, opsSentinel };
}

async function armEngine({ control }: Service): Promise<void> {
  await control.waitHealthy('/healthz', HEALTHY_LIMIT_MS);
  await control.post('/strategy/arm', { forever: true });
  await control.post('/executor/arm', { forever: true, fresh_account: true });
}

type Stoppable = { stop(): Promise<unknown> };

/** Rejects when the signal says so; `release` takes the listener away again. */
function interruption(signal: AbortSignal | undefined): { readonly promise: Promise<never>; release(): void } {
  const raised = Promise.withResolvers<never>();
  const raise = (): void => raised.reject(signal?.reason);
  if (signal?.aborted === true) raise();
  signal?.addEventListener('abort', raise, { once: true });
  return { promise: raised.promise, release: () => signal?.removeEventListener('abort', raise) };
}

/** Waits for all of them also when one fails, so that nothing starts behind the back of who cleans up. */
async function all<const Works extends readonly Promise<unknown>[]>(
  works: Works,
): Promise<{ -readonly [Index in keyof Works]: Awaited<Works[Index]> }> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work();
    return done;
  };
}

/** The last first; one that fails does not keep the others from ending. */
async function endAll(endings: (() => Promise<unknown>)[]): Promise<void> {
  const faults: unknown[] = [];
  for (const end of endings.toReversed()) await end().catch((error: unknown) => faults.push(error));
  if (faults.length > 0) throw new AggregateError(faults, `not everything could be stopped: ${faults.join('; ')}`);
}
