// The chain observers as the manager runs them: they watch every address that a bridge ever gave, what they see becomes deposits of the
// ledger, and their records are published with the deposit that they are part of. Nothing of it is spendable.

import { KNOWN_ASSETS } from '../../contracts/assets.ts';
import type { LiquidityManagerConfig } from '../../contracts/config/liquidity-manager.ts';
import type { FundingState } from '../../contracts/control/funding-state.ts';
import type { SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import type { Sections } from '../../contracts/runtime/process/state/sections.ts';
import { handles } from './actions/addresses.ts';
import { ofKind } from './actions/book.ts';
import type { Context } from './actions/context.ts';
import { transfersObserved } from './actions/deposits.ts';
import type { BridgeDeposit } from './bridges/bridge.ts';
import { fundingState } from './observers/funding-state.ts';
import { registerObserverMetrics } from './observers/metrics.ts';
import { createObserver } from './observers/observer.ts';
import type { WaitingRecord } from './observers/outbox.ts';
import type {
  ChainNodes,
  FundingObserver,
  ObservedChain,
  ObserverSettings,
  WatchedAddress,
} from './observers/types.ts';
import type { Ledger } from './store/ledger.ts';

export type Observation = {
  readonly observers: readonly FundingObserver[];
  takeDeposits(deposits: readonly BridgeDeposit[]): void;
  /** Of /state. */
  readonly state: Sections<FundingState>;
  start(): void;
  stop(): Promise<void>;
};

type Joined = { readonly ledger: Ledger; readonly context: () => Context };

const TOPIC = 'ops.funding_observation';

/** @returns an observer for each chain of TREASURY_ASSETS that can be observed */
export function createObservation(config: LiquidityManagerConfig, base: SidecarBase, joined: Joined): Observation {
  const { timers: clock, log, stateDir } = base;
  const addresses = (): readonly WatchedAddress[] => watched(config, joined);
  const nodes = nodesOf(config);
  const observers = (Object.keys(nodes) as ObservedChain[])
    .filter((chain) => assetsOf(config).some((asset) => asset.chain === chain))
    .map((chain) =>
      createObserver({
        chain,
        accountId: config.account,
        urls: nodes[chain].urls,
        addresses,
        settings: settingsOf(config, nodes[chain].confirmations),
        clock,
        random: Math.random,
        stateDir,
        readBefore: joined.ledger.observedTo(chain),
        onRead: (height) => joined.ledger.noteObserved(chain, height),
        emit: (record) => publish(record, base, joined),
        log: log.child('observers'),
      }),
    );
  registerObserverMetrics(base.metrics, observers);
  return {
    observers,
    takeDeposits(deposits) {
      for (const observer of observers) observer.takeCredits(deposits);
    },
    state: fundingState(observers, addresses),
    start() {
      for (const observer of observers) observer.start();
    },
    async stop() {
      await Promise.all(observers.map((observer) => observer.stop()));
    },
  };
}

export const nodesOf = (config: LiquidityManagerConfig): ChainNodes => ({
  'btc:mainnet': { urls: config.btcObserverUrls, confirmations: config.fundingBtcConfirmations },
  'eth:100': { urls: config.gnosisRpcUrls, confirmations: config.fundingGnosisConfirmations },
});

const assetsOf = ({ treasuryAssets }: LiquidityManagerConfig) =>
  KNOWN_ASSETS.filter(({ id }) => treasuryAssets.includes(id));

function settingsOf(config: LiquidityManagerConfig, confirmationsRequired: number): ObserverSettings {
  const { fundingPollMs: pollMs, fundingDelayedAfterMs, fundingStuckAfterMs } = config;
  return {
    confirmationsRequired,
    pollMs,
    confirmDelayedMs: fundingDelayedAfterMs,
    confirmStuckMs: fundingStuckAfterMs,
    creditDelayedMs: fundingDelayedAfterMs,
    creditStuckMs: fundingStuckAfterMs,
  };
}

function watched(config: LiquidityManagerConfig, { ledger, context }: Joined): readonly WatchedAddress[] {
  const { termsOf } = context();
  return handles(ledger.book).flatMap(({ bridge, chain, address, isActive }) => {
    const asset = assetsOf(config).find((each) => each.bridge === bridge && each.chain === chain);
    if (asset === undefined) return [];
    const minimumUnits = termsOf(asset.id)?.minDepositUnits ?? null;
    return [{ chain, address, assetId: asset.id, bridge, isActive, minimumUnits }];
  });
}

/** The deposit first: a record that names it must not be published before it exists. Rejects when it has to be tried again. */
async function publish(record: WaitingRecord, base: SidecarBase, { ledger, context }: Joined): Promise<void> {
  const { event_id: eventId, at_ms: atMs, payload } = record;
  if (!ledger.commit(transfersObserved(ledger.book, [payload], context()))) {
    throw new Error(`the ledger takes nothing: ${ledger.problem ?? 'it is closed'}`);
  }
  const deposit = ofKind(ledger.book, 'deposit').find(
    ({ action }) => action.funding_observation_id === payload.funding_observation_id,
  );
  const linked = { ...payload, liquidity_action_id: deposit?.action.liquidity_action_id ?? null };
  try {
    await base.sender.send(TOPIC, payload.tx_hash, base.render({ topic: TOPIC, eventId, atMs, payload: linked }));
  } catch (error) {
    // Kafka refuses this very record, and would refuse it again: the ones after it must not wait for it.
    if (!(error instanceof Error) || error.name !== 'RecordRefused') throw error;
    base.log.error('record_not_published', { topic: TOPIC, failure: error });
  }
}
