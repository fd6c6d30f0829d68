// The lines of the engine's log, one function a meaningful event, so that nobody else spells names and fields. Ids are in
// the body; amounts and rates are text. Callers see to it that nothing is written before the answer left.

import { renderScaled } from '../../contracts/amounts.ts';
import type { Asset } from '../../contracts/assets.ts';
import type { ExecutorMode } from '../../contracts/executor-mode.ts';
import { commandIdOf, decisionIdOf, executionIdOf } from '../../contracts/ids.ts';
import {
  BREACH_TEXT,
  DECISION_REASON_TEXT,
  type DeadLetterReason,
  type DecisionReason,
  RESULT_CODE_TEXT,
  STOP_TEXT,
  type TradeState,
} from '../../contracts/reasons.ts';
import { cutAndSay } from '../../contracts/text.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import type { DecidedFact, TransitionFact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import type { Breach, Stop } from '../model/values.ts';

/** Words of the venue, or of an error: the record has all of them. */
const NOTE_BYTES_MAX = 300;

export function decisionAccepted(log: LogPort, fact: DecidedFact, answeredAfterUs: number | null): void {
  const { demand, decision, attempt } = fact;
  log.info('decision_accepted', {
    topic: 'decision.trade_decision',
    quote_id: demand.quoteId,
    decision_id: decisionIdOf(demand.quoteId),
    command_id: commandIdOf(demand.quoteId),
    direction: demand.direction,
    amount_in: decision.amountInUnits,
    amount_out: decision.amountOutUnits,
    gross_edge_pct: decision.grossEdgePctE4 === null ? null : renderScaled(decision.grossEdgePctE4, 4),
    price_freshness_ms: decision.priceAgeMs,
    inventory_id: fact.inventory?.inventoryId ?? null,
    mode: fact.mode ?? 'live',
    lane: attempt?.lane ?? fact.shadow?.lane ?? null,
    quote_hash: attempt?.quoteHash ?? null,
    answered_after_us: answeredAfterUs === null ? null : Math.round(answeredAfterUs),
  });
}

/** The executor did not sign: the command's only result. */
export function commandRefused(log: LogPort, fact: DecidedFact): void {
  const { demand, refusal } = fact;
  if (refusal === null) return;
  log.info('trade_rejected', {
    topic: 'exec.trade_result',
    quote_id: demand.quoteId,
    command_id: commandIdOf(demand.quoteId),
    execution_id: executionIdOf(demand.quoteId),
    from: 'proposed',
    result_code: refusal.code,
    why: RESULT_CODE_TEXT[refusal.code],
    note: cutAndSay(refusal.note, NOTE_BYTES_MAX),
  });
}

/** Shadow mode did not sign: the command's only result. */
export function tradeShadowed(log: LogPort, { demand, shadow }: DecidedFact): void {
  if (shadow == null) return;
  log.info('trade_shadow', {
    topic: 'exec.trade_result',
    quote_id: demand.quoteId,
    command_id: commandIdOf(demand.quoteId),
    execution_id: executionIdOf(demand.quoteId),
    from: 'proposed',
    result_code: 'shadow_mode',
    why: RESULT_CODE_TEXT.shadow_mode,
    lane: shadow.lane,
    deadline: isoTime(shadow.deadlineAtMs),
  });
}

/** An operator switched between live and shadow. */
export function modeChanged(log: LogPort, mode: ExecutorMode, by: string): void {
  log.info('executor_mode_changed', { part: 'executor', mode, by });
}

/** The line of such a step is a warning. */
export const isTrouble = (to: TradeState): boolean => to === 'rejected' || to === 'failed' || to === 'uncertain';

export function tradeMoved(log: LogPort, fact: TransitionFact): void {
  const { attempt, settlement } = fact;
  const fields = {
    topic: 'exec.trade_result',
    quote_id: attempt.quoteId,
    command_id: commandIdOf(attempt.quoteId),
    execution_id: executionIdOf(attempt.quoteId),
    transition_seq: fact.seq,
    from: fact.from,
    result_code: fact.code,
    why: RESULT_CODE_TEXT[fact.code],
    note: cutAndSay(fact.note, NOTE_BYTES_MAX),
    recovered: fact.recovered,
    reply_after_ms: fact.replyAfterMs,
    tx_hash: settlement?.txHash ?? null,
    block_height: settlement?.blockHeight ?? null,
  };
  log[isTrouble(fact.to) ? 'warn' : 'info'](`trade_${fact.to}`, fields);
}

