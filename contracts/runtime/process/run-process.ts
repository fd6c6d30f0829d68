// What every sidecar process stands on: log, health and its publication, control API with audit, metrics, one way to end.
// A sidecar brings its parts, state, routes and what it does; `runSidecar` gives the exit code when it has ended.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { type TProperties, Type } from '@sinclair/typebox';
import type { Registry } from 'prom-client';
import { shape, Text } from '../../control/shapes.ts';
import { isoTime } from '../../time.ts';
import type { ServiceName } from '../../topics/ops-control-action.ts';
import type { TopicName } from '../../topics/registry.ts';
import { type Clock, machineClock } from '../clock.ts';
import { type ConfigProblem, renderProblems } from '../config/load.ts';
import { controlTokenOf } from '../config/secret-file.ts';
import { createControlApp } from '../control/app.ts';
import { controlToken } from '../control/auth.ts';
import { startControl } from '../control/bridge.ts';
import type { ControlRoute } from '../control/route.ts';
import { renderEnvelope } from '../kafka/envelope.ts';
import type { Report } from '../kafka/producer.ts';
import { openRecordSender, type RecordSender } from '../kafka/record-sender.ts';
import { checkKafkaSettings, type KafkaSettings, kafkaSecrets } from '../kafka/settings.ts';
import { createLog, type Log } from '../log/log.ts';
import { stdoutLog } from '../log/stdout.ts';
import { isWriteAfterClose } from '../postgres/database.ts';
import { startLoopDelay } from './event-loop-lag.ts';
import { EXIT } from './exit.ts';
import { createHealth, type PartHealth, type WritingState } from './health.ts';
import { createMetrics } from './metrics.ts';
import { writeOwnFile } from './own-file.ts';
import { createPartReports } from './part-reports.ts';
import { createShutdown, watchFaults } from './shutdown.ts';
import { prepareStateDir } from './state-dir.ts';

/** What every sidecar reads from its environment. */
export type SidecarConfig = {
  readonly account: string;
  readonly kafkaBrokers: string;
  readonly kafkaConfig: Readonly<Record<string, unknown>>;
  readonly stateDir: string;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly controlToken: string | null;
  readonly drainLimitMs: number;
  readonly logLevel: string;
  readonly namespace: string;
};

/** What a sidecar is built from. */
export type SidecarBase = {
  readonly log: Log;
  readonly timers: Clock;
  readonly instanceId: string;
  readonly kafkaSettings: KafkaSettings;
  readonly topicPrefix: string;
  readonly sender: RecordSender;
  readonly metrics: Registry;
  /** Value of a record of this process. */
  render(topic: TopicName, eventId: string, atMs: number, payload: unknown): string;
  /** Begins to end the process. */
  requestEnd(why: string): void;
};

export type Sidecar = {
  readonly parts: Readonly<Record<string, () => PartHealth>>;
  /** Reasons of its parts that each clean start passes through: no warning for these until a start is over. */
  readonly startingReasons: ReadonlySet<string>;
  /** Fields of /state, after those that every sidecar has. */
  readonly state: { readonly fields: TProperties; readonly read: () => Readonly<Record<string, unknown>> };
  readonly routes: readonly ControlRoute[];
  readonly writing?: () => WritingState;
  start(): void;
  /** Ends the work within the limit; nothing of it may run on. */
  drain(limitMs: number): Promise<void>;
  /**
   * Called after `drain` with the last health record of the process, which Kafka has; null when Kafka did not take it in
   * time. It is not waited for beyond a share of the drain's time.
   */
  closing?(record: SentRecord | null): Promise<void>;
};

/** A record of this process and where it is in Kafka. */
export type SentRecord = {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: string;
  readonly report: Report;
};

export type SidecarOptions = {
  readonly service: ServiceName;
  readonly version: string;
  readonly config: SidecarConfig;
  /** Taken out of every log line. */
  readonly secrets: readonly string[];
  readonly topicPrefix: string;
};

