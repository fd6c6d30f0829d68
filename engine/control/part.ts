// A part of the engine as operators see it. Each part makes its own in its folder; controls.ts lists them, and everything that is
// the same for all parts (health, /state, routes, metrics) walks over that list.

import type { EngineState, PartName } from '../../contracts/control/engine-state.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';

export type PartControl<State> = {
  health(): PartHealth;
  state(): State;
  /** Codes that it has in each clean start, until the first connection, answer or report. */
  readonly startingReasons: readonly string[];
};

/** A part that operators pause; it has routes of its own. `by` is the name of the token that was used. */
export type PausableControl<State> = PartControl<State> & {
  isPaused(): boolean;
  pause(by: string): void;
  resume(by: string): void;
};

/** Every part of the engine, by the name that it has in health, in `/state` and in its routes. */
export type Controls = { readonly [Name in PartName]: PartControl<EngineState[Name]> };

export const isPausable = (part: PartControl<unknown>): part is PausableControl<unknown> => 'pause' in part;
