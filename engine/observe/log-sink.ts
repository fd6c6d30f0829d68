// Queues events for the log and writes their lines after the turn; a sink of the engine's events. Lines of ordinary steps wait a
// moment and are written together, which costs less than one at a time; troubles are written at once, after what waits before them.
// Rejections and bad frames, of which there are many, are logged once when a reason first appears, and as a summary a minute.

import type { DeadLetterReason, DecisionReason } from '../../contracts/reasons.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { EngineEvent } from '../model/events.ts';
import type { DecidedFact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import * as lines from './log-lines.ts';

const SUMMARY_MS = 60_000;
/** Ordinary lines are gathered for this time, then written for at most that time a turn: a quote that arrives meanwhile waits no longer. */
const GATHER_MS = 50;
const WRITE_US = 300;
/** Lines between two readings of the clock. */
const LINES_BETWEEN = 8;
/** More events than these waiting for the log are dropped and counted: a burst, or a log that cannot keep up. */
const WAITING_MAX = 10_000;
const FAULTS_LOGGED_PER_MINUTE = 10;

export type LogSinkOptions = {
  readonly clock: Clock;
  readonly log: LogPort;
  /** Runs a function after the turn: `setImmediate`. */
  readonly later: (run: () => void) => void;
  /** A decision in words. */
  readonly detailOf: (fact: DecidedFact) => string;
};

export class LogSink {
  readonly #options: LogSinkOptions;
  #waiting: EngineEvent[] = [];
  #dropped = 0;
  /** The next turn goes on writing. */
  #isScheduled = false;
  /** Set while ordinary lines wait. */
  #stopGathering: (() => void) | null = null;
  /** Since the last summary; its keys are a closed list. */
  readonly #rejected = new Map<DecisionReason, number>();
  /** Reasons that were logged since the start. */
  readonly #seenReasons = new Set<DecisionReason>();
  readonly #bad = new Map<DeadLetterReason, { count: number; detail: string }>();
  #faultsLogged = 0;
  #summaryUs: number;
  readonly #write = (): void => this.#writeSome();

  constructor(options: LogSinkOptions) {
    this.#options = options;
    this.#summaryUs = options.clock.elapsedUs();
  }

  take(event: EngineEvent): void {
    if (!this.#isLogged(event)) return;
    if (this.#waiting.length >= WAITING_MAX) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    if (this.#isScheduled) return;
    if (isUrgent(event)) this.#writeSoon();
    else this.#stopGathering ??= this.#options.clock.after(GATHER_MS, this.#write);
  }

  /** Begins the summary a minute; the result stops it. */
  start(): () => void {
    return this.#options.clock.every(SUMMARY_MS, () => this.#summarize());
  }

  /** Writes what waits, and the summary. */
  flush(): void {
    this.#stopGathering?.();
    this.#stopGathering = null;
    this.#writeUntil(Number.POSITIVE_INFINITY);
    this.#summarize();
  }

  /** Counts what is summarised. @returns whether the event has a line of its own */
  #isLogged(event: EngineEvent): boolean {
    switch (event.kind) {
      case 'decided':
        return event.fact.decision.accepted || this.#isFirstRejection(event.fact.decision.reason);
      case 'bad':
        return this.#isFirstBad(event.reason, event.detail);
      case 'faulted':
        return this.#faultsLogged++ < FAULTS_LOGGED_PER_MINUTE;
      case 'other_id':
      case 'moved':
      case 'breached':
      case 'stopped':
        return true;
      default:
        return false;
    }
  }

  #isFirstRejection(reason: DecisionReason): boolean {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1);
    if (this.#seenReasons.has(reason)) return false;
    this.#seenReasons.add(reason);
    return true;
  }

  #isFirstBad(reason: DeadLetterReason, detail: string): boolean {
    const entry = this.#bad.get(reason);
    if (entry === undefined) {
      this.#bad.set(reason, { count: 0, detail });
      return true;
    }
    entry.count++;
    entry.detail = detail;
    return false;
  }

  #writeSoon(): void {
    this.#stopGathering?.();
    this.#stopGathering = null;
    this.#isScheduled = true;
    this.#options.later(this.#write);
  }

  #writeSome(): void {
    this.#stopGathering = null;
    this.#isScheduled = false;
    this.#writeUntil(this.#options.clock.elapsedUs() + WRITE_US);
    if (this.#waiting.length > 0) this.#writeSoon();
  }

  #writeUntil(endUs: number): void {
    const { log, clock } = this.#options;
    const events = this.#waiting;
    let written = 0;
    for (const event of events) {
      if (written > 0 && written % LINES_BETWEEN === 0 && clock.elapsedUs() >= endUs) break;
      this.#writeOrReport(event);
      written++;
    }
    this.#waiting = written === events.length ? [] : events.slice(written);
    if (this.#dropped === 0 || this.#waiting.length > 0) return;
    lines.eventsDropped(log, this.#dropped);
    this.#dropped = 0;
  }

  /** What cannot be put into words must not end the process, nor keep others from being logged. */
  #writeOrReport(event: EngineEvent): void {
    try {
      this.#writeLine(event);
    } catch (failure) {
      this.#options.log.error('event_not_logged', { kind: event.kind, failure });
    }
  }

  #writeLine(event: EngineEvent): void {
    const { log } = this.#options;
    if (event.kind === 'decided') this.#writeDecision(event.fact, event.answeredAfterUs);
    else if (event.kind === 'moved') lines.tradeMoved(log, event.fact);
    else if (event.kind === 'bad') lines.framesBad(log, { reason: event.reason, detail: event.detail, count: 1 });
    else if (event.kind === 'other_id') lines.askedUnderOtherId(log, event.asset);
    else if (event.kind === 'breached') lines.capitalBreached(log, event.breach, event.inventoryId);
    else if (event.kind === 'stopped') lines.executorStopped(log, event.stop);
    else if (event.kind === 'faulted') lines.turnFaulted(log, event.error);
  }

  #writeDecision(fact: DecidedFact, answeredAfterUs: number | null): void {
    const { log, detailOf } = this.#options;
    if (!fact.decision.accepted) {
      lines.rejectionFirst(log, fact, detailOf(fact));
      return;
    }
    lines.decisionAccepted(log, fact, answeredAfterUs);
    if (fact.refusal !== null) lines.commandRefused(log, fact);
    else if (fact.shadow != null) lines.tradeShadowed(log, fact);
  }

  #summarize(): void {
    const { log, clock } = this.#options;
    const nowUs = clock.elapsedUs();
    const overMs = Math.round((nowUs - this.#summaryUs) / 1000);
    this.#summaryUs = nowUs;
    this.#faultsLogged = 0;
    if (this.#rejected.size > 0) lines.rejectionSummary(log, Object.fromEntries(this.#rejected), overMs);
    this.#rejected.clear();
    for (const [reason, entry] of this.#bad) {
      if (entry.count > 0) lines.framesBad(log, { reason, ...entry });
      entry.count = 0;
    }
  }
}

/** An event whose line is a warning or an error. */
function isUrgent(event: EngineEvent): boolean {
  return event.kind === 'moved' ? lines.isTrouble(event.fact.to) : event.kind !== 'decided';
}
