// Takes the engine's events and gives each to its sinks: counted at once, kept as the latest of its kind for /state, and queued for
// the log, which is written after the turn. While somebody follows /events, also for the feed of it.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { createEventFeed, type EventFeed } from '../../contracts/runtime/control/events/feed.ts';
import type { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import type { Emit } from '../model/events.ts';
import type { DecidedFact } from '../model/facts.ts';
import type { ObservedViews } from '../model/observed.ts';
import type { LogPort } from '../model/ports.ts';
import { CountSink, type ObservedCounts } from './counts.ts';
import { eventValueOf, isLive, type LiveEvent } from './live-events.ts';
import { LogSink } from './log-sink.ts';
import { ViewSink } from './views.ts';

export type ObserverOptions = {
  readonly clock: Clock;
  readonly log: LogPort;
  /** Runs a function after the turn: `setImmediate`. */
  readonly later: (run: () => void) => void;
  /** The record of a decision, as it goes to Kafka; made only when somebody asks. */
  readonly decisionPayload: (fact: DecidedFact) => DecisionTradeDecision;
};

export type Observer = {
  emit: Emit;
  /** Writes what waits and the summary that is due; called at the end of the process too. */
  flush(): void;
  /** Begins the summary a minute; the result stops it. */
  start(): () => void;
  /** How long no request of the pair was decided on. */
  quietMs(): number;
  /** The same; null: there was none since the start. */
  pairAgeMs(): number | null;
  readonly counts: ObservedCounts;
  readonly view: ObservedViews;
  /** For those who follow /events. */
  readonly events: EventFeed<LiveEvent>;
};

export function createObserver({ clock, log, later, decisionPayload }: ObserverOptions): Observer {
  const counter = new CountSink();
  const { counts } = counter;
  const view = new ViewSink({ clock, counts, decisionPayload });
  const lines = new LogSink({ clock, log, later, detailOf: (fact) => decisionPayload(fact).detail });
  const events = createEventFeed({
    ...{ clock, toValue: eventValueOf },
    onFailed: (failure) => log.error('event_not_made', { failure }),
  });
  return {
    emit(event) {
      counter.take(event);
      view.take(event);
      lines.take(event);
      if (events.isWanted && isLive(event)) events.push(event);
    },
    events,
    flush: () => lines.flush(),
    start: () => lines.start(),
    quietMs: () => view.quietMs(),
    pairAgeMs: () => view.pairAgeMs(),
    counts,
    view,
  };
}
