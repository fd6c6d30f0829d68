// What all sidecars have in common on top of run-process.ts: a sender for their records, which are health, control actions
// and dead letters, and a closing health record.

import { randomUUID } from 'node:crypto';
import type { ServiceName } from '../../../topics/ops-control-action.ts';
import { renderEnvelope } from '../../kafka/envelope.ts';
import { openRecordSender } from '../../kafka/record-sender.ts';
import { checkKafkaSettings, type KafkaSettings, kafkaSecrets } from '../../kafka/settings.ts';
import type { ExitCode } from '../exit.ts';
import { kafkaProblem } from '../kafka-problem.ts';
import type { ProcessBase, ProcessConfig, Program } from '../program.ts';
import { refuseConfig } from '../refusal.ts';
import { runProcess } from '../run-process.ts';
import { createSidecarDrain } from './drain.ts';
import { ownRecords } from './own-records.ts';
import type { Sidecar, SidecarBase } from './program.ts';
import { sidecarState } from './state.ts';

/** What every sidecar reads from its environment. */
type SidecarConfig = ProcessConfig & {
  readonly account: string;
  readonly kafkaBrokers: string;
  readonly kafkaConfig: Readonly<Record<string, unknown>>;
};

export type SidecarOptions = {
  readonly service: ServiceName;
  readonly version: string;
  readonly config: SidecarConfig;
  /** Removed from every log line. */
  readonly secrets: readonly string[];
  /** Before the name of every topic; empty but in tests that share a broker. */
  readonly topicPrefix: string;
  /** The one account that it serves: its control API takes no tokens of others. null: it serves all, and takes tokens for all alone. */
  readonly servedAccount: string | null;
};

/** About a third of the processor's time of a process at 0, where both could use all of it: the engine comes first. */
const NICENESS = 5;

/** Runs a sidecar until it is ended; gives the exit code. */
export async function runSidecar(options: SidecarOptions, make: (base: SidecarBase) => Sidecar): Promise<ExitCode> {
  const { service, version, config, secrets, servedAccount } = options;
  const kafka = checkKafkaSettings(config.kafkaConfig);
  if (!kafka.ok) return refuseConfig(service, [kafkaProblem(kafka.reason)]);
  const { settings } = kafka;
  return await runProcess(
    {
      service,
      version,
      config,
      secrets: [...secrets, ...kafkaSecrets(settings)],
      ...(servedAccount === null ? {} : { account: servedAccount }),
      niceness: NICENESS,
    },
    (base) => {
      const sidecarBase = withSender(base, options, settings);
      return programOf(options, make(sidecarBase), sidecarBase);
    },
  );
}

function withSender(base: ProcessBase, options: SidecarOptions, kafkaSettings: KafkaSettings): SidecarBase {
  const { service, config, topicPrefix } = options;
  const { log, timers } = base;
  const sender = openRecordSender({
    brokers: config.kafkaBrokers,
    clientId: `unrip-${service}`,
    extra: kafkaSettings,
    topicPrefix,
    timers,
    log: log.child('sender'),
  });
  return {
    ...base,
    instanceId: randomUUID(),
    kafkaSettings,
    topicPrefix,
    sender,
    // The day of a record comes from `ingested_at`: one that is sent again must repeat it, also after midnight.
    render: ({ topic, eventId, atMs, payload }) =>
      renderEnvelope(
        { topic, eventId, source: service, accountId: config.account, observedAtMs: atMs, ingestedAtMs: atMs },
        payload,
      ),
  };
}

function programOf({ service, version }: SidecarOptions, sidecar: Sidecar, base: SidecarBase): Program {
  const { instanceId, sender } = base;
  return {
    ...sidecar,
    ...ownRecords(service, base),
    instanceId,
    state: sidecarState({
      ...{ service, version, instanceId, state: sidecar.state },
      health: () => base.health(),
      log: base.log,
    }),
    newId: () => Bun.randomUUIDv7(),
    start: () => sidecar.start(),
    drain: createSidecarDrain(service, sidecar, base),
    release: () => sender.close(),
  };
}
