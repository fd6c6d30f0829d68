// What the loop tells goes here: counted at once by index, kept as the latest of its kind for /state, and queued for the log,
// which is written after the turn. Rejections are told as a summary a minute and once when a reason first appears.

import type { FrameCounts } from '../../contracts/control/part-state.ts';
import type { ExecutorState, LatencyView, StrategyState } from '../../contracts/control/trading-state.ts';
import { commandIdOf, type QuoteId } from '../../contracts/ids.ts';
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
import type { Clock } from '../../contracts/runtime/clock.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import type { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import type { HeardFact, TransitionFact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import type { Breach, Stop } from '../model/values.ts';
import { type Counters, createCounters } from './counters.ts';
import * as events from './events.ts';
import { createHistogram, type Histogram } from './histogram.ts';
import { Recent } from './recent.ts';

const FRAME_KINDS = [
  'quote',
  'foreign_pair',
  'ingest_paused',
  'repeated',
  'reply',
  'status',
  'foreign_status',
  'bad',
  'other',
] as const;
const SUMMARY_MS = 60_000;
/** More events than these waiting for the log are dropped and counted: a burst, or a log that cannot keep up. */
const WAITING_MAX = 10_000;
const FAULTS_LOGGED_PER_MINUTE = 10;
const REPLY_CHARS_MAX = 2000;

export type ObserverOptions = {
  readonly clock: Clock;
  readonly log: LogPort;
  /** Runs a function after the turn: `setImmediate`. */
  readonly later: (run: () => void) => void;
  /** The record of a decision, as it goes to Kafka; made only when somebody looks. */
  readonly decisionPayload: (fact: HeardFact) => DecisionTradeDecision;
};

type ResultCount = { readonly state: TradeState; readonly code: ResultCode; readonly count: number };

export type Observer = {
  /** Every frame of the relay, whatever it is. */
  frameReceived(atMs: number): void;
  passedOver(why: 'foreign_pair' | 'ingest_paused' | 'foreign_status' | 'other'): void;
  taken(kind: 'reply' | 'status'): void;
  repeated(quoteId: QuoteId): void;
  bad(frame: { readonly reason: DeadLetterReason; readonly detail: string }): void;
  decided(fact: HeardFact, answeredAfterUs: number | null): void;
  moved(fact: TransitionFact): void;
  breached(breach: Breach): void;
  stopped(stop: Stop): void;
  faulted(error: unknown): void;
  /** Kafka has acknowledged a record. */
  published(topic: TopicName): void;
  /** Writes what waits and the summary that is due; called at the end of the process too. */
  flush(): void;
  /** Begins the summary a minute; the result stops it. */
  start(): () => void;
  /** How long no request of the pair was decided on. */
  quietMs(): number;
  readonly counts: ObservedCounts;
  readonly view: ObservedViews;
};

export type ObservedCounts = {
  readonly frames: Counters<(typeof FRAME_KINDS)[number]>;
  readonly reasons: Counters<DecisionReason>;
  readonly deadLetters: Counters<DeadLetterReason>;
  readonly published: Counters<TopicName>;
  readonly answerLatency: Histogram;
  readonly received: () => number;
  readonly faults: () => number;
  readonly results: () => readonly ResultCount[];
};

/** The fields of the parts' states that the observer knows; main.ts adds the rest. */
type ObservedViews = {
  ingest(): {
    readonly frames: FrameCounts;
    readonly last_frame_at: string | null;
    readonly last_quote_at: string | null;
    readonly published: Record<string, number>;
  };
  strategy(): Pick<
    StrategyState,
    | 'decisions'
    | 'accepted'
    | 'rejected_by_reason'
    | 'latest_decision'
    | 'latest_rejected'
    | 'recent_decisions'
    | 'latest_price_used'
    | 'latest_inventory_used'
  >;
  executor(): Pick<
    ExecutorState,
    | 'last_command'
    | 'last_request'
    | 'last_venue_response'
    | 'last_error'
    | 'recent_attempts'
    | 'completed'
    | 'results_by_state'
    | 'errors_by_code'
    | 'answer_latency'
  >;
};

