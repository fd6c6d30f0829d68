// The engine's events as those who follow /events see them. Within the turn a reference is kept, and only while somebody follows;
// values are made when a batch is handed over. No signature is in any of them.

import { renderScaled } from '../../contracts/amounts.ts';
import type { EventValue } from '../../contracts/control/events.ts';
import { commandIdOf } from '../../contracts/ids.ts';
import { cutAndSay } from '../../contracts/text.ts';
import { isoTime } from '../../contracts/time.ts';
import type { OpsControlAction } from '../../contracts/topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../contracts/topics/ops-service-health.ts';
import type { EngineEvent } from '../model/events.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';

type Shown = Extract<EngineEvent, { readonly kind: 'decided' | 'moved' | 'stopped' }>;
export type LiveEvent =
  | Shown
  | { readonly kind: 'action'; readonly payload: OpsControlAction }
  | { readonly kind: 'health'; readonly payload: OpsServiceHealth };

/** Words of the venue, or of an error: the record has all of them. */
const NOTE_BYTES_MAX = 300;

/** What of the engine's events is followed. */
export const isLive = (event: EngineEvent): event is Shown =>
  event.kind === 'decided' || event.kind === 'moved' || event.kind === 'stopped';

export function eventValueOf(event: LiveEvent): EventValue {
  switch (event.kind) {
    case 'decided':
      return decisionValue(event.fact, event.answeredAfterUs);
    case 'moved':
      return resultValue(event.fact);
    case 'stopped': {
      const { code, detail, atMs } = event.stop;
      return { type: 'stopped', at: isoTime(atMs), code, detail };
    }
    case 'action':
      return { type: 'action', at: event.payload.at, action: event.payload };
    case 'health': {
      const { healthy, reasons, notes, at } = event.payload;
      return { type: 'health', at, healthy, reasons, notes };
    }
  }
}

function decisionValue(fact: DecidedFact, answeredAfterUs: number | null): EventValue {
  const { demand, decision, attempt, refusal } = fact;
  return {
    type: 'decision',
    at: isoTime(fact.atMs),
    quote_id: demand.quoteId,
    direction: demand.direction,
    decision: decision.accepted ? 'accepted' : 'rejected',
    reason: decision.reason,
    amount_in: decision.amountInUnits?.toString() ?? null,
    amount_out: decision.amountOutUnits?.toString() ?? null,
    gross_edge_pct: decision.grossEdgePctE4 === null ? null : renderScaled(decision.grossEdgePctE4, 4),
    decide_us: fact.decideUs,
    mode: fact.mode ?? 'live',
    lane: attempt?.lane ?? fact.shadow?.lane ?? null,
    quote_hash: attempt?.quoteHash ?? null,
    answered_after_us: answeredAfterUs === null ? null : Math.round(answeredAfterUs),
    refusal: refusal?.code ?? null,
  };
}

function resultValue(fact: TransitionFact): EventValue {
  const { attempt, settlement } = fact;
  return {
    type: 'result',
    at: isoTime(fact.atMs),
    quote_id: attempt.quoteId,
    command_id: commandIdOf(attempt.quoteId),
    transition_seq: fact.seq,
    from: fact.from,
    state: fact.to,
    result_code: fact.code,
    note: cutAndSay(fact.note, NOTE_BYTES_MAX),
    recovered: fact.recovered,
    reply_after_ms: fact.replyAfterMs,
    tx_hash: settlement?.txHash ?? null,
  };
}
