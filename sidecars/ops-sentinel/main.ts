// The ops-sentinel's process: raises and clears alerts by what the topics say. `./unrip ops-sentinel` runs it.
// It waits for Kafka when it is away, also at the start, and reports it; nothing depends on it.

import type { OpsSentinelConfig } from '../../contracts/config/ops-sentinel.ts';
import { OpsSentinelState } from '../../contracts/control/ops-sentinel-state.ts';
import type { ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Sidecar, SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { runSidecar } from '../../contracts/runtime/process/sidecar/sidecar.ts';
import { alertsHealth, deliveryHealth, readerHealth, STARTING_REASONS } from './health.ts';
import { createParts } from './parts.ts';
import { routesOf } from './routes.ts';
import { createRun } from './run.ts';
import { answersOf, stateOf } from './state.ts';

export type OpsSentinelOptions = {
  readonly config: OpsSentinelConfig;
  readonly version: string;
  /** Before the name of every topic, for tests that share a broker. */
  readonly topicPrefix?: string;
};

/** Runs until the process is ended by a signal or a drain; gives the exit code. */
export async function runOpsSentinel(options: OpsSentinelOptions): Promise<ExitCode> {
  const { config, version, topicPrefix = '' } = options;
  const secrets = [config.webhookSecret, config.metricsToken].filter((secret) => secret !== null);
  const identity = { service: 'ops-sentinel', version, servedAccount: config.account } as const;
  return await runSidecar({ ...identity, config, secrets, topicPrefix }, (base) => assemble(config, base));
}

function assemble(config: OpsSentinelConfig, base: SidecarBase): Sidecar {
  const parts = createParts(config, base);
  const { sentinel, stateFile, alertmanager, webhook, clock } = parts;
  return {
    parts: {
      reader: () => readerHealth(sentinel.known.sight.blindMs(clock.elapsedUs())),
      alerts: () => alertsHealth(sentinel, stateFile.problem()),
      delivery: () =>
        deliveryHealth({ isSenderUp: base.sender.isUp(), sentinel, nowMs: clock.nowMs(), alertmanager, webhook }),
    },
    startingReasons: STARTING_REASONS,
    state: {
      fields: OpsSentinelState.properties,
      sections: stateOf(parts),
      answers: () => answersOf(parts),
    },
    routes: routesOf(parts),
    ...createRun(parts),
  };
}
