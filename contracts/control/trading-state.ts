// What the engine tells of the parts that decide and answer: strategy and executor, with the last decisions and attempts. No
// secret is in any of it; the signature of an answer is one.

import type { Static } from '@sinclair/typebox';
import { DIRECTIONS } from '../assets.ts';
import { DecimalText, IsoTime, nullable, oneOf, UnitsText } from '../envelope.ts';
import { EXECUTOR_MODES } from '../executor-mode.ts';
import { DECISION_REASONS, RESULT_CODES, STOP_CODES, TRADE_STATES } from '../reasons.ts';
import { DecisionTradeDecision } from '../topics/decision-trade-decision.ts';
import { ArmView, PartState } from './part-state.ts';
import { PullsState } from './pull.ts';
import { Count, Counts, described, Flag, list, shape, Text } from './shapes.ts';

/** One decision in short; its full record is in `decision.trade_decision` under the same quote id. */
export const RecentDecision = shape({
  quote_id: Text,
  direction: nullable(oneOf(DIRECTIONS)),
  decision: oneOf(['accepted', 'rejected']),
  reason: oneOf(DECISION_REASONS),
  detail: described(Text, 'The reason with its numbers, as a sentence.'),
  amount_in: nullable(UnitsText),
  amount_out: nullable(UnitsText),
  gross_edge_pct: nullable(DecimalText),
  at: IsoTime,
  decide_us: described(Count, 'Time from the arrival of the request to the decision.'),
});
export type RecentDecision = Static<typeof RecentDecision>;

/** One accepted decision and what came of it; its full records are in `exec.trade_result`. */
export const RecentAttempt = shape({
  quote_id: Text,
  command_id: Text,
  direction: nullable(oneOf(DIRECTIONS)),
  amount_in: nullable(UnitsText),
  amount_out: nullable(UnitsText),
  lane: described(
    nullable(Count),
    'Lane of the answer, or of the one that shadow mode did not sign; null, as is the deadline, when the executor refused.',
  ),
  quote_hash: described(nullable(Text), 'null when nothing was signed.'),
  deadline: nullable(IsoTime),
  decided_at: IsoTime,
  answered_after_us: described(
    nullable(Count),
    'Time from the arrival of the request to the sending of the answer; null: no answer was sent.',
  ),
  state: oneOf(TRADE_STATES),
  result_code: described(nullable(oneOf(RESULT_CODES)), 'Reason for this state; null while it is `proposed`.'),
  note: Text,
  reply_after_ms: nullable(Count),
  tx_hash: nullable(Text),
  state_at: described(IsoTime, 'When it entered this state.'),
});
export type RecentAttempt = Static<typeof RecentAttempt>;

export const LatencyView = shape({
  count: Count,
  p50_us: Count,
  p90_us: Count,
  p99_us: Count,
  p999_us: Count,
  max_us: Count,
});
export type LatencyView = Static<typeof LatencyView>;

const FilledView = shape({
  filled_eur: described(
    DecimalText,
    'Value of settled quotes, at signing; of a used nonce the most that it can have paid.',
  ),
  limit_eur: DecimalText,
  left_eur: described(DecimalText, 'The limit less what is filled and what is open: what can still be signed.'),
});

export const BreakerView = shape({
  minute: FilledView,
  day: FilledView,
  uncertain_eur: described(DecimalText, 'Part of what is open whose outcome is not known; counts as filled.'),
  open_eur: described(DecimalText, 'Largest live quote of each open nonce: what can still be filled.'),
  failures_in_row: shape({ answers_refused: Count, settlements_failed: Count, limit: Count }),
  trips: described(Counts, 'Times that it disarmed since the start, by code.'),
});
export type BreakerView = Static<typeof BreakerView>;

export const TailExposure = shape({
  quotes: described(Count, 'Signed quotes that can still settle.'),
  at_most_eur: described(
    DecimalText,
    'The most that they can pay together, in EUR at signing: one quote of each lane.',
  ),
  until: described(
    nullable(IsoTime),
    'Nothing of it can settle after this; a final block later than that frees the capital. null: there is nothing, or it is not known yet.',
  ),
  lanes: list(
    shape({
      asset: Text,
      lane: Count,
      nonce: Text,
      quotes: Count,
      at_most: described(
        UnitsText,
        'Maximum of their amounts, of which one settles at most; after a crash also of what the journal may have lost.',
      ),
      at_most_eur: DecimalText,
      until: nullable(IsoTime),
      being_withdrawn: Flag,
    }),
  ),
});
export type TailExposure = Static<typeof TailExposure>;

