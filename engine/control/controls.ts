// The engine as its control routes may use it: its parts as operators see them, a line for each, and what concerns all of them.

import { executorControl } from '../executor/control.ts';
import { ingestControl } from '../ingest/control.ts';
import { inventoryControl } from '../inventory/control.ts';
import { referenceControl } from '../reference/control.ts';
import { isClockUnhealthy } from '../safety/clock-skew.ts';
import { strategyControl } from '../strategy/control.ts';
import { type AnswerSources, answering } from './answers.ts';
import type { EngineControl } from './engine-control.ts';
import { gatesOf } from './gates.ts';
import type { Controls } from './part.ts';
import type { Parts } from './parts.ts';
import { engineState } from './state.ts';
import { tradingOf } from './trading.ts';

export function createControls(parts: Parts) {
  const from: AnswerSources = { nowMs: () => parts.clock.nowMs(), trading: () => tradingOf(parts) };
  const executor = executorControl({
    ...parts,
    gates: gatesOf(parts, 'executor'),
    isClockUnhealthy: () => isClockUnhealthy(parts.clockVerdict()),
  });
  return {
    ingest: answering('ingest', ingestControl(parts), from),
    reference: answering('reference', referenceControl({ ...parts, gates: gatesOf(parts, 'reference') }), from),
    inventory: answering('inventory', inventoryControl({ ...parts, gates: gatesOf(parts, 'inventory') }), from),
    strategy: answering('strategy', strategyControl(parts), from),
    executor: answering('executor', executor, from),
    bus: answering('bus', parts.bus.control, from),
    history: answering('history', parts.bus.history, from),
  } satisfies Controls;
}

/** @param drain begins the end of the process */
export function createEngineControl(parts: Parts, drain: (by: string) => void): EngineControl {
  const controls = createControls(parts);
  return {
    ...controls,
    nowMs: () => parts.clock.nowMs(),
    journalFailure: () => parts.journal.failure?.message ?? null,
    state: () => engineState(parts, controls),
    drain,
  };
}
