// What the rules about transfers, withdrawals and findings find. The subject is the observation, the action or the finding: two
// stuck deposits are two alerts. What is over and cannot be undone is an alert for a while, and then a matter of the history.

import { parseIsoTime } from '../../../contracts/time.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { OpsReconciliation } from '../../../contracts/topics/ops-reconciliation.ts';
import { isDust, type Known } from '../known/known.ts';
import type { Heard } from '../known/record.ts';
import { type Moment, msSince } from '../moment.ts';
import { type Condition, condition, type Found, found, type RuleMoment } from './rule.ts';

type Observation = Heard<OpsFundingObservation>;
type Action = Heard<OpsLiquidityAction>;
type Judge<Of> = (of: Of, at: RuleMoment) => boolean;

const short = (text: string): string => text.slice(0, 128);

/** Since a time that the record names; since the record itself when it names none, or a later one. */
function sinceMs(time: string | null, { atMs, asOfUs }: Heard<unknown>, now: Moment): number {
  const sinceAtMs = Math.min((time === null ? null : parseIsoTime(time)) ?? atMs, atMs);
  return msSince(asOfUs, now) + (atMs - sinceAtMs);
}

const isNotice = (of: Heard<unknown>, { now, windows }: RuleMoment): boolean =>
  msSince(of.asOfUs, now) <= windows.noticeMs;

const hasReason = (of: Observation, reason: string): boolean => of.payload.reason_code === reason;

/** In no block, or in too few: also when the manager already calls that late, or when nothing can be read that would show more. */
export const isUnconfirmed: Judge<Observation> = (of, { now, windows }) => {
  const { status, first_seen_at } = of.payload;
  if (isDust(of.payload)) return false;
  const isLate = status === 'delayed' && (hasReason(of, 'confirmation_late') || hasReason(of, 'observer_silent'));
  const isOpen = status === 'seen' || status === 'confirming' || isLate;
  return isOpen && sinceMs(first_seen_at, of, now) > windows.fundingUnconfirmedMs;
};

export const isUncredited: Judge<Observation> = (of, { now, windows }) => {
  const { status, confirmed_at } = of.payload;
  if (isDust(of.payload)) return false;
  const isOpen = status === 'confirmed' || (status === 'delayed' && hasReason(of, 'credit_late'));
  return isOpen && sinceMs(confirmed_at, of, now) > windows.fundingCreditMs;
};

export const isStuck: Judge<Observation> = (of) => of.payload.status === 'stuck' && !isDust(of.payload);
export const isFailed: Judge<Observation> = (of, at) => of.payload.status === 'failed' && isNotice(of, at);
export const isReplaced: Judge<Observation> = (of, at) =>
  (of.payload.status === 'replaced' || of.payload.status === 'dropped') && !isDust(of.payload) && isNotice(of, at);
/** Also after its credit, which the bridge then has made of a transfer that is in no block. */
export const isReorganised: Judge<Observation> = (of) =>
  (of.payload.status === 'reorganised' || hasReason(of, 'block_reorganised')) && !isDust(of.payload);
export const isCreditLower: Judge<Observation> = (of, at) => hasReason(of, 'credit_lower') && isNotice(of, at);
/** From when it was seen: it is published again and again, since it is never over. */
export const isBelowMinimum: Judge<Observation> = (of, { now, windows }) =>
  hasReason(of, 'below_minimum') &&
  of.payload.status !== 'credited' &&
  sinceMs(of.payload.first_seen_at, of, now) <= windows.noticeMs;

export const findObservations =
  (holds: Judge<Observation>) =>
  (known: Known, at: RuleMoment): Found =>
    found(
      [...known.observations.all(at.now)].flatMap(([, of]): Condition[] => (holds(of, at) ? [observed(of, at)] : [])),
    );