export const StrategyState = shape({
  ...PartState.properties,
  arm: ArmView,
  threshold: shape({ min_edge_pct: DecimalText, target_edge_pct: DecimalText }),
  limits: shape({
    max_notional_eur: DecimalText,
    skew_pct: described(DecimalText, 'Most that the inventory moves the target edge.'),
    max_divergence_pct: DecimalText,
    max_basis_deviation_pct: DecimalText,
    journal_max_sync_lag_ms: Count,
    quotes_live_max: Count,
    max_filled_eur_per_min: DecimalText,
    max_filled_eur_per_day: DecimalText,
    max_consecutive_failures: Count,
    inventory_max_age_ms: Count,
    quote_lifetime_max_ms: Count,
    partners: described(list(Text), 'Partners whose requests are answered; empty: all.'),
  }),
  answer_p99_us: described(
    Count,
    'Time from a decision until its answer has left, 99th percentile of the last minute, in which the longest never counts: `answer_too_late` counts on it.',
  ),
  decisions: Count,
  accepted: Count,
  rejected_by_reason: described(Counts, 'Number of rejections since the start, by reason.'),
  latest_decision: nullable(DecisionTradeDecision),
  latest_rejected: nullable(shape({ quote_id: Text, reason: Text, detail: Text, at: IsoTime })),
  recent_decisions: described(list(RecentDecision), 'The last decisions, at most 50, newest first.'),
  latest_price_used: described(
    DecisionTradeDecision.properties.price_snapshot,
    'The price and inventory values of the latest decision that had them.',
  ),
  latest_inventory_used: DecisionTradeDecision.properties.inventory_snapshot,
});
export type StrategyState = Static<typeof StrategyState>;

export const ExecutorState = shape({
  ...PartState.properties,
  mode: described(
    oneOf(EXECUTOR_MODES),
    'shadow: the whole way but for the signature; nothing is signed and nothing sent.',
  ),
  shadow_open: described(
    Count,
    'Quotes of shadow mode whose deadline is not over: what they would bind is reserved in memory.',
  ),
  arm: ArmView,
  stopped: described(
    nullable(shape({ code: oneOf(STOP_CODES), why: Text, detail: Text, at: IsoTime })),
    'Why the executor disarmed itself: the first cause since it was armed; null: it did not.',
  ),
  breaker: described(BreakerView, 'The circuit breaker, as it is now.'),
  fresh_account_required_until: described(
    nullable(IsoTime),
    'Until when arming requires `fresh_account`; null: it does not.',
  ),
  recovery_findings: described(
    list(Text),
    'What recovery found in the journal: contradictions, and for ten minutes after the start why quotes that were signed last may be missing from it. Arming is refused without `accept_recovery_findings`.',
  ),
  recovery_findings_accepted: described(
    nullable(shape({ by: Text, at: IsoTime })),
    'Who accepted the findings since the start; null: nobody, or there are none.',
  ),
  signed_ids: described(
    shape({
      ids: Count,
      tables: Count,
      bytes: Count,
      bytes_max: Count,
      unsaved: described(Count, 'Ids that are in the journal and not yet in a file of `signed-ids`.'),
      problem: nullable(Text),
    }),
    'Quote ids remembered for a day so that none is signed twice. When `bytes_max` is reached, nothing is signed (`quote_ids_full`).',
  ),
  draining: Flag,
  public_key: Text,
  key_registered: nullable(Flag),
  account_locked: nullable(Flag),
  last_command: nullable(shape({ command_id: Text, quote_id: Text, at: IsoTime })),
  last_request: nullable(
    shape({
      quote_id: Text,
      quote_hash: Text,
      lane: Count,
      deadline: IsoTime,
      at: IsoTime,
    }),
  ),
  last_venue_response: nullable(
    shape({
      quote_id: Text,
      status: oneOf(TRADE_STATES),
      result_code: Text,
      after_ms: nullable(Count),
      reply: nullable(Text),
      at: IsoTime,
    }),
  ),
  last_error: nullable(shape({ code: Text, note: Text, at: IsoTime })),
  recent_attempts: described(list(RecentAttempt), 'The last attempts since the start, at most 50, newest first.'),
  in_flight: described(Count, 'Answers to which the relay has not replied yet.'),
  open: described(Count, 'Quotes that may still settle, or whose outcome is not known yet.'),
  completed: described(Count, 'Commands whose final result was recorded since the start.'),
  results_by_state: Counts,
  errors_by_code: Counts,
  tail: described(TailExposure, 'What was signed and can still settle, armed or not, by lane.'),
  pulls: described(PullsState, 'Withdrawals of live quotes.'),
  answer_latency: described(LatencyView, 'Time from the arrival of a request to the sending of its answer.'),
});
export type ExecutorState = Static<typeof ExecutorState>;
