// The engine as its control routes may use it: reads of state and health, and the switches.

import { pctE4 } from '../../contracts/amounts.ts';
import { republishView } from '../bus/republish/view.ts';
import { DEFAULT_PAIR_FILTER, type PairFilterSetting } from '../ingest/pair-filter.ts';
import { momentOf } from '../lib/moment.ts';
import type { EngineControl } from './engine-control.ts';
import { executorHealth, ingestHealth, inventoryHealth, referenceHealth, strategyHealth } from './health.ts';
import { journalYoungForMs, openFindings, type Parts } from './parts.ts';
import { engineState, executorState, ingestState, inventoryState, referenceState, strategyState } from './state.ts';

/** Tokens that the relay is asked for; null: all. */
const tokensOf = ({ enabled, pairs }: PairFilterSetting): string[] | null =>
  enabled ? [...new Set(pairs.flatMap(({ assetIn, assetOut }) => [assetIn, assetOut]))] : null;

/** @param drain begins the end of the process */
export function createEngineControl(parts: Parts, drain: (by: string) => void): EngineControl {
  const { switches, pairFilter, relay, reference, verifier, settings, clock } = parts;
  const { targetEdgePctE4 } = settings.config;
  return {
    nowMs: () => clock.nowMs(),
    journalFailure: () => parts.journal.failure?.message ?? null,
    state: () => engineState(parts),
    ingest: {
      health: () => ingestHealth(parts),
      state: () => ingestState(parts),
      isPaused: () => switches.ingestPaused,
      pause: () => {
        switches.ingestPaused = true;
      },
      resume: () => {
        switches.ingestPaused = false;
      },
      pairFilter: {
        setting: () => pairFilter.setting(),
        change(setting) {
          pairFilter.change(setting);
          relay.changeTokens(tokensOf(setting));
        },
      },
      defaultPairFilter: DEFAULT_PAIR_FILTER,
    },
    reference: {
      health: () => referenceHealth(parts),
      state: () => referenceState(parts),
      isPaused: () => reference.state(momentOf(clock)).paused,
      pause: () => reference.pause(),
      resume: () => reference.resume(),
      refresh: () => reference.refresh(),
    },
    inventory: {
      health: () => inventoryHealth(parts),
      state: () => inventoryState(parts),
      isPaused: () => verifier.state().paused,
      pause: () => verifier.pause(),
      resume: () => verifier.resume(),
      async refresh() {
        const failure = await verifier.refresh();
        return failure === null ? null : `${failure.reason}: ${failure.detail}`;
      },
      acceptChain: (by) => parts.chain.accept(momentOf(clock), by),
    },
    strategy: {
      health: () => strategyHealth(parts),
      state: () => strategyState(parts),
      isPaused: () => switches.strategyPaused,
      pause: () => {
        switches.strategyPaused = true;
      },
      resume: () => {
        switches.strategyPaused = false;
      },
      arming: parts.strategyArming,
      limits: () => switches.limits,
      setLimits: (limits) => {
        switches.limits = limits;
      },
      configuredTargetPctE4: targetEdgePctE4 === null ? null : pctE4(targetEdgePctE4),
    },
    executor: {
      health: () => executorHealth(parts),
      state: () => executorState(parts),
      isPaused: () => switches.executorPaused,
      pause: () => {
        switches.executorPaused = true;
      },
      resume: () => {
        switches.executorPaused = false;
      },
      arming: parts.executorArming,
      youngForMs: () => journalYoungForMs(parts),
      breach: () => parts.book.breach()?.detail ?? null,
      openFindings: () => openFindings(parts),
      acceptFindings: (by) => {
        if (openFindings(parts).length > 0) switches.recoveryAccepted = { by, atMs: clock.nowMs() };
      },
      isDraining: () => switches.draining,
    },
    bus: {
      republish: (request) => parts.bus.republisher.start(request),
      cancelRepublish: () => parts.bus.republisher.cancel(),
      republishView: () => republishView(parts.bus.publisherState()),
    },
    drain,
  };
}
