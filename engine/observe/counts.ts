// Counts what happens, by index; a sink of the engine's events.

import {
  DEAD_LETTER_REASONS,
  DECISION_REASONS,
  type DeadLetterReason,
  type DecisionReason,
  RESULT_CODES,
  type ResultCode,
  TRADE_STATES,
  type TradeState,
} from '../../contracts/reasons.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import type { EngineEvent } from '../model/events.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';
import { type Counters, createCounters } from './counters.ts';
import { createHistogram, type Histogram } from './histogram.ts';

const FRAME_KINDS = [
  'quote',
  'foreign_pair',
  'ingest_paused',
  'repeated',
  'reply',
  'status',
  'foreign_status',
  'repeated_status',
  'bad',
  'other',
] as const;

type ResultCount = { readonly state: TradeState; readonly code: ResultCode; readonly count: number };

export type ObservedCounts = {
  readonly frames: Counters<(typeof FRAME_KINDS)[number]>;
  readonly reasons: Counters<DecisionReason>;
  readonly deadLetters: Counters<DeadLetterReason>;
  readonly published: Counters<TopicName>;
  readonly states: Counters<TradeState>;
  /** Results that are trouble, by code. */
  readonly errors: Counters<ResultCode>;
  readonly answerLatency: Histogram;
  readonly faults: () => number;
  /** Commands whose end is on record. */
  readonly completed: () => number;
  readonly results: () => readonly ResultCount[];
};

/** The venue has finished with it, or the quote itself is over. */
const ENDED: ReadonlySet<TradeState> = new Set([
  'settled',
  'rejected',
  'late',
  'failed',
  'expired',
  'voided',
  'pulled',
]);

/** States of an attempt that operators are shown as errors. */
export const TROUBLE: ReadonlySet<TradeState> = new Set(['rejected', 'late', 'failed', 'uncertain']);

export class CountSink {
  readonly counts: ObservedCounts;
  readonly #results = new Map<string, { state: TradeState; code: ResultCode; count: number }>();
  #faults = 0;
  #completed = 0;

  constructor() {
    this.counts = {
      frames: createCounters(FRAME_KINDS),
      reasons: createCounters(DECISION_REASONS),
      deadLetters: createCounters(DEAD_LETTER_REASONS),
      published: createCounters(TOPICS.map(({ name }) => name)),
      states: createCounters(TRADE_STATES),
      errors: createCounters(RESULT_CODES),
      answerLatency: createHistogram(),
      faults: () => this.#faults,
      completed: () => this.#completed,
      results: () => [...this.#results.values()],
    };
  }

  take(event: EngineEvent): void {
    const { frames, deadLetters, published } = this.counts;
    switch (event.kind) {
      case 'passed_over':
        frames.add(event.why);
        break;
      case 'reply':
      case 'status':
      case 'repeated':
        frames.add(event.kind);
        break;
      case 'bad':
        frames.add('bad');
        deadLetters.add(event.reason);
        break;
      case 'decided':
        this.#decided(event.fact, event.answeredAfterUs);
        break;
      case 'moved':
        this.#moved(event.fact);
        break;
      case 'faulted':
        this.#faults++;
        break;
      case 'published':
        published.add(event.topic);
        break;
      case 'breached':
      case 'stopped':
      case 'other_id':
        // Counted where they are found: safety/stops.ts, ingest/other-ids.ts.
        break;
    }
  }

  #decided({ decision, refusal, shadow }: DecidedFact, answeredAfterUs: number | null): void {
    const { frames, reasons, answerLatency } = this.counts;
    frames.add('quote');
    reasons.add(decision.reason);
    if (answeredAfterUs !== null) answerLatency.record(answeredAfterUs);
    if (refusal === null && shadow == null) return;
    this.#completed++;
    if (refusal !== null) this.#result('rejected', refusal.code);
    else this.#result('shadow', 'shadow_mode');
  }

  #moved({ from, to, code }: TransitionFact): void {
    this.#result(to, code);
    if (ENDED.has(to) && !ENDED.has(from)) this.#completed++;
  }

  #result(state: TradeState, code: ResultCode): void {
    this.counts.states.add(state);
    const key = `${state} ${code}`;
    const entry = this.#results.get(key);
    if (entry === undefined) this.#results.set(key, { state, code, count: 1 });
    else entry.count++;
    if (TROUBLE.has(state)) this.counts.errors.add(code);
  }
}
