// The state of switches, limits and connections that a turn depends on; read once a turn.

import type { ExecutorStatus } from '../executor/gate.ts';
import type { Holds, Limits, Moment } from '../model/values.ts';
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
