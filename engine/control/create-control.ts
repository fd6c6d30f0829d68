// The engine as its control routes may use it: its parts as operators see them, and what concerns all of them.

import { createControls } from './controls.ts';
import type { EngineControl } from './engine-control.ts';
import type { Parts } from './parts.ts';
import { engineState } from './state.ts';

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
