// Common runtime of a process: state directory, log, health, control API, metrics, shutdown. Engine and sidecars run through
// it; what differs is their `Program`. sidecar.ts adds what all sidecars have in common.

import { getPriority, setPriority } from 'node:os';
import type { Registry } from 'prom-client';
import { isoTime } from '../../time.ts';
import type { OpsControlAction, ServiceName } from '../../topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../topics/ops-service-health.ts';
import { type Clock, machineClock } from '../clock.ts';
import type { ControlRoute, Shown } from '../control/route.ts';
import type { Log } from '../log/log.ts';
import { serveControlApi } from './control-api.ts';
import { createEnding } from './ending.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { startLoopDelay } from './health/event-loop-lag.ts';
import { createHealth, type Health, type PartHealth, type TradingHealth, type WritingState } from './health/health.ts';
import { createHealthReports } from './health/reports.ts';
import { createMetrics } from './metrics.ts';
import { type Prepared, prepareProcess } from './prepare.ts';
import { type KnownFailure, refuseConfig, reportFailure } from './refusal.ts';

/** What every process reads from its environment. */
export type ProcessConfig = {
  readonly stateDir: string;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly controlToken: string | null;
  readonly drainLimitMs: number;
  readonly logLevel: string;
  readonly namespace: string;
};

export type ProcessOptions = {
  readonly service: ServiceName;
  readonly version: string;
  readonly config: ProcessConfig;
  /** Removed from every log line. */
  readonly secrets: readonly string[];
  /** `pair` of log lines that name none. */
  readonly pair?: string;
  /** Lowest priority that the process may have, 1 to 19: it is lowered to that, never raised. */
  readonly niceness?: number;
  /** Errors that end the process and whose cause is known; others are reported with their message. */
  readonly explain?: (error: unknown) => KnownFailure | null;
  /** Errors from outside of every guard that are known to harm nothing. */
  readonly isHarmless?: (error: unknown) => boolean;
};

/** What a program is made from. */
export type ProcessBase = {
  readonly log: Log;
  readonly timers: Clock;
  readonly metrics: Registry;
  /** Absolute; not always what STATE_DIR names. */
  readonly stateDir: string;
  /** Of the whole process; not before the program is made. */
  health(): Health;
  /** Begins to end the process. */
  requestEnd(why: string): void;
};

/** What a process is, apart from what all have in common. */
export type Program = {
  readonly instanceId: string;
  readonly parts: Readonly<Record<string, () => PartHealth>>;
  /** Reasons of its parts that each clean start passes through: no warning for these until a start is over. */
  readonly startingReasons: ReadonlySet<string>;
  readonly trading?: () => TradingHealth;
  readonly writing?: () => WritingState;
  /** Everything of GET /state. */
  readonly state: Shown;
  readonly routes: readonly ControlRoute[];
  newId(): string;
  /** Records an action of the control API, before its answer leaves. */
  audit(action: OpsControlAction): void;
  /** Records health: at each change and every few seconds. */
  noteHealth(payload: OpsServiceHealth): void;
  /** Called once the control API listens; not at all when the process is to end by then. */
  start(): void | Promise<void>;
  /** Runs before the drain when something threw outside of every guard. */
  onFault?(): void;
  /** Ends the work within the limit; nothing of it may run on. */
  drain(drain: Drain): Promise<void>;
  /** Releases what is still open; the last call. @param started whether `start` was called */
  release(started: boolean): Promise<void>;
};

export type Drain = {
  readonly limitMs: number;
  /** Health is recorded until this is called, at the latest until the drain is over. */
  stopHealth(): void;
};

/**
 * Runs a process until it is ended by a signal, a drain or an error; gives the exit code, reports problems itself.
 * @param make makes the program and starts nothing; throws ConfigRefused when the configuration cannot be used
 */
export async function runProcess(
  options: ProcessOptions,
  make: (base: ProcessBase) => Program | Promise<Program>,
): Promise<ExitCode> {
  const { service, niceness, explain = () => null } = options;
  if (niceness !== undefined && getPriority() < niceness) setPriority(niceness);
  const preparation = prepareProcess(options);
  if (!preparation.ok) return refuseConfig(service, [preparation.problem]);
  const { prepared } = preparation;
  const { log, secrets } = prepared;
  try {
    return await run(options, prepared, make);
  } catch (error) {
    return reportFailure(error, { service, log, secrets, explain });
  } finally {
    await prepared.stdout.flush();
  }
}

async function run(
  options: ProcessOptions,
  prepared: Prepared,
  make: (base: ProcessBase) => Program | Promise<Program>,
): Promise<ExitCode> {
  const { service, version, config } = options;
  const { log, stateDir } = prepared;
  const timers = machineClock;
  const loopDelay = startLoopDelay(timers);
  const metrics = createMetrics({ service, version, startedAtMs: timers.nowMs(), loopDelay });
  const requestEnd = (why: string): void => ending.begin(why);
  const base: ProcessBase = { log, timers, metrics, stateDir, health: () => health, requestEnd };
  const program = await make(base);
  const { instanceId, parts, writing, trading } = program;
  const health = createHealth({ service, instanceId, version, timers, parts, writing, trading });
  const reports = createHealthReports({ health, program, log, clock: timers });
  const ending = createEnding({
    log,
    limitMs: config.drainLimitMs,
    drain: (limitMs) => program.drain({ limitMs, stopHealth: reports.stop }),
    onFault: () => program.onFault?.(),
    isHarmless: options.isHarmless ?? (() => false),
  });
  let started = false;
  let drained: ExitCode;
  try {
    const stopControl = await serveControlApi({ options, prepared, base, program, health, loopDelay });
    try {
      if (!ending.begun()) {
        started = true;
        await program.start();
      }
      if (!ending.begun()) reports.start();
      drained = await ending.ended;
    } finally {
      await stopControl();
    }
  } finally {
    // A failure must not cut off a drain that a signal began meanwhile.
    if (ending.begun()) await ending.ended;
    reports.stop();
    loopDelay.stop();
    await program.release(started);
    ending.release();
  }
  const code = ending.faulted() ? EXIT.failure : drained;
  log.info('ended', { code, at: isoTime(timers.nowMs()) });
  return code;
}