/** The talk with the venue about it is over, or the quote itself is. */
const ENDED: ReadonlySet<TradeState> = new Set([
  'settled',
  'rejected',
  'late',
  'failed',
  'expired',
  'voided',
  'pulled',
]);
const TROUBLE: ReadonlySet<TradeState> = new Set(['rejected', 'late', 'failed', 'uncertain']);

export function createObserver(options: ObserverOptions): Observer {
  const { clock, log, later } = options;
  const frames = createCounters(FRAME_KINDS);
  const reasons = createCounters(DECISION_REASONS);
  const deadLetters = createCounters(DEAD_LETTER_REASONS);
  const published = createCounters(TOPICS.map(({ name }) => name));
  const errors = createCounters(RESULT_CODES);
  const stateCounts = createCounters(TRADE_STATES);
  const resultCounts = new Map<string, { state: TradeState; code: ResultCode; count: number }>();
  const answerLatency = createHistogram();
  let received = 0;
  let faults = 0;
  let completed = 0;
  let lastFrameAtMs: number | null = null;
  let lastQuoteAtMs: number | null = null;
  /** Monotonic; the start counts as the first. */
  let lastQuoteAtUs = clock.elapsedUs();

  let latest: HeardFact | null = null;
  let latestRejected: HeardFact | null = null;
  let latestPriced: HeardFact | null = null;
  let latestStocked: HeardFact | null = null;
  let latestCommand: HeardFact | null = null;
  let latestSent: HeardFact | null = null;
  let latestReply: TransitionFact | null = null;
  let lastError: ExecutorState['last_error'] = null;
  const recent = new Recent();

  let waiting: (() => void)[] = [];
  let dropped = 0;
  let scheduled = false;
  const rejected = new Map<DecisionReason, number>();
  const seenReasons = new Set<DecisionReason>();
  const bad = new Map<DeadLetterReason, { count: number; detail: string }>();
  let faultsLogged = 0;
  let summaryAtUs = clock.elapsedUs();

  const write = (): void => {
    scheduled = false;
    const lines = waiting;
    waiting = [];
    for (const line of lines) line();
    if (dropped === 0) return;
    events.eventsDropped(log, dropped);
    dropped = 0;
  };
  const queue = (line: () => void): void => {
    if (waiting.length >= WAITING_MAX) {
      dropped++;
      return;
    }
    waiting.push(line);
    if (scheduled) return;
    scheduled = true;
    later(write);
  };

  const countResult = (state: TradeState, code: ResultCode, note: string, atMs: number): void => {
    stateCounts.add(state);
    const key = `${state} ${code}`;
    const entry = resultCounts.get(key);
    if (entry === undefined) resultCounts.set(key, { state, code, count: 1 });
    else entry.count++;
    if (!TROUBLE.has(state)) return;
    errors.add(code);
    lastError = { code, note, at: isoTime(atMs) };
  };

  const onRejected = (fact: HeardFact): void => {
    const { reason } = fact.decision;
    latestRejected = fact;
    rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
    if (seenReasons.has(reason)) return;
    seenReasons.add(reason);
    queue(() => events.rejectionFirst(log, fact, options.decisionPayload(fact).detail));
  };

  const summarize = (): void => {
    const nowUs = clock.elapsedUs();
    const overMs = Math.round((nowUs - summaryAtUs) / 1000);
    summaryAtUs = nowUs;
    faultsLogged = 0;
    if (rejected.size > 0) events.rejectionSummary(log, Object.fromEntries(rejected), overMs);
    rejected.clear();
    for (const [reason, { count, detail }] of bad) if (count > 0) events.framesBad(log, reason, detail, count);
    bad.forEach((entry) => {
      entry.count = 0;
    });
  };

  return {
    frameReceived(atMs) {
      received++;
      lastFrameAtMs = atMs;
    },
    quietMs: () => (clock.elapsedUs() - lastQuoteAtUs) / 1000,
    passedOver: (why) => frames.add(why),
    taken: (kind) => frames.add(kind),
    repeated: () => frames.add('repeated'),
    bad({ reason, detail }) {
      frames.add('bad');
      deadLetters.add(reason);
      const entry = bad.get(reason);
      if (entry === undefined) {
        bad.set(reason, { count: 0, detail });
        queue(() => events.framesBad(log, reason, detail, 1));
      } else {
        entry.count++;
        entry.detail = detail;
      }
    },
    decided(fact, answeredAfterUs) {
      frames.add('quote');
      reasons.add(fact.decision.reason);
      latest = fact;
      recent.decided(fact, answeredAfterUs);
      lastQuoteAtMs = fact.demand.receivedAtMs;
      lastQuoteAtUs = clock.elapsedUs();
      if (fact.price !== null) latestPriced = fact;
      if (fact.inventory !== null) latestStocked = fact;
      if (!fact.decision.accepted) {
        onRejected(fact);
        return;
      }
      latestCommand = fact;
      if (answeredAfterUs !== null) {
        answerLatency.record(answeredAfterUs);
        latestSent = fact;
      }
      queue(() => events.decisionAccepted(log, fact, answeredAfterUs));
      if (fact.refusal === null) return;
      completed++;
      countResult('rejected', fact.refusal.code, fact.refusal.note, fact.atMs);
      queue(() => events.commandRefused(log, fact));
    },
    moved(fact) {
      recent.moved(fact);
      countResult(fact.to, fact.code, fact.note, fact.atMs);
      if (ENDED.has(fact.to) && !ENDED.has(fact.from)) completed++;
      if (fact.venueReply !== null) latestReply = fact;
      queue(() => events.tradeMoved(log, fact));
    },
    breached(breach) {
      queue(() => events.booksBreached(log, breach));
    },
    stopped(stop) {
      queue(() => events.executorStopped(log, stop));
    },
    faulted(error) {
      faults++;
      if (faultsLogged >= FAULTS_LOGGED_PER_MINUTE) return;
      faultsLogged++;
      queue(() => events.turnFaulted(log, error));
    },
    published: (topic) => published.add(topic),
    flush() {
      write();
      summarize();
    },
    start: () => clock.every(SUMMARY_MS, summarize),
    counts: {
      frames,
      reasons,
      deadLetters,
      published,
      answerLatency,
      received: () => received,
      faults: () => faults,
      results: () => [...resultCounts.values()],
    },
    view: {
      ingest: () => ({
        frames: {
          received,
          quotes: frames.get('quote'),
          quotes_of_other_pairs: frames.get('foreign_pair'),
          quotes_repeated: frames.get('repeated'),
          quotes_while_paused: frames.get('ingest_paused'),
          replies: frames.get('reply'),
          statuses: frames.get('status'),
          statuses_of_others: frames.get('foreign_status'),
          bad: frames.get('bad'),
          other: frames.get('other'),
        },
        last_frame_at: isoTimeOrNull(lastFrameAtMs),
        last_quote_at: isoTimeOrNull(lastQuoteAtMs),
        published: published.shown(),
      }),
      strategy() {
        const { accepted = 0, ...byReason } = reasons.shown();
        return {
          decisions: reasons.total(),
          accepted,
          rejected_by_reason: byReason,
          latest_decision: latest === null ? null : options.decisionPayload(latest),
          latest_rejected: latestRejected === null ? null : rejectedView(options.decisionPayload(latestRejected)),
          recent_decisions: recent.decisions(options.decisionPayload),
          latest_price_used: latestPriced === null ? null : options.decisionPayload(latestPriced).price_snapshot,
          latest_inventory_used:
            latestStocked === null ? null : options.decisionPayload(latestStocked).inventory_snapshot,
        };
      },
      executor: () => ({
        last_command: latestCommand === null ? null : commandView(latestCommand),
        last_request: latestSent === null ? null : requestView(latestSent),
        last_venue_response: latestReply === null ? null : replyView(latestReply),
        last_error: lastError,
        recent_attempts: recent.attempts(),
        completed,
        results_by_state: stateCounts.shown(),
        errors_by_code: errors.shown(),
        answer_latency: latencyView(answerLatency),
      }),
    },
  };
}

const rejectedView = ({ quote_id, decision_reason, detail, decided_at }: DecisionTradeDecision) => ({
  quote_id,
  reason: decision_reason,
  detail,
  at: decided_at,
});

const commandView = ({ demand, atMs }: HeardFact) => ({
  command_id: commandIdOf(demand.quoteId),
  quote_id: demand.quoteId,
  at: isoTime(atMs),
});

/** Message and hash of an answer are public, its signature is not. */
function requestView({ attempt, atMs }: HeardFact): ExecutorState['last_request'] {
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
