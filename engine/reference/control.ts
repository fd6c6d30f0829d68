// The reference as operators see it.

import { PAIR } from '../../contracts/assets.ts';
import type { OwnState, ReferencePartState } from '../../contracts/control/part-state.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { momentOf } from '../lib/moment.ts';
import type { GateReasons } from '../model/gate-reasons.ts';
import type { ReferencePart } from './reference.ts';

export type ReferenceControlOptions = {
  readonly reference: Pick<ReferencePart, 'health' | 'state' | 'pause' | 'resume' | 'refresh'>;
  readonly gates: GateReasons;
  readonly clock: Clock;
};

export function referenceControl({ reference, gates, clock }: ReferenceControlOptions) {
  const health = (): PartHealth => {
    const { reasons, notes } = reference.health(momentOf(clock));
    return partHealth([...new Set([...gates.now(), ...reasons])], notes);
  };
  return {
    health,
    state(): OwnState<ReferencePartState> {
      const state = reference.state(momentOf(clock));
      return { ...state, ...health(), paused: state.paused, pair: PAIR };
    },
    startingReasons: [
      'price_missing',
      // Kraken's book is there, and nothing has confirmed yet that it is of now.
      'price_stale',
      'basis_missing',
    ],
    isPaused: () => reference.state(momentOf(clock)).paused,
    pause: () => reference.pause(),
    resume: () => reference.resume(),
    refresh: () => reference.refresh(),
  };
}
