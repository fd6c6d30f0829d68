// The engine's process: configuration, the real clock, randomness, log and control API around one engine; start, and one way
// to end. `./unrip engine` runs it.

import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PAIR } from '../contracts/assets.ts';
import { EngineState } from '../contracts/control/engine-state.ts';
import { machineClock } from '../contracts/runtime/clock.ts';
import { renderProblems } from '../contracts/runtime/config/load.ts';
import { controlTokenOf } from '../contracts/runtime/config/secret-file.ts';
import { createControlApp } from '../contracts/runtime/control/app.ts';
import { controlToken } from '../contracts/runtime/control/auth.ts';
import { startControl } from '../contracts/runtime/control/bridge.ts';
import { shown } from '../contracts/runtime/control/route.ts';
import { createLog, type Log } from '../contracts/runtime/log/log.ts';
import { withoutSecrets } from '../contracts/runtime/log/redact.ts';
import { stdoutLog } from '../contracts/runtime/log/stdout.ts';
import { startLoopDelay } from '../contracts/runtime/process/event-loop-lag.ts';
import { EXIT } from '../contracts/runtime/process/exit.ts';
import { createHealth, type Health } from '../contracts/runtime/process/health.ts';
import { createMetrics } from '../contracts/runtime/process/metrics.ts';
import { writeOwnFile } from '../contracts/runtime/process/own-file.ts';
import { createPartReports } from '../contracts/runtime/process/part-reports.ts';
import { createShutdown, watchFaults } from '../contracts/runtime/process/shutdown.ts';
import { prepareStateDir } from '../contracts/runtime/process/state-dir.ts';
import { version } from '../package.json';
import { KafkaSettingsRefused } from './bus/kafka-link.ts';
import { createEngineControl } from './control/create-control.ts';
import { gaugesOf } from './control/gauges.ts';
import { healthLooks, STARTING_REASONS } from './control/health.ts';
import { engineRoutes } from './control/routes.ts';
import { tradingOf } from './control/trading.ts';
import { createEngine, type Engine } from './engine.ts';
import { JournalRefused } from './journal/problems.ts';
import type { Random } from './model/ports.ts';
import { drainEnded } from './observe/events.ts';
import { registerEngineMetrics } from './observe/metrics.ts';
import { GAP_LIMIT_MS } from './safety/process-gap.ts';
import { loadSettings, type Settings } from './startup/settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

const machineRandom: Random = {
  fill: (bytes) => {
    crypto.getRandomValues(bytes);
  },
  fraction: () => Math.random(),
};

/** Kafka's client takes threads of Bun's pool while brokers are away; file syncs go through the same pool. */
const THREADS_MIN = 8;

/** The drain keeps to its own limit; the process waits a little longer for it before it gives up. */
const DRAIN_GRACE_MS = 2000;

/** Runs until the process is told to end; gives the exit code. Bad configuration goes to stderr. */
export async function runEngine(env: Env, directory: string, stallLimitMs = GAP_LIMIT_MS): Promise<number> {
  const loaded = loadSettings(env, directory);
  for (const warning of loaded.warnings) process.stderr.write(`engine: ${warning}\n`);
  if (!loaded.ok) return refuse(renderProblems('engine', loaded.problems));
  const stateDir = prepareStateDir('STATE_DIR', loaded.settings.config.stateDir);
  if (!stateDir.ok) return refuse(renderProblems('engine', [stateDir.problem]));
  if (stateDir.note !== null) process.stderr.write(`engine: ${stateDir.note}\n`);
  const config = { ...loaded.settings.config, stateDir: stateDir.path };
  const settings = { ...loaded.settings, config };
  const token =
    config.controlToken === null ? controlTokenOf(config.stateDir) : { ok: true as const, text: config.controlToken };
  if (!token.ok) return refuse(renderProblems('engine', [token.problem]));

  const stdout = stdoutLog();
  const log = createLog({
    service: 'engine',
    component: 'main',
    level: config.logLevel,
    namespace: config.namespace,
    destination: stdout.destination,
    secrets: [...settings.secrets, token.text],
    pair: PAIR,
  });
  try {
    return await serve({ settings, token: token.text, log, env, stallLimitMs });
  } catch (error) {
    if (error instanceof KafkaSettingsRefused) {
      const fix = 'take that setting out, or correct its value.';
      const problem = { variable: 'KAFKA_CONFIG_JSON', problem: error.message, shape: null, fix };
      return refuse(renderProblems('engine', [problem]));
    }
    if (error instanceof JournalRefused) {
      log.error('journal_refused', { detail: error.message });
      process.stderr.write(`engine: ${error.message}\n`);
    } else {
      log.error('engine_failed', { failure: error });
      const detail = error instanceof Error ? error.message : 'unknown error';
      process.stderr.write(`engine: could not go on: ${withoutSecrets(detail, settings.secrets)}\n`);
    }
    return 1;
  } finally {
    await stdout.flush();
  }
}

function refuse(text: string): number {
  process.stderr.write(text);
  return EXIT.config;
}

