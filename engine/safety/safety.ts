// The safety part: the two arm states, what disarms the executor by itself, and what is known of the error of our clock. Needs no
// other part, so that every other part can report to it.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Emit } from '../model/events.ts';
import type { Hold, Moment } from '../model/values.ts';
import { type Arming, type ArmState, createArming } from './arming.ts';
import { Breaker, type BreakerLimits } from './breaker/breaker.ts';
import { Exposure } from './breaker/exposure.ts';
import { type CappedArming, createSigningRoom, type SigningRoom } from './breaker/signing-room.ts';
import { type ClockEvidence, clockHold, createClockEvidence } from './clock-skew.ts';
import { createFaults, type Faults } from './faults.ts';
import { Standstills } from './standstill.ts';
import { createStops, type Stops } from './stops.ts';

export type SafetyPartOptions = {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly breakerLimits: BreakerLimits;
  /** Of the newest balance; null: there is none. */
  readonly inventoryId: () => string | null;
  readonly onArmChanged: (part: 'strategy' | 'executor', state: ArmState) => void;
};

export type SafetyPart = {
  readonly strategyArming: Arming;
  readonly executorArming: Arming;
  readonly faults: Faults;
  readonly stops: Stops;
  readonly breaker: Breaker;
  readonly signingRoom: SigningRoom;
  /** Those whose ends limit what may be signed. */
  readonly armings: readonly CappedArming[];
  readonly clockEvidence: ClockEvidence;
  readonly standstills: Standstills;
  /** Takes note of the engine's events: a request that was decided ends a row of lost frames. */
  see: Emit;
  /** The hold `clock_skew`. */
  clockHold(now: Moment): Hold | null;
  /** The error of our wall clock is known, and small enough to sign. */
  isClockTrusted(now: Moment): boolean;
};

export function createSafetyPart(options: SafetyPartOptions): SafetyPart {
  const { clock, emit, breakerLimits, inventoryId, onArmChanged } = options;
  const exposure = new Exposure();
  const strategyArming = createArming(clock, (state) => onArmChanged('strategy', state), exposure.meter());
  const executorArming = createArming(clock, (state) => onArmChanged('executor', state), exposure.meter());
  const faults = createFaults();
  const stops = createStops({ clock, arming: executorArming, faults, emit, inventoryId });
  const breaker = new Breaker({
    exposure,
    limits: breakerLimits,
    // Each of them, whatever the other does.
    onTrip(code, detail) {
      try {
        strategyArming.disarm(`engine: ${code}: ${detail}`);
      } finally {
        stops.stop(code, detail);
      }
    },
    onFilled() {
      try {
        strategyArming.filled();
      } finally {
        executorArming.filled();
      }
    },
  });
  executorArming.onArmed(() => breaker.armed());
  const armings = [strategyArming, executorArming];
  const signingRoom = createSigningRoom(breaker, armings);
  const clockEvidence = createClockEvidence();
  return {
    strategyArming,
    executorArming,
    faults,
    stops,
    breaker,
    signingRoom,
    armings,
    clockEvidence,
    standstills: new Standstills(),
    see(event) {
      if (event.kind === 'decided') faults.decided();
    },
    clockHold: (now) => clockHold(clockEvidence.skewMs(now)),
    isClockTrusted(now) {
      const skewMs = clockEvidence.skewMs(now);
      return skewMs !== null && clockHold(skewMs) === null;
    },
  };
}
