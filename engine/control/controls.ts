// The engine as its control routes may use it: its parts as operators see them, a line for each, and what concerns all of them.

import { type ExecutorPulls, executorControl } from '../executor/control.ts';
import { tailExposure } from '../executor/tail-exposure.ts';
import { ingestControl } from '../ingest/control.ts';
import { inventoryControl } from '../inventory/control.ts';
import { askedPull, pullReasons, pullsState } from '../pull/control.ts';
import { referenceControl } from '../reference/control.ts';
import { breakerView } from '../safety/breaker/view.ts';
import { isClockUnhealthy } from '../safety/clock-skew.ts';
import { strategyControl } from '../strategy/control.ts';
import { type AnswerSources, answering } from './answers.ts';
import type { EngineControl } from './engine-control.ts';
import type { Gates } from './gates.ts';
import type { Controls } from './part.ts';
import type { Parts } from './parts.ts';
import { createStateView } from './state.ts';

export function createControls(parts: Parts, gates: Gates) {
  const from: AnswerSources = { nowMs: () => parts.clock.nowMs(), trading: gates.trading };
  const executor = executorControl({
    ...parts,
    gates: gates.of('executor'),
    pulls: pullsOf(parts),
    isClockUnhealthy: () => isClockUnhealthy(parts.clockVerdict()),
    breakerView: () => breakerView(parts.breaker, parts.clock.nowMs()),
    tail: () => tailExposure({ book: parts.book, openUnder: (nonce) => parts.breaker.exposure.openUnder(nonce) }),
  });
  return {
    ingest: answering('ingest', ingestControl(parts), from),
    reference: answering('reference', referenceControl({ ...parts, gates: gates.of('reference') }), from),
    inventory: answering('inventory', inventoryControl({ ...parts, gates: gates.of('inventory') }), from),
    strategy: answering('strategy', strategyControl(parts), from),
    executor: answering('executor', executor, from),
    bus: answering('bus', parts.bus.control, from),
    history: answering('history', parts.background.history, from),
  } satisfies Controls;
}

/**
 * @param drain begins the end of the process
 * @param onUnreadable other sections of the state cannot be read than the last time
 */
export function createEngineControl(
  parts: Parts,
  gates: Gates,
  drain: (by: string) => void,
  onUnreadable: Parameters<typeof createStateView>[2] = () => {},
): EngineControl {
  const controls = createControls(parts, gates);
  const view = createStateView(parts, controls, onUnreadable);
  return {
    ...controls,
    nowMs: () => parts.clock.nowMs(),
    journalFailure: () => parts.journal.failure?.message ?? null,
    state: () => gates.asOne(() => view(gates.trading())),
    drain,
  };
}

/** What withdraws quotes, as the executor shows and uses it. */
function pullsOf({ pulls, settings }: Parts): ExecutorPulls {
  return {
    reasons: () => pullReasons(pulls),
    state: () => pullsState(pulls, settings.config.pullDistancePctE4),
    request: (asked) => askedPull(pulls, asked, settings.pair),
  };
}