type Service = {
  readonly settings: Settings;
  readonly token: string;
  readonly log: Log;
  readonly env: Env;
  readonly stallLimitMs: number;
};

async function serve({ settings, token, log, env, stallLimitMs }: Service): Promise<number> {
  const { config } = settings;
  const engine = createEngine({
    settings,
    clock: machineClock,
    random: machineRandom,
    log,
    version,
    newUuid: randomUUID,
    later: (run) => {
      setImmediate(run);
    },
    stallLimitMs,
  });
  const otherAccount = engine.parts.recovered.accountId;
  if (otherAccount !== config.account) {
    await engine.parts.journal.abandon();
    const problem = {
      variable: 'STATE_DIR',
      problem: `holds the journal of ${otherAccount}, not of ${config.account}`,
      shape: null,
      fix: 'give each account a state directory of its own.',
    };
    return refuse(renderProblems('engine', [problem]));
  }

  let stopReporting: () => void = () => {};
  const shutdown = createShutdown({
    drain: async (why) => {
      stopReporting();
      log.info('drain_begun', { why, limit_ms: config.drainLimitMs });
      drainEnded(log, await engine.drain(config.drainLimitMs));
      return 0;
    },
    limitMs: config.drainLimitMs + DRAIN_GRACE_MS,
    onLimit: () => log.error('drain_limit_reached', { limit_ms: config.drainLimitMs }),
    onFault: (error) => log.error('drain_failed', { failure: error }),
    host: process,
  });

  // A throw outside of every guard is a fault of ours: no further promise, an orderly end, and a supervisor starts us anew.
  const faults = watchFaults(process, {
    onEach: (error) => log.error('process_faulted', { failure: error }),
    onFirst: () => {
      engine.parts.stops.stop('process_faulted');
      void shutdown.begin('process_faulted');
    },
  });

  const { app, health, stopWatching } = controlOf(engine, log, (by) => void shutdown.begin(`drain by ${by}`));
  const listening = await startControl({
    app,
    tokens: [controlToken('operator', token)],
    host: config.controlHost,
    port: config.controlPort,
    log: log.child('control'),
    timers: machineClock,
  });
  if (!listening.ok) {
    await engine.parts.journal.abandon();
    return refuse(renderProblems('engine', [listening.problem]));
  }
  const controlFile = join(config.stateDir, 'control.json');
  writeOwnFile(controlFile, `${JSON.stringify({ pid: process.pid, url: listening.url })}\n`);
  log.info('control_listening', { url: listening.url });
  if (Number(env['UV_THREADPOOL_SIZE'] ?? 4) < THREADS_MIN) {
    log.warn('thread_pool_small', {
      detail: 'an unreachable Kafka broker holds threads of the pool that journal syncs need',
      fix: `start through ./unrip, or set UV_THREADPOOL_SIZE=${THREADS_MIN}`,
    });
  }

  await engine.start();
  stopReporting = reportHealth(engine, health, log);
  const code = await shutdown.ended;
  stopWatching();
  await listening.stop();
  if (isOurs(controlFile)) rmSync(controlFile, { force: true });
  shutdown.release();
  faults.release();
  return faults.faulted() ? 1 : code;
}

/** The state directory may be that of another engine by now. */
function isOurs(controlFile: string): boolean {
  try {
    return readFileSync(controlFile, 'utf8').startsWith(`{"pid":${process.pid},`);
  } catch {
    return false;
  }
}

function controlOf(engine: Engine, log: Log, drain: (by: string) => void) {
  const { parts } = engine;
  const { config } = parts.settings;
  const loopDelay = startLoopDelay(machineClock);
  const health = createHealth({
    service: 'engine',
    instanceId: parts.instanceId,
    version,
    timers: machineClock,
    parts: healthLooks(parts),
    trading: () => tradingOf(parts),
  });
  const metrics = createMetrics({
    service: 'engine',
    version,
    startedAtMs: parts.startedAtMs,
    loopDelay,
  });
  registerEngineMetrics(metrics, parts.observer.counts, () => gaugesOf(parts, health.now()));
  const control = createEngineControl(engine.parts, drain);
  const app = createControlApp({
    service: 'engine',
    version,
    host: config.controlHost,
    health,
    loopDelay,
    metrics,
    state: shown(EngineState, () => control.state()),
    routes: engineRoutes(control),
    audit(action) {
      const atMs = machineClock.nowMs();
      engine.record({ kind: 'control', eventId: engine.newEventId(atMs), atMs, payload: action });
    },
    newId: () => engine.newEventId(machineClock.nowMs()),
    log: log.child('control'),
    timers: machineClock,
  });
  return { app, health, stopWatching: () => loopDelay.stop() };
}

/** Publishes health, and logs what changed in it. */
function reportHealth(engine: Engine, health: Health, log: Log): () => void {
  const reportParts = createPartReports({ log, clock: machineClock, starting: STARTING_REASONS });
  return health.report((payload) => {
    const atMs = machineClock.nowMs();
    engine.note({ kind: 'health', eventId: engine.newEventId(atMs), atMs, payload });
    reportParts(health.now().parts);
  });
}
