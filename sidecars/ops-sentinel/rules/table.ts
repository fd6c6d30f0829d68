// The rules, in one table: what each reads, how long a condition has to hold and to be absent, what it finds, and the sentence of it.
// Severity and meaning of each code are in contracts/codes/alerts.ts, its instructions in ops/runbooks.
//
// As in Prometheus: a condition that holds for its pending time raises the alert, one that is absent for its keep time clears it. What
// a rule cannot know (`unknown`) neither raises nor clears. Rules are evaluated on a timer, so that absence is noticed.

import { meaningOf, RESULT_CODE_TEXT, STOP_TEXT } from '../../../contracts/reasons.ts';
import { findDeadLetters, findFailures, findRefusals, findUncertain } from './events.ts';
import {
  findActions,
  findFindings,
  findObservations,
  isAddressFailed,
  isBelowMinimum,
  isCreditLower,
  isDepositFailed,
  isDepositStuck,
  isFailed,
  isReorganised,
  isReplaced,
  isStuck,
  isUnconfirmed,
  isUncredited,
  isWithdrawalDelayed,
  isWithdrawalFailed,
  isWithdrawalStuck,
} from './funding.ts';
import { findMetrics } from './metrics.ts';
import { findBreach, findDiverged, findFallback, findStaleInventory, findUntradable } from './prices.ts';
import {
  findBehind,
  findClockSkew,
  findFrozen,
  findMissing,
  findNotWritten,
  findObservers,
  findReason,
  findSalt,
  findSilent,
  findStop,
  findUnhealthy,
} from './processes.ts';
import { type Details, found, type Rule, type Windows } from './rule.ts';

const atOnce = (): number => 0;
const keep = ({ keepMs }: Windows): number => keepMs;

const seconds = (ms: Details[string] | undefined): string =>
  typeof ms === 'number' ? `${Math.round(ms / 1000)} s` : 'an unknown time';
const codes =
  (who: string) =>
  (of: Details): string =>
    `${who} reports ${of['codes']}`;
const transfer = (of: Details): string => `transfer of ${of['amount'] ?? 'unknown'} smallest units on ${of['chain']}`;
const withdrawal = (of: Details): string =>
  `withdrawal of ${of['amount'] ?? 'unknown'} smallest units to ${of['chain']} was requested ${seconds(of['open_for_ms'])} ago and is ${of['status']}${because(of)}`;
