// The state of switches, limits and connections that a turn depends on; read once a turn.

import { EXECUTOR_READY, type ExecutorStatus } from '../executor/gate.ts';
import { type Holds, type Limits, type Moment, NO_HOLDS } from '../model/values.ts';
import type { StrategyStatus } from '../strategy/decide.ts';

export type Steering = {
  /** Requests are not taken; replies and statuses still are. */
  ingestPaused(): boolean;
  /** Nothing is signed and nothing sent: requests take the turn of shadow-quote.ts. */
  isShadow(): boolean;
  limits(): Limits;
  holds(now: Moment): Holds;
  /** Fee of the verifier; null: not read yet. */
  feePips(): number | null;
  strategy(now: Moment): StrategyStatus;
  executor(now: Moment): ExecutorStatus;
};

/** Of a loop that nothing stops, for rehearsals: it has no connections and a key that nobody knows. */
export const rehearsalSteering = (limits: Limits): Steering => ({
  ingestPaused: () => false,
  isShadow: () => false,
  limits: () => limits,
  holds: () => NO_HOLDS,
  feePips: () => null,
  strategy: () => ({ armed: true, paused: false, historyBlocks: false }),
  executor: () => EXECUTOR_READY,
});