/** The drain keeps to its own limit; the process waits a little longer for it before it gives up. */
const DRAIN_GRACE_MS = 2000;
/** About a third of the processor's time of a process at 0, where both want all of it. */
const SIDECAR_NICENESS = 5;
/** Part of the drain's time that is kept for the last records of this process. */
const FLUSH_SHARE = 0.2;

export async function runSidecar(options: SidecarOptions, make: (base: SidecarBase) => Sidecar): Promise<number> {
  const { service } = options;
  yieldToEngine();
  const refuse = (problem: ConfigProblem): number => {
    process.stderr.write(renderProblems(service, [problem]));
    return EXIT.config;
  };
  const kafka = checkKafkaSettings(options.config.kafkaConfig);
  if (!kafka.ok) {
    const fix = 'leave that setting out.';
    return refuse({ variable: 'KAFKA_CONFIG_JSON', problem: kafka.reason, shape: null, fix });
  }
  const stateDir = prepareStateDir('STATE_DIR', options.config.stateDir);
  if (!stateDir.ok) return refuse(stateDir.problem);
  if (stateDir.note !== null) process.stderr.write(`${service}: ${stateDir.note}\n`);
  const config = { ...options.config, stateDir: stateDir.path };
  const token =
    config.controlToken === null ? controlTokenOf(config.stateDir) : { ok: true as const, text: config.controlToken };
  if (!token.ok) return refuse(token.problem);

  const stdout = stdoutLog();
  const log = createLog({
    service,
    component: 'main',
    level: config.logLevel,
    namespace: config.namespace,
    destination: stdout.destination,
    secrets: [...options.secrets, ...kafkaSecrets(kafka.settings), token.text],
  });
  try {
    return await serve({ ...options, config }, make, { log, kafkaSettings: kafka.settings, token: token.text, refuse });
  } catch (error) {
    log.error('process_failed', { failure: error });
    return 1;
  } finally {
    await stdout.flush();
  }
}

/** On a machine that is shared, the engine comes first: a record that is written a moment later costs nothing. */
function yieldToEngine(): void {
  if (getPriority() < SIDECAR_NICENESS) setPriority(SIDECAR_NICENESS);
}

type Prepared = {
  readonly log: Log;
  readonly kafkaSettings: KafkaSettings;
  readonly token: string;
  readonly refuse: (problem: ConfigProblem) => number;
};