const because = (of: Details): string => {
  const parts = [of['reason_code'], of['detail']].filter((part) => typeof part === 'string' && part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(': ')})`;
};
const many = (of: Details, what: string): string => `${of['count']} ${what} within ${seconds(of['window_ms'])}`;
const missing = (of: Details): string =>
  of['record_age_ms'] === null
    ? `there is no record of ${of['topic']}`
    : `the newest record of ${of['topic']} is ${seconds(of['record_age_ms'])} old`;

const OBSERVATION = 'id of the observation';
const ACTION = 'id of the treasury action';
const SERVICE = 'process';

type Row = Omit<Rule, 'subject' | 'keepMs' | 'pendingMs'> & Partial<Rule>;
const row = (given: Row): Rule => ({ subject: '', pendingMs: atOnce, keepMs: keep, ...given });

/** Found by one of the reasons that a process reports. */
const reported = (
  given: Omit<Row, 'reads' | 'find' | 'reason'> & { readonly code: Parameters<typeof findReason>[1] },
) =>
  row({
    ...given,
    reads: ['ops.service_health'],
    find: findReason('engine', given.code),
    reason: codes('the engine'),
  });

const funding = (given: Omit<Row, 'reads' | 'subject'>): Rule =>
  row({ ...given, reads: ['ops.funding_observation'], subject: OBSERVATION });
/** Of transfers that are observed, and of deposits that no observer shows. */
const transfers = (given: Omit<Row, 'reads' | 'subject' | 'find'>, finds: readonly Rule['find'][]): Rule =>
  row({
    ...given,
    reads: ['ops.funding_observation', 'ops.liquidity_action'],
    subject: `${OBSERVATION}, or ${ACTION} where there is none`,
    find: (known, at) => found(finds.flatMap((find) => find(known, at).holds)),
  });
const treasury = (given: Omit<Row, 'reads' | 'subject'>): Rule =>
  row({ ...given, reads: ['ops.liquidity_action'], subject: ACTION });

export const RULES: readonly Rule[] = [
  row({
    code: 'reference_price_stale',
    reads: ['ref.market_price'],
    pendingMs: (of) => of.referenceStaleMs,
    find: findUntradable,
    reason: (of) =>
      of['topic'] === undefined
        ? `no price is tradable: ${of['problem'] ?? of['code']}`
        : `${missing(of)}: no price is known`,
  }),
  row({
    code: 'reference_diverged',
    reads: ['ref.market_price'],
    pendingMs: (of) => of.referenceDivergedMs,
    find: findDiverged,
    reason: (of) =>
      `the sources are ${of['divergence_pct']} % apart: Kraken ${of['kraken_bid']} / ${of['kraken_ask']}, CoinGecko ${of['coingecko_price']}`,
  }),
  row({
    code: 'reference_fallback_long',
    reads: ['ref.market_price'],
    pendingMs: (of) => of.fallbackMs,
    find: findFallback,
    reason: (of) => `CoinGecko's price is in use; Kraken's is ${seconds(of['kraken_age_ms'])} old`,
  }),
  row({
    code: 'inventory_snapshot_stale',
    reads: ['state.intent_inventory'],
    find: findStaleInventory,
    reason: (of) =>
      of['topic'] === undefined
        ? `the newest balance, of block ${of['block_height']}, was read ${seconds(of['age_ms'])} ago; ${seconds(of['window_ms'])} are allowed`
        : `${missing(of)}: no balance is known`,
  }),
  row({
    code: 'capital_breached',
    reads: ['state.intent_inventory', 'ops.service_health'],
    find: findBreach,
    reason: (of) => `the capital does not fit: ${of['note'] ?? 'see the inventory'}`,
  }),
  funding({
    code: 'funding_seen_unconfirmed',
    find: findObservations(isUnconfirmed),
    reason: (of) =>
      `${transfer(of)} was seen ${seconds(of['seen_for_ms'])} ago and has ${of['confirmations']} of ${of['confirmations_required'] ?? 'unknown'} confirmations`,
  }),
  funding({
    code: 'funding_confirmed_credit_pending',
    find: findObservations(isUncredited),
    reason: (of) => `${transfer(of)} was confirmed ${seconds(of['confirmed_for_ms'])} ago and is not credited`,
  }),
  transfers({ code: 'funding_stuck', reason: (of) => `${transfer(of)} is stuck${because(of)}` }, [
    findObservations(isStuck),
    findActions(isDepositStuck),
  ]),
  transfers({ code: 'funding_failed', reason: (of) => `${transfer(of)} is reported as failed${because(of)}` }, [
    findObservations(isFailed),
    findActions(isDepositFailed),
  ]),
  funding({
    code: 'funding_replaced',
    find: findObservations(isReplaced),
    reason: (of) => `${transfer(of)} is ${of['status']}${of['replaced_by'] === null ? '' : ` by ${of['replaced_by']}`}`,
  }),
  funding({
    code: 'funding_reorganised',
    find: findObservations(isReorganised),
    reason: (of) => `${transfer(of)} lost its block, and is confirmed no more`,
  }),
  funding({
    code: 'funding_credit_lower',
    find: findObservations(isCreditLower),
    reason: (of) => `${transfer(of)} was credited with ${of['credited_amount'] ?? 'less'}`,
  }),
  funding({
    code: 'funding_below_minimum',
    find: findObservations(isBelowMinimum),
    reason: (of) => `${transfer(of)} is below the minimum of ${of['minimum_amount'] ?? 'the bridge'}`,
  }),
  row({
    code: 'funding_observer_silent',
    subject: 'part of the liquidity-manager',
    reads: ['ops.service_health'],
    pendingMs: (of) => of.serviceUnhealthyMs,
    find: findObservers,
    reason: codes('the liquidity-manager'),
  }),
  treasury({
    code: 'deposit_address_failed',
    find: findActions(isAddressFailed),
    reason: (of) => `no deposit address for ${of['chain']}${because(of)}`,
  }),
  treasury({ code: 'withdrawal_delayed', find: findActions(isWithdrawalDelayed), reason: withdrawal }),
  treasury({ code: 'withdrawal_stuck', find: findActions(isWithdrawalStuck), reason: withdrawal }),
  treasury({ code: 'withdrawal_failed', find: findActions(isWithdrawalFailed), reason: withdrawal }),
  row({
    code: 'withdrawals_frozen',
    reads: ['ops.service_health'],
    find: findFrozen,
    reason: () => 'an operator has frozen withdrawals and moves between chains',
  }),
  row({
    code: 'executor_submission_failed',
    subject: 'code of the result',
    reads: ['exec.trade_result'],
    find: findFailures,
    reason: (of) =>
      `${many(of, of['count'] === 1 ? 'attempt' : 'attempts')}: ${meaningOf(RESULT_CODE_TEXT, String(of['code']))}`,
  }),
  row({
    code: 'results_uncertain',
    reads: ['exec.trade_result'],
    find: findUncertain,
    reason: (of) =>
      `the outcome of ${of['count']} attempts is unknown; of the oldest for ${seconds(of['age_ms'])}, ${of['code']}`,
  }),
  row({
    code: 'circuit_breaker_tripped',
    reads: ['ops.service_health'],
    find: findStop('breaker'),
    reason: (of) => `the engine disarmed itself: ${meaningOf(STOP_TEXT, String(of['code']))}`,
  }),
  row({
    code: 'engine_stopped',
    reads: ['ops.service_health'],
    find: findStop('fault'),
    reason: (of) => `the engine disarmed itself: ${meaningOf(STOP_TEXT, String(of['code']))}`,
  }),
  reported({ code: 'relay_disconnected', pendingMs: (of) => of.relayMs }),
  reported({ code: 'relay_silent', pendingMs: (of) => of.relayMs }),
  row({
    code: 'clock_skew',
    reads: ['ops.service_health'],
    pendingMs: (of) => of.venueMs,
    find: findClockSkew,
    reason: codes('a process'),
  }),
  row({
    code: 'salt_invalid',
    reads: ['ops.service_health', 'exec.trade_result'],
    pendingMs: (of) => of.venueMs,
    find: findSalt,
    reason: codes('the engine'),
  }),
  reported({ code: 'signing_key_invalid', pendingMs: (of) => of.venueMs }),
  reported({ code: 'journal_behind', pendingMs: (of) => of.journalMs }),
  reported({ code: 'disk_low' }),
  reported({ code: 'outbox_growing', pendingMs: (of) => of.outboxMs }),
  row({
    code: 'history_behind',
    reads: ['ops.service_health'],
    pendingMs: (of) => of.historyMs,
    find: findBehind,
    reason: (of) => `the history-writer is ${seconds(of['lag_ms'])} behind; ${seconds(of['max_lag_ms'])} are allowed`,
  }),
  row({
    code: 'history_not_written',
    reads: ['ops.service_health'],
    pendingMs: (of) => of.historyMs,
    find: findNotWritten,
    reason: (of) => `a history-writer does not write: ${of['codes'] === '' ? 'it gives no reason' : of['codes']}`,
  }),
  row({
    code: 'dead_letters',
    subject: 'topic, or relay',
    reads: ['dlq.unrip'],
    find: findDeadLetters,
    reason: (of) => `${many(of, 'dead letters')} from ${of['origin']}; the newest: ${of['reason']}, ${of['detail']}`,
  }),
  row({
    code: 'reconciliation_mismatch',
    subject: 'id of the finding',
    reads: ['ops.reconciliation'],
    find: findFindings,
    reason: (of) => `${of['code']}: ${of['detail']}`,
  }),
  row({
    code: 'service_silent',
    subject: SERVICE,
    reads: ['ops.service_health'],
    find: findSilent,
    reason: (of) =>
      of['silent_ms'] === null
        ? 'no report of its health is known'
        : `its last report of health is ${seconds(of['silent_ms'])} old; ${seconds(of['window_ms'])} are allowed${of['ended'] === true ? '; it said that it was ending' : ''}`,
  }),
  row({
    code: 'service_unhealthy',
    subject: SERVICE,
    reads: ['ops.service_health'],
    pendingMs: (of) => of.serviceUnhealthyMs,
    find: findUnhealthy,
    reason: codes('it'),
  }),
  row({
    code: 'control_refused',
    subject: SERVICE,
    reads: ['ops.control_action'],
    find: findRefusals,
    reason: (of) =>
      `${many(of, 'calls')} were refused; the newest: ${of['call']} by ${of['actor']} from ${of['remote']}, ${of['http_status']}`,
  }),
  row({
    code: 'record_missing',
    subject: 'topic',
    reads: ['ref.market_price', 'state.intent_inventory', 'ops.reconciliation', 'ops.service_health'],
    find: findMissing,
    reason: (of) => `${missing(of)}; ${seconds(of['window_ms'])} are allowed, and its process reports its health`,
  }),
  row({
    code: 'metric_missing',
    subject: 'host and metric',
    reads: [],
    pendingMs: (of) => of.metricsMs,
    find: findMetrics,
    reason: (of) => `${of['host']} does not serve ${of['metric']}: ${of['problem']}`,
  }),
];
