// The latest of each kind, as /state shows them; a sink of the engine's events. Within the turn a reference is kept and nothing
// else: text is made when somebody asks.

import type { ExecutorState, LatencyView } from '../../contracts/control/trading-state.ts';
import { commandIdOf } from '../../contracts/ids.ts';
import type { ResultCode } from '../../contracts/reasons.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import type { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import type { EngineEvent } from '../model/events.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';
import type { ObservedViews } from '../model/observed.ts';
import { type ObservedCounts, TROUBLE } from './counts.ts';
import type { Histogram } from './histogram.ts';
import { Recent } from './recent.ts';

export type ViewOptions = {
  readonly clock: Clock;
  readonly counts: ObservedCounts;
  /** The record of a decision, as it goes to Kafka; made only when somebody asks. */
  readonly decisionPayload: (fact: DecidedFact) => DecisionTradeDecision;
};

type Failure = { readonly code: ResultCode; readonly note: string; readonly atMs: number };

const REPLY_CHARS_MAX = 2000;

export class ViewSink implements ObservedViews {
  readonly #options: ViewOptions;
  readonly #recent = new Recent();
  #latest: DecidedFact | null = null;
  #latestRejected: DecidedFact | null = null;
  #latestPriced: DecidedFact | null = null;
  #latestStocked: DecidedFact | null = null;
  #latestCommand: DecidedFact | null = null;
  #latestSent: DecidedFact | null = null;
  #latestReply: TransitionFact | null = null;
  #lastFailure: Failure | null = null;
  /** Monotonic; the start counts as the first. */
  #lastQuoteUs: number;
  #isPairHeard = false;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#lastQuoteUs = options.clock.elapsedUs();
  }

  take(event: EngineEvent): void {
    if (event.kind === 'decided') this.#decided(event.fact, event.answeredAfterUs);
    else if (event.kind === 'moved') this.#moved(event.fact);
  }

  /** How long no request of the traded pair was decided on. */
  quietMs(): number {
    return (this.#options.clock.elapsedUs() - this.#lastQuoteUs) / 1000;
  }

  /** The same; null: there was none since the start. */
  pairAgeMs(): number | null {
    return this.#isPairHeard ? Math.round(this.quietMs()) : null;
  }

  #decided(fact: DecidedFact, answeredAfterUs: number | null): void {
    const { refusal } = fact;
    this.#recent.decided(fact, answeredAfterUs);
    this.#latest = fact;
    if (fact.demand.direction !== null) {
      this.#lastQuoteUs = this.#options.clock.elapsedUs();
      this.#isPairHeard = true;
    }
    if (fact.price !== null) this.#latestPriced = fact;
    if (fact.inventory !== null) this.#latestStocked = fact;
    if (!fact.decision.accepted) {
      this.#latestRejected = fact;
      return;
    }
    this.#latestCommand = fact;
    if (answeredAfterUs !== null) this.#latestSent = fact;
    if (refusal !== null) this.#lastFailure = { code: refusal.code, note: refusal.note, atMs: fact.atMs };
  }

  #moved(fact: TransitionFact): void {
    this.#recent.moved(fact);
    if (fact.venueReply !== null) this.#latestReply = fact;
    if (TROUBLE.has(fact.to)) this.#lastFailure = fact;
  }

  ingest(): ReturnType<ObservedViews['ingest']> {
    const { frames, published } = this.#options.counts;
    return {
      frames: {
        quotes: frames.get('quote'),
        quotes_of_other_pairs: frames.get('foreign_pair'),
        quotes_repeated: frames.get('repeated'),
        quotes_while_paused: frames.get('ingest_paused'),
        replies: frames.get('reply'),
        statuses: frames.get('status'),
        statuses_of_others: frames.get('foreign_status'),
        statuses_repeated: frames.get('repeated_status'),
        bad: frames.get('bad'),
        other: frames.get('other'),
      },
      last_quote_at: isoTimeOrNull(this.#latest?.demand.receivedAtMs ?? null),
      published: published.shown(),
    };
  }

  strategy(): ReturnType<ObservedViews['strategy']> {
    const { counts, decisionPayload } = this.#options;
    const payloadOf = (fact: DecidedFact | null) => (fact === null ? null : decisionPayload(fact));
    const { accepted = 0, ...byReason } = counts.reasons.shown();
    const rejected = payloadOf(this.#latestRejected);
    return {
      decisions: counts.reasons.total(),
      accepted,
      rejected_by_reason: byReason,
      latest_decision: payloadOf(this.#latest),
      latest_rejected: rejected === null ? null : rejectedView(rejected),
      recent_decisions: this.#recent.decisions(decisionPayload),
      latest_price_used: payloadOf(this.#latestPriced)?.price_snapshot ?? null,
      latest_inventory_used: payloadOf(this.#latestStocked)?.inventory_snapshot ?? null,
    };
  }

  executor(): ReturnType<ObservedViews['executor']> {
    const { counts } = this.#options;
    const failure = this.#lastFailure;
    return {
      last_command: this.#latestCommand === null ? null : commandView(this.#latestCommand),
      last_request: this.#latestSent === null ? null : requestView(this.#latestSent),
      last_venue_response: this.#latestReply === null ? null : replyView(this.#latestReply),
      last_error: failure === null ? null : { code: failure.code, note: failure.note, at: isoTime(failure.atMs) },
      recent_attempts: this.#recent.attempts(),
      completed: counts.completed(),
      results_by_state: counts.states.shown(),
      errors_by_code: counts.errors.shown(),
      answer_latency: latencyView(counts.answerLatency),
    };
  }
}

const rejectedView = ({ quote_id, decision_reason, detail, decided_at }: DecisionTradeDecision) => ({
  quote_id,
  reason: decision_reason,
  detail,
  at: decided_at,
});

const commandView = ({ demand, atMs }: DecidedFact) => ({
  command_id: commandIdOf(demand.quoteId),
  quote_id: demand.quoteId,
  at: isoTime(atMs),
});

/** Message and hash of an answer are public, its signature is not. */
function requestView({ attempt, atMs }: DecidedFact): ExecutorState['last_request'] {
  if (attempt === null) return null;
  const { quoteId, quoteHash, lane, deadlineAtMs } = attempt;
  return { quote_id: quoteId, quote_hash: quoteHash, lane, deadline: isoTime(deadlineAtMs), at: isoTime(atMs) };
}

const replyView = (fact: TransitionFact): ExecutorState['last_venue_response'] => ({
  quote_id: fact.attempt.quoteId,
  status: fact.to,
  result_code: fact.code,
  after_ms: fact.replyAfterMs,
  reply: fact.venueReply === null ? null : fact.venueReply.slice(0, REPLY_CHARS_MAX),
  at: isoTime(fact.atMs),
});

const latencyView = (histogram: Histogram): LatencyView => ({
  count: histogram.count(),
  p50_us: histogram.percentileUs(0.5),
  p90_us: histogram.percentileUs(0.9),
  p99_us: histogram.percentileUs(0.99),
  p999_us: histogram.percentileUs(0.999),
  max_us: histogram.maxUs(),
});