async function serve(
  options: SidecarOptions,
  make: (base: SidecarBase) => Sidecar,
  { log, kafkaSettings, token, refuse }: Prepared,
): Promise<number> {
  const { service, version, config } = options;
  const timers = machineClock;
  const instanceId = randomUUID();
  const loopDelay = startLoopDelay(timers);
  const metrics = createMetrics({ service, version, startedAtMs: timers.nowMs(), loopDelay });
  const sender = openRecordSender({
    brokers: config.kafkaBrokers,
    clientId: `unrip-${service}`,
    extra: kafkaSettings,
    topicPrefix: options.topicPrefix,
    timers,
    log: log.child('sender'),
  });
  // The day of a record comes from `ingested_at`: one that is sent again must repeat it, also after midnight.
  const render: SidecarBase['render'] = (topic, eventId, atMs, payload) =>
    renderEnvelope(
      { topic, eventId, source: service, accountId: config.account, observedAtMs: atMs, ingestedAtMs: atMs },
      payload,
    );
  const publish = (topic: TopicName, key: string, payload: unknown): void => {
    sender.post(topic, key, render(topic, Bun.randomUUIDv7(), timers.nowMs(), payload));
  };

  const sidecar = make({
    log,
    timers,
    instanceId,
    kafkaSettings,
    topicPrefix: options.topicPrefix,
    sender,
    metrics,
    render,
    requestEnd: (why) => void shutdown.begin(why),
  });
  const health = createHealth({
    service,
    instanceId,
    version,
    timers,
    parts: sidecar.parts,
    ...(sidecar.writing === undefined ? {} : { writing: sidecar.writing }),
  });
  let stopReporting = (): void => undefined;
  const within = async <T>(work: Promise<T>, limitMs: number): Promise<T | null> => {
    const late = Promise.withResolvers<null>();
    const stopLimit = timers.after(limitMs, () => late.resolve(null));
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      stopLimit();
    }
  };
  const sendClosing = async (): Promise<SentRecord | null> => {
    const payload = health.payload();
    const topic = 'ops.service_health';
    const closing = { ...payload, notes: [...payload.notes, 'stopped'] };
    const value = render(topic, Bun.randomUUIDv7(), timers.nowMs(), closing);
    const report = await sender.send(topic, service, value).catch(() => null);
    return report === null ? null : { topic, key: service, value, report };
  };
  const shutdown = createShutdown({
    drain: async (why) => {
      const limitMs = config.drainLimitMs;
      log.info('drain_begun', { why, limit_ms: limitMs });
      await sidecar.drain(limitMs * (1 - FLUSH_SHARE));
      stopReporting();
      const shareMs = (limitMs * FLUSH_SHARE) / 3;
      const closing = sidecar.closing?.(await within(sendClosing(), shareMs));
      if (closing !== undefined) await within(closing, shareMs);
      if (!(await sender.flush(shareMs))) {
        log.warn('records_left', { count: sender.waiting(), detail: 'Kafka did not take the last records in time' });
      }
      return 0;
    },
    limitMs: config.drainLimitMs + DRAIN_GRACE_MS,
    onLimit: () => log.error('drain_limit_reached', { limit_ms: config.drainLimitMs }),
    onFault: (error) => log.error('drain_failed', { failure: error }),
    host: process,
  });
  // A supervisor starts it again.
  const faults = watchFaults(process, {
    onEach: (error) => log.error('process_faulted', { failure: error }),
    onFirst: () => void shutdown.begin('process_faulted'),
    passes: isWriteAfterClose,
  });
  const app = createControlApp({
    service,
    version,
    host: config.controlHost,
    health,
    loopDelay,
    metrics,
    state: {
      schema: shape({ service: Type.Literal(service), version: Text, instance_id: Text, ...sidecar.state.fields }),
      read: () => ({ service, version, instance_id: instanceId, ...sidecar.state.read() }),
    },
    routes: sidecar.routes,
    audit: (action) => publish('ops.control_action', service, action),
    newId: () => Bun.randomUUIDv7(),
    log: log.child('control'),
    timers,
  });
  const listening = await startControl({
    app,
    tokens: [controlToken('operator', token)],
    host: config.controlHost,
    port: config.controlPort,
    log: log.child('control'),
    timers,
  });
  if (!listening.ok) {
    shutdown.release();
    faults.release();
    loopDelay.stop();
    await sender.close();
    return refuse(listening.problem);
  }
  // Where scripts of this machine find the control API when its port was chosen by chance.
  const addressFile = join(config.stateDir, `${service}.json`);
  writeOwnFile(addressFile, `${JSON.stringify({ pid: process.pid, url: listening.url })}\n`);
  log.info('control_listening', { url: listening.url });

  sidecar.start();
  const reportParts = createPartReports({ log, clock: timers, starting: sidecar.startingReasons });
  stopReporting = health.report((payload) => {
    publish('ops.service_health', service, payload);
    reportParts(health.now().parts);
  });
  const code = await shutdown.ended;
  stopReporting();
  await listening.stop();
  rmSync(addressFile, { force: true });
  shutdown.release();
  loopDelay.stop();
  await sender.close();
  faults.release();
  const exitCode = faults.faulted() ? 1 : code;
  log.info('ended', { code: exitCode, at: isoTime(timers.nowMs()) });
  return exitCode;
}
