// The whole engine in this process against the simulated world, over real sockets: its own state directory, account and
// throw-away key. Time may run faster than it does, for engine and world alike, so that limits of half a minute are met in a
// second; a broker that is not there is the default, since the engine owes its answers to none.

import { join } from 'node:path';
import { KeyPair } from '@near-js/crypto';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { renderProblems } from '../../../contracts/runtime/config/load.ts';
import { createLog } from '../../../contracts/runtime/log/log.ts';
import { createEngineControl } from '../../../engine/control/controls.ts';
import { createGates } from '../../../engine/control/gates.ts';
import { createEngine, type Engine } from '../../../engine/engine.ts';
import { loadSettings, type Settings } from '../../../engine/startup/settings.ts';
import { startWorld, type World, type WorldOptions } from '../../sim/world.ts';
import { type TempDir, tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { BREAKER_OUT_OF_REACH } from '../service.ts';

/** Generous: reconnects wait up to some seconds, and the machine may be busy. */
/** What is heard, or written, later than the short limits of a test allow. */
const OF_A_BUSY_MACHINE: ReadonlySet<string> = new Set([
  'price_stale',
  'inventory_stale',
  'process_stalled',
  'journal_behind',
]);
const READY_LIMIT_MS = 30_000;

export type Env = Readonly<Record<string, string>>;

/** Time that begins now and passes `speed` times as fast. */
export function fastClock(speed: number): Clock {
  const startMs = Date.now();
  const startedMs = performance.now();
  return {
    nowMs: () => Math.floor(startMs + (performance.now() - startedMs) * speed),
    elapsedUs: () => performance.now() * 1000 * speed,
    after(ms, run) {
      const timer = setTimeout(run, ms / speed);
      return () => clearTimeout(timer);
    },
    every(ms, run) {
      const timer = setInterval(run, ms / speed);
      return () => clearInterval(timer);
    },
  };
}

/** A port on which nothing listens. */
export function unusedPort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

export type Setting = {
  readonly world: World;
  readonly key: string;
  readonly publicKey: string;
  readonly accountId: string;
  readonly directory: TempDir;
  readonly stateDir: string;
  readonly env: Env;
  /** Asks every client of the relay for a quote. */
  ask(quoteId: string, over?: Readonly<Record<string, unknown>>, takeAfterMs?: number): void;
  close(): Promise<void>;
};

/** The world around one account, and the environment of an engine that trades it. */
export function makeSetting(clock: Clock, options: Partial<WorldOptions> = {}, env: Env = {}): Setting {
  const pair = KeyPair.fromRandom('ed25519');
  const publicKey = pair.getPublicKey().toString();
  const accountId = env['NEAR_ACCOUNT_ID'] ?? `maker-${crypto.randomUUID().slice(0, 8)}.near`;
  const directory = tempDir('engine');
  const stateDir = join(directory.path, 'state');
  const world = startWorld({
    account: { accountId, publicKey },
    balances: { [BTC.id]: 10_000_000n, [EURE.id]: 10n ** 21n },
    clock,
    stirMs: 100,
    ...options,
  });
  world.mine('near', 3);
  return {
    world,
    key: pair.toString(),
    publicKey,
    accountId,
    directory,
    stateDir,
    env: {
      ...world.urls,
      NEAR_ACCOUNT_ID: accountId,
      // What a busy machine's disk is behind by is no matter of these tests.
      JOURNAL_MAX_SYNC_LAG_MS: '60000',
      ...BREAKER_OUT_OF_REACH,
      NEAR_PRIVATE_KEY: pair.toString(),
      STATE_DIR: stateDir,
      KAFKA_BROKERS: `127.0.0.1:${unusedPort()}`,
      CONTROL_PORT: '0',
      INVENTORY_POLL_MS: '100',
      COINGECKO_POLL_MS: '100',
      DRAIN_LIMIT_MS: '2000',
      ...env,
    },
    ask(quoteId, over = {}, takeAfterMs) {
      const request = {
        quote_id: quoteId,
        defuse_asset_identifier_in: BTC.id as string,
        defuse_asset_identifier_out: EURE.id as string,
        exact_amount_in: '10000',
        min_deadline_ms: 60_000,
        min_wait_ms: 0,
        max_wait_ms: 60_000,
        ...over,
      };
      world.relay.ask(request, { shape: 'event', ...(takeAfterMs === undefined ? {} : { takeAfterMs }) });
    },
    async close() {
      await world.close();
      directory.remove();
    },
  };
}

export type RunningEngine = Setting & {
  /** What it runs in; goes on when the engine has ended. */
  readonly setting: Setting;
  readonly engine: Engine;
  readonly settings: Settings;
  readonly control: ReturnType<typeof createEngineControl>;
  readonly lines: string[];
  events(): string[];
  arm(): void;
  /** Every part can do its job; what Kafka and history say is left aside. */
  /** Quotes that `answered` and `until` have asked for. */
  asked(): number;
  ready(): Promise<void>;
  reasons(): readonly string[];
  /** The newest decision and how often each reason rejected. */
  reasonOf(quoteId: string): string | null;
  /** Asks under fresh ids until the strategy says this. */
  until(reason: string, fields?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Asks once, and waits until the relay has judged an answer to it. */
  answered(over?: Readonly<Record<string, unknown>>): Promise<string>;
};

export async function startEngineRig(
  over: { readonly speed?: number; readonly world?: Partial<WorldOptions>; readonly env?: Env } = {},
): Promise<RunningEngine> {
  const clock = fastClock(over.speed ?? 1);
  return await startEngineOn(makeSetting(clock, over.world, over.env), clock);
}

/** Starts an engine in a setting; also one more, on the state of one that has ended. */
export async function startEngineOn(setting: Setting, clock: Clock): Promise<RunningEngine> {
  const loaded = loadSettings(setting.env, null);
  if (!loaded.ok) throw new Error(renderProblems('engine', loaded.problems));
  const { settings } = loaded;
  const lines: string[] = [];
  const log = createLog({
    service: 'engine',
    component: 'main',
    level: 'debug',
    namespace: 'test',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const engine = createEngine({
    settings,
    clock,
    random: { fill: (bytes) => void crypto.getRandomValues(bytes), fraction: () => Math.random() },
    log,
    version: '0.0.0',
    newUuid: () => crypto.randomUUID(),
    later: (run) => void setImmediate(run),
    // A busy machine holds up a test for a moment, and the clock may run many times as fast.
    disk: {},
    stallLimitMs: 60_000,
  });
  const control = createEngineControl(engine.parts, createGates(engine.parts), () => {});
  await engine.start();
  let asked = 0;
  const reasons = () => control.state().reasons.filter((reason) => !/^(?:bus|history)\./.test(reason));
  const seen = new Map<string, string>();
  const note = (): void => {
    const latest = control.strategy.state().latest_decision;
    if (latest !== null) seen.set(latest.quote_id, latest.decision_reason);
  };
  const rig: RunningEngine = {
    ...setting,
    setting,
    engine,
    settings,
    control,
    lines,
    events: () => lines.map((line) => String(JSON.parse(line).event)),
    arm() {
      engine.parts.strategyArming.arm('test', null);
      engine.parts.executorArming.arm('test', null);
    },
    async ready() {
      // A lane takes quotes once its nonce is on disk.
      const lanes = 2 * settings.config.nonceLanes;
      const hasLanes = () => control.inventory.state().lanes.filter(({ current }) => current).length === lanes;
      const isReady = () => reasons().length === 0 && hasLanes();
      await waitFor(isReady, { what: 'every part to be healthy', limitMs: READY_LIMIT_MS }).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${reasons().join(', ')}`);
      });
    },
    reasons,
    reasonOf(quoteId) {
      note();
      return seen.get(quoteId) ?? null;
    },
    async until(reason, fields = {}) {
      const counts = new Map<string, number>();
      await waitFor(
        async () => {
          const quoteId = `until-${++asked}`;
          setting.ask(quoteId, fields);
          const given = await waitFor(() => rig.reasonOf(quoteId), { what: `a decision on ${quoteId}` });
          counts.set(given, (counts.get(given) ?? 0) + 1);
          return given === reason;
        },
        { what: `a decision with ${reason}`, limitMs: READY_LIMIT_MS },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; there were ${JSON.stringify(Object.fromEntries(counts))}`);
      });
    },
    asked: () => asked,
    async answered(fields = {}) {
      for (;;) {
        const quoteId = `answered-${++asked}`;
        setting.ask(quoteId, fields);
        const answer = await waitFor(
          () => setting.world.relay.answers().find((one) => one.quoteId === quoteId) ?? rejected(quoteId),
          { what: `an answer to ${quoteId}` },
        );
        if (answer === 'later') await rig.ready();
        else if (answer.verdict === 'accepted') return quoteId;
        else throw new Error(`${quoteId}: ${answer.reason} ${answer.detail}`);
      }
    },
    async close() {
      await engine.drain(200);
      await setting.close();
    },
  };
  /** A decision against it ends the wait at once; one that only a busy machine leads to is asked for again. */
  const rejected = (quoteId: string): 'later' | null => {
    const reason = rig.reasonOf(quoteId);
    if (reason === null || reason === 'accepted') return null;
    if (OF_A_BUSY_MACHINE.has(reason)) return 'later';
    throw new Error(`${quoteId} was not answered: ${reason}`);
  };
  return rig;
}
