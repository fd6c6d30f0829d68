// The liquidity-manager's process: deposit addresses, deposits and withdrawals over the bridges. `./unrip liquidity-manager` runs it.
// It holds no key, and nothing in it can spend: a withdrawal was signed elsewhere. Trading goes on without it.

import type { LiquidityManagerConfig } from '../../contracts/config/liquidity-manager.ts';
import { LiquidityManagerState } from '../../contracts/control/liquidity-manager.ts';
import type { ExitCode } from '../../contracts/runtime/process/exit.ts';
import type { Sidecar, SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import { runSidecar } from '../../contracts/runtime/process/sidecar/sidecar.ts';
import { kafkaHealth, ledgerHealth, STARTING_REASONS } from './control/health.ts';
import { routesOf } from './control/routes.ts';
import { answersOf, stateOf } from './control/state.ts';
import { registerGauges } from './gauges.ts';
import { createManager } from './manager.ts';

export type LiquidityManagerOptions = {
  readonly config: LiquidityManagerConfig;
  readonly version: string;
  /** Before the name of every topic, for tests that share a broker. */
  readonly topicPrefix?: string;
};

const OBSERVER_PARTS = { 'btc:mainnet': 'btc_observer', 'eth:100': 'gnosis_observer' } as const;

/** Runs until the process is ended by a signal or a drain; gives the exit code. */
export async function runLiquidityManager(options: LiquidityManagerOptions): Promise<ExitCode> {
  const { config, version, topicPrefix = '' } = options;
  const secrets = [config.relayApiKey, config.engineControlToken].filter((secret) => secret !== null);
  const identity = { service: 'liquidity-manager', version, servedAccount: config.account } as const;
  return await runSidecar({ ...identity, config, secrets, topicPrefix }, (base) => assemble(config, base));
}

function assemble(config: LiquidityManagerConfig, base: SidecarBase): Sidecar {
  const manager = createManager(config, base);
  const { ledger, trackers, observation } = manager;
  registerGauges(base.metrics, manager);
  return {
    parts: {
      kafka: () => kafkaHealth(base.sender.isUp()),
      ledger: () => ledgerHealth(ledger),
      ...Object.fromEntries(trackers.map((tracker) => [tracker.name, () => tracker.health()])),
      ...Object.fromEntries(
        observation.observers.map((observer) => [OBSERVER_PARTS[observer.chain], () => observer.health()]),
      ),
    },
    startingReasons: STARTING_REASONS,
    state: {
      fields: LiquidityManagerState.properties,
      sections: stateOf(manager),
      answers: () => answersOf(manager),
    },
    routes: routesOf(manager),
    start: () => manager.start(),
    drain: (limitMs) => manager.stop(limitMs),
  };
}