/** A reason of rejection appears for the first time since the start. */
export function rejectionFirst(log: LogPort, fact: DecidedFact, detail: string): void {
  const { demand, decision } = fact;
  log.info('decision_rejected_first', {
    topic: 'decision.trade_decision',
    quote_id: demand.quoteId,
    decision_id: decisionIdOf(demand.quoteId),
    direction: demand.direction,
    reason: decision.reason,
    detail,
    gross_edge_pct: decision.grossEdgePctE4 === null ? null : renderScaled(decision.grossEdgePctE4, 4),
    price_freshness_ms: decision.priceAgeMs,
  });
}

/** How often which reason rejected since the last summary. */
export function rejectionSummary(log: LogPort, byReason: Readonly<Record<string, number>>, overMs: number): void {
  const why = Object.fromEntries(
    Object.keys(byReason).map((reason) => [reason, DECISION_REASON_TEXT[reason as DecisionReason]]),
  );
  log.info('decisions_rejected', { topic: 'decision.trade_decision', over_ms: overMs, by_reason: byReason, why });
}

export type BadFrames = { readonly reason: DeadLetterReason; readonly detail: string; readonly count: number };

export function framesBad(log: LogPort, { reason, detail, count }: BadFrames): void {
  log.warn('frames_not_taken', { topic: 'dlq.unrip', reason, detail: cutAndSay(detail, NOTE_BYTES_MAX), count });
}

/** The first request for it since the start; the others are counted. */
export function askedUnderOtherId(log: LogPort, { id, symbol, bridge }: Asset): void {
  const fix = `to trade it, move the inventory to that id and set ${symbol === 'BTC' ? 'BTC_ASSET_ID' : 'EURE_ASSET_ID'}`;
  log.warn('asked_under_other_id', { detail: `the venue asks for ${symbol} under another id`, asset: id, bridge, fix });
}

export function armChanged(
  log: LogPort,
  part: string,
  state: { readonly armed: boolean; readonly by: string; readonly untilMs: number | null },
): void {
  const fields = { part, by: state.by, until: isoTimeOrNull(state.untilMs) };
  log.info(state.armed ? 'armed' : 'disarmed', fields);
}

/** What is left at a stop: records for Kafka, and promises that bind without the engine. */
export function drainEnded(
  log: LogPort,
  left: {
    readonly outboxLeft: number;
    readonly settleable: { readonly quotes: number; readonly untilMs: number | null };
  },
): void {
  const { quotes, untilMs } = left.settleable;
  const kept =
    left.outboxLeft === 0
      ? ''
      : '; the journal keeps the records that Kafka does not have, and the next start sends them';
  log.info('drain_ended', {
    outbox_left: left.outboxLeft,
    settleable_quotes: quotes,
    settleable_until: isoTimeOrNull(untilMs),
    detail:
      (quotes === 0
        ? 'no signed quote can still settle'
        : 'signed quotes can settle until their deadlines while the engine is down; a start on the same STATE_DIR finds their outcome') +
      kept,
  });
}

/** Something does not fit in the inventory: the executor is disarmed on it. */
export function capitalBreached(log: LogPort, { code, detail }: Breach, inventoryId: string | null): void {
  log.error('capital_breached', { code, why: BREACH_TEXT[code], detail, inventory_id: inventoryId });
}

/** The executor disarmed itself. */
export function executorStopped(log: LogPort, { code, detail }: Stop): void {
  log.error('executor_stopped', { code, why: STOP_TEXT[code], detail });
}

export function turnFaulted(log: LogPort, error: unknown): void {
  log.error('turn_faulted', { failure: error });
}

export function eventsDropped(log: LogPort, count: number): void {
  log.warn('events_dropped', {
    count,
    detail: 'too many events at once for the log; counters and records are complete',
  });
}
