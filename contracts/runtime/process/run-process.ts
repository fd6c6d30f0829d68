// Common runtime of a process: state directory, log, health, control API, metrics, shutdown. Engine and sidecars run through
// it; what differs is their `Program`. sidecar.ts adds what all sidecars have in common.

import { isoTime } from '../../time.ts';
import { machineClock } from '../clock.ts';
import { type ControlApi, serveControlApi } from './control-api.ts';
import { createEnding } from './ending.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { startLoopDelay } from './health/event-loop-lag.ts';
import { createHealth } from './health/health.ts';
import { createHealthReports } from './health/reports.ts';
import { createMetrics } from './metrics.ts';
import { type Prepared, prepareProcess } from './prepare.ts';
import type { ProcessBase, ProcessOptions, Program } from './program.ts';
import { refuseConfig, reportFailure } from './refusal.ts';
import { lowerProcess, ownPriority } from './scheduling/scheduling.ts';
import { takeSupervision } from './supervision/environment.ts';
import { createSupervisor } from './supervision/supervisor.ts';

/**
 * Runs a process until it is ended by a signal, a drain or an error; gives the exit code, reports problems itself.
 * @param make makes the program and starts nothing; throws ConfigRefused when the configuration cannot be used
 */
export async function runProcess(
  options: ProcessOptions,
  make: (base: ProcessBase) => Program | Promise<Program>,
): Promise<ExitCode> {
  const { service, niceness, explain = () => null } = options;
  if (niceness !== undefined) lowerProcess(process.pid, niceness);
  const preparation = prepareProcess(options);
  if (!preparation.ok) return refuseConfig(service, [preparation.problem]);
  const { prepared } = preparation;
  const { log, secrets } = prepared;
  log.info('process_priority', ownPriority());
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
  const supervision = takeSupervision();
  const loopDelay = startLoopDelay(timers);
  const metrics = createMetrics({
    ...{ service, version, startedAtMs: timers.nowMs(), loopDelay },
    onUnread(unread) {
      if (unread.size === 0) log.info('metrics_readable', {});
      else log.warn('metrics_unreadable', { failures: Object.fromEntries(unread) });
    },
  });
  const requestEnd = (why: string): void => ending.begin(why);
  const base: ProcessBase = { log, timers, metrics, stateDir, health: () => health, requestEnd };
  const program = await make(base);
  const { instanceId, parts, writing, trading, asOne } = program;
  let control: ControlApi | null = null;
  const health = createHealth({
    ...{ service, instanceId, version, timers, parts, writing, trading, asOne },
    onFailed: (part, failure) => log.error('health_check_failed', { part, failure }),
    controlNotes: () => [...(metrics.unread.length === 0 ? [] : ['metrics_unreadable']), ...(control?.notes() ?? [])],
  });
  const reports = createHealthReports({ health, program, log, clock: timers });
  const status = `${service} ${version} is running`;
  const supervisor = createSupervisor({ supervision, status, timers, log });
  const ending = createEnding({
    log,
    limitMs: config.drainLimitMs,
    drain(limitMs) {
      supervisor.stopping();
      return program.drain({ limitMs, stopHealth: reports.stop });
    },
    onFault: () => program.onFault?.(),
  });
  let started = false;
  let drained: ExitCode;
  try {
    control = await serveControlApi({ options, prepared, base, program, health, loopDelay });
    try {
      if (!ending.begun()) {
        started = true;
        await program.start();
      }
      if (!ending.begun()) {
        reports.start();
        supervisor.ready();
      }
      drained = await ending.ended;
    } finally {
      await control.stop();
    }
  } finally {
    // A failure must not cut off a drain that a signal began meanwhile.
    if (ending.begun()) await ending.ended;
    reports.stop();
    loopDelay.stop();
    await program.release(started);
    ending.release();
    supervisor.release();
  }
  const code = ending.faulted() ? EXIT.failure : drained;
  log.info('ended', { code, at: isoTime(timers.nowMs()) });
  return code;
}
