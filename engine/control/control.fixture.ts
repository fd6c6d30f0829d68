// For tests: an engine as the control routes see it, without an engine.

import { pctE4 } from '../../contracts/amounts.ts';
import type { EngineState } from '../../contracts/control/engine-state.ts';
import { manualTimers } from '../../contracts/runtime/fixtures.ts';
import { HEALTHY } from '../../contracts/runtime/health.ts';
import { createArming } from '../arming.ts';
import { makeLimits } from '../fixtures.ts';
import { createPairFilter, DEFAULT_PAIR_FILTER } from '../ingest/pair-filter.ts';
import type { ChainAcceptance } from '../model.ts';
import type { EngineControl, PartControl } from './engine-control.ts';

/** The routes under test do not look into a part's state: what a part tells is its own. */
function part<State>(name: string, calls: string[]): PartControl<State> {
  let paused = false;
  return {
    health: () => (paused ? { healthy: true, reasons: [], notes: ['paused'] } : HEALTHY),
    state: () => ({ part: name, paused }) as State,
    isPaused: () => paused,
    pause: (by) => {
      paused = true;
      calls.push(`${name} paused by ${by}`);
    },
    resume: (by) => {
      paused = false;
      calls.push(`${name} resumed by ${by}`);
    },
  };
}

export type FakeControlOptions = {
  configuredTarget?: bigint | null;
  armableInMs?: number;
  refreshFailure?: string | null;
  acceptance?: ChainAcceptance;
  journalFailure?: string;
  findings?: readonly string[];
  breach?: () => string | null;
};

/** Parts that remember what was done to them. */
export function fakeControl(over: FakeControlOptions = {}) {
  const timers = manualTimers();
  const startedAtMs = timers.nowMs();
  const calls: string[] = [];
  let limits = makeLimits();
  let draining = false;
  const acceptedBy: string[] = [];
  const control: EngineControl = {
    nowMs: timers.nowMs,
    journalFailure: () => over.journalFailure ?? null,
    state: () => ({ service: 'engine' }) as EngineState,
    ingest: { ...part('ingest', calls), pairFilter: createPairFilter(), defaultPairFilter: DEFAULT_PAIR_FILTER },
    reference: { ...part('reference', calls), refresh: async () => over.refreshFailure ?? null },
    inventory: {
      ...part('inventory', calls),
      refresh: async () => over.refreshFailure ?? null,
      acceptChain(by) {
        calls.push(`chain accepted by ${by}`);
        return over.acceptance ?? { kind: 'accepted' };
      },
    },
    strategy: {
      ...part('strategy', calls),
      arming: createArming(timers, ({ by }) => calls.push(`strategy switched by ${by}`)),
      limits: () => limits,
      setLimits: (next) => {
        limits = next;
      },
      configuredTargetPctE4:
        over.configuredTarget === undefined || over.configuredTarget === null ? null : pctE4(over.configuredTarget),
    },
    executor: {
      ...part('executor', calls),
      arming: createArming(timers, ({ by }) => calls.push(`executor switched by ${by}`)),
      breach: () => over.breach?.() ?? null,
      openFindings: () => (acceptedBy.length === 0 ? (over.findings ?? []) : []),
      acceptFindings: (by) => void acceptedBy.push(by),
      youngForMs: () => startedAtMs + (over.armableInMs ?? 0) - timers.nowMs(),
      isDraining: () => draining,
    },
    drain: (by) => {
      draining = true;
      calls.push(`drained by ${by}`);
    },
  };
  return { control, calls, acceptedBy, timers, startedAtMs };
}
