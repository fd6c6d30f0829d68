// The switches, arm states and connections as the loop reads them, once a turn.

import type { SafetyPart } from '../safety/safety.ts';
import type { Steering } from '../turn/steering.ts';
import type { Parts, Switches } from './parts.ts';

export type SteeringOptions = Pick<Parts, 'relay' | 'verifier' | 'background'> & {
  readonly switches: Switches;
  readonly safety: Pick<SafetyPart, 'strategyArming' | 'executorArming'>;
  readonly holds: Steering['holds'];
};

export function createSteering({ switches, safety, holds, relay, verifier, background }: SteeringOptions): Steering {
  return {
    ingestPaused: () => switches.ingestPaused,
    isShadow: () => switches.mode === 'shadow',
    limits: () => switches.limits,
    holds,
    feePips: () => verifier.lastSnapshot()?.feePips ?? null,
    strategy: (now) => ({
      armed: safety.strategyArming.isArmed(now),
      paused: switches.strategyPaused,
      historyBlocks: background.historyBlocks(),
    }),
    executor(now) {
      const snapshot = verifier.lastSnapshot();
      return {
        armed: safety.executorArming.isArmed(now),
        paused: switches.executorPaused,
        draining: switches.draining,
        relayOpen: relay.isConnected(),
        keyRegistered: snapshot?.keyRegistered ?? null,
        accountLocked: snapshot?.accountLocked ?? null,
      };
    },
  };
}
