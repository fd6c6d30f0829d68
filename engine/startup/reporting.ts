// What the parts of the engine report to: the observer, which counts, shows and logs; the safety part, which stops the executor by
// itself; and the part that withdraws quotes. Each of them gets an event whatever another one does with it: quotes are withdrawn at a
// stop also while nothing can be reported.

import { decisionPayload } from '../bus/render/payloads.ts';
import type { Emit, EngineEvent } from '../model/events.ts';
import type { NonceResolvedFact } from '../model/facts.ts';
import { armChanged } from '../observe/log-lines.ts';
import { createObserver, type Observer, type ObserverOptions } from '../observe/observer.ts';
import type { Pulls } from '../pull/pulls.ts';
import { createSafetyPart, type SafetyPart, type SafetyPartOptions } from '../safety/safety.ts';

export type ReportingOptions = Pick<ObserverOptions, 'clock' | 'later'> &
  Pick<SafetyPartOptions, 'breakerLimits' | 'inventoryId'> & {
    readonly log: ObserverOptions['log'] & { child(component: string): ObserverOptions['log'] };
  };

type Puller = Pick<Pulls, 'see' | 'resolved'>;

export type Reporting = {
  readonly observer: Observer;
  readonly safety: SafetyPart;
  readonly emit: Emit;
  resolved(fact: NonceResolvedFact): void;
  /** From here on the part takes note of stops and of the ends of quotes; before, there is nothing to withdraw. */
  follow(part: Puller): void;
};

export function createReporting({ clock, log, later, breakerLimits, inventoryId }: ReportingOptions): Reporting {
  const observer = createObserver({ clock, log: log.child('loop'), later, decisionPayload });
  let pulls: Puller | null = null;
  const observed = (event: EngineEvent, then: () => void): void => {
    try {
      observer.emit(event);
    } finally {
      then();
    }
  };
  const safety = createSafetyPart({
    clock,
    emit: (event) => observed(event, () => pulls?.see(event)),
    breakerLimits,
    inventoryId,
    onArmChanged: (part, change) => armChanged(log.child(part), part, change),
  });
  return {
    observer,
    safety,
    emit(event) {
      observed(event, () => {
        safety.see(event);
        if (event.kind === 'moved') pulls?.see(event);
      });
    },
    resolved: (fact) => pulls?.resolved(fact),
    follow(part) {
      pulls = part;
    },
  };
}
