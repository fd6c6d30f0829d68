// The last decisions and attempts, as /state shows them. Within the turn a reference to the fact is kept and nothing else;
// text is made when somebody asks.

import type { RecentAttempt, RecentDecision } from '../../contracts/control/trading-state.ts';
import { commandIdOf, type QuoteId } from '../../contracts/ids.ts';
import type { TradeState } from '../../contracts/reasons.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import type { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import { Ring } from '../lib/collections/ring.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';

/** Of each kind: what an operator reads on one page. Each keeps its request's frame alive, some 500 bytes. */
const RECENT_MAX = 50;

type Attempted = {
  readonly fact: DecidedFact;
  readonly answeredAfterUs: number | null;
  /** The latest step; null: none is recorded yet, or it was not signed. */
  latest: TransitionFact | null;
};

export class Recent {
  readonly #decisions = new Ring<DecidedFact>(RECENT_MAX);
  readonly #attempts = new Ring<Attempted>(RECENT_MAX);
  /** Those of `#attempts`. */
  readonly #byQuote = new Map<QuoteId, Attempted>();
  /** The newest first step: within a turn it comes before its decision. */
  #first: TransitionFact | null = null;

  decided(fact: DecidedFact, answeredAfterUs: number | null): void {
    if (this.#decisions.size >= RECENT_MAX) this.#decisions.shift();
    this.#decisions.push(fact);
    if (!fact.decision.accepted) return;
    if (this.#attempts.size >= RECENT_MAX) {
      const oldest = this.#attempts.shift();
      if (oldest !== undefined) this.#byQuote.delete(oldest.fact.demand.quoteId);
    }
    const { quoteId } = fact.demand;
    const latest = this.#first?.attempt.quoteId === quoteId ? this.#first : null;
    const attempted: Attempted = { fact, answeredAfterUs, latest };
    this.#attempts.push(attempted);
    this.#byQuote.set(quoteId, attempted);
  }

  /** A step of an attempt that is no longer among the last is passed over. */
  moved(fact: TransitionFact): void {
    if (fact.from === 'proposed') this.#first = fact;
    const attempted = this.#byQuote.get(fact.attempt.quoteId);
    if (attempted !== undefined) attempted.latest = fact;
  }

  /** Newest first. @param payload the record of a decision, as it goes to Kafka */
  decisions(payload: (fact: DecidedFact) => DecisionTradeDecision): RecentDecision[] {
    return newestFirst(this.#decisions).map((fact) => decisionView(payload(fact)));
  }

  /** Newest first. */
  attempts(): RecentAttempt[] {
    return newestFirst(this.#attempts).map(attemptView);
  }
}

function newestFirst<T>(ring: Ring<T>): T[] {
  const items: T[] = [];
  for (let index = ring.size - 1; index >= 0; index--) {
    const item = ring.at(index);
    if (item !== undefined) items.push(item);
  }
  return items;
}

const decisionView = (record: DecisionTradeDecision): RecentDecision => ({
  quote_id: record.quote_id,
  direction: record.direction,
  decision: record.decision,
  reason: record.decision_reason,
  detail: record.detail,
  amount_in: record.amount_in,
  amount_out: record.amount_out,
  gross_edge_pct: record.gross_edge_pct,
  at: record.decided_at,
  decide_us: record.decide_us,
});

/** The state of a command under which nothing was signed; null: something was. */
function unsignedState({ refusal, shadow }: DecidedFact): TradeState | null {
  if (refusal !== null) return 'rejected';
  return shadow == null ? null : 'shadow';
}

/** Message and hash of an answer are public, its signature is not. */
function attemptView({ fact, answeredAfterUs, latest }: Attempted): RecentAttempt {
  const { attempt, refusal, demand, decision } = fact;
  const terms = attempt ?? fact.shadow ?? null;
  return {
    quote_id: demand.quoteId,
    command_id: commandIdOf(demand.quoteId),
    direction: demand.direction,
    amount_in: decision.amountInUnits?.toString() ?? null,
    amount_out: decision.amountOutUnits?.toString() ?? null,
    lane: terms?.lane ?? null,
    quote_hash: attempt?.quoteHash ?? null,
    deadline: isoTimeOrNull(terms?.deadlineAtMs ?? null),
    decided_at: isoTime(fact.atMs),
    answered_after_us: answeredAfterUs === null ? null : Math.round(answeredAfterUs),
    state: latest?.to ?? unsignedState(fact) ?? 'proposed',
    result_code: latest?.code ?? refusal?.code ?? (fact.shadow == null ? null : 'shadow_mode'),
    note: latest?.note ?? refusal?.note ?? '',
    reply_after_ms: latest?.replyAfterMs ?? null,
    tx_hash: latest?.settlement?.txHash ?? null,
    state_at: isoTime(latest?.atMs ?? fact.atMs),
  };
}