function observed(of: Observation, { now, windows }: RuleMoment): Condition {
  const { payload } = of;
  const { funding_observation_id: id, liquidity_action_id: action, asset_id, tx_hash, status, reason_code } = payload;
  const { chain, amount, credited_amount, minimum_amount, confirmations, confirmations_required } = payload;
  return condition({
    ...{ subject: id, variant: status, scope: 'liquidity-manager', assetId: asset_id, txHash: tx_hash },
    correlation: { funding_observation_id: id, ...(action === null ? {} : { liquidity_action_id: action }) },
    details: {
      ...{ chain, status, reason_code, amount, credited_amount, minimum_amount, confirmations, confirmations_required },
      ...{ seen_for_ms: sinceMs(payload.first_seen_at, of, now), confirmed_for_ms: confirmedForMs(of, now) },
      ...{ replaced_by: payload.replaced_by_tx_hash, detail: payload.detail.slice(0, 500) },
      ...{ unconfirmed_window_ms: windows.fundingUnconfirmedMs, credit_window_ms: windows.fundingCreditMs },
    },
  });
}

const confirmedForMs = (of: Observation, now: Moment): number | null =>
  of.payload.confirmed_at === null ? null : sinceMs(of.payload.confirmed_at, of, now);

export const isAddressFailed: Judge<Action> = (of, at) => is(of, 'deposit_address', 'failed') && isNotice(of, at);
/** Nothing but the bridge shows it, or nothing at all: what an observer follows is found by its observation. */
const isUnobserved = ({ payload }: Action): boolean => payload.funding_observation_id === null;
export const isDepositStuck: Judge<Action> = (of) =>
  is(of, 'deposit', 'stuck') && isUnobserved(of) && of.payload.reason_code !== 'below_minimum';
export const isDepositFailed: Judge<Action> = (of, at) =>
  is(of, 'deposit', 'failed') && isUnobserved(of) && of.payload.reason_code === 'bridge_failed' && isNotice(of, at);
export const isWithdrawalDelayed: Judge<Action> = (of) => is(of, 'withdrawal', 'delayed');
export const isWithdrawalStuck: Judge<Action> = (of) => is(of, 'withdrawal', 'stuck');
export const isWithdrawalFailed: Judge<Action> = (of, at) =>
  (is(of, 'withdrawal', 'failed') || is(of, 'withdrawal', 'returned') || is(of, 'withdrawal', 'returning')) &&
  isNotice(of, at);

const is = ({ payload }: Action, kind: OpsLiquidityAction['kind'], status: OpsLiquidityAction['status']): boolean =>
  payload.kind === kind && payload.status === status;

export const findActions =
  (holds: Judge<Action>) =>
  (known: Known, at: RuleMoment): Found =>
    found([...known.actions.all(at.now)].flatMap(([, of]): Condition[] => (holds(of, at) ? [acted(of, at)] : [])));

function acted(of: Action, { now }: RuleMoment): Condition {
  const { payload } = of;
  const {
    liquidity_action_id: id,
    status,
    asset_id,
    tx_hash,
    kind,
    chain,
    amount,
    reason_code,
    near_tx_hash,
    requested_at,
    first_seen_at,
  } = payload;
  return condition({
    ...{ subject: id, variant: status, scope: 'liquidity-manager', assetId: asset_id, txHash: tx_hash ?? near_tx_hash },
    correlation: { liquidity_action_id: id },
    details: {
      ...{ kind, chain, status, reason_code, amount, detail: payload.detail.slice(0, 500) },
      // Not since the record: what is not over is published again, at each start of its process and once a day.
      ...{ open_for_ms: sinceMs(requested_at ?? first_seen_at, of, now) },
      ...{ destination: payload.destination, bridge_status: payload.bridge_status },
    },
  });
}

/** The reconciler publishes what is open again with each run. */
export function findFindings(known: Known, { now }: RuleMoment): Found {
  return found(
    [...known.findings.all(now)].flatMap(([id, { payload }]): Condition[] =>
      payload.status === 'found' ? [mismatch(id, payload)] : [],
    ),
  );
}

function mismatch(id: string, payload: OpsReconciliation): Condition {
  const { finding_code, detail, recorded, observed: seen, difference, asset_id, tx_hash, quote_id } = payload;
  return condition({
    ...{ subject: id, variant: finding_code ?? '', scope: 'reconciler', assetId: asset_id, txHash: tx_hash },
    correlation: {
      ...{ finding_id: id, reconciliation_id: payload.reconciliation_id },
      ...(quote_id === null ? {} : { quote_id: short(quote_id) }),
    },
    details: { code: finding_code, detail: detail.slice(0, 500), recorded, observed: seen, difference },
  });
}
