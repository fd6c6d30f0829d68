// The record of a transition: ops.alert. Pure; texts are cut to what the schema takes.

import { runbookOf } from '../../../contracts/codes/alerts.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import { type Alert, keyOf, type Raised } from './alert.ts';

const REASON_CHARS_MAX = 2000;

export type RecordOf = {
  readonly alert: Alert;
  readonly raised: Raised;
  readonly accountId: string;
  readonly eventId: string;
  readonly nowMs: number;
};

export function raisedRecord(of: RecordOf): OpsAlert {
  return { ...common(of), status: 'raised', reason: of.alert.reason.slice(0, REASON_CHARS_MAX), cleared_at: null };
}

/** @param why the condition counts as over */
export function clearedRecord(of: RecordOf, why: string): OpsAlert {
  const reason = `${why}; it was: ${of.alert.reason}`.slice(0, REASON_CHARS_MAX);
  return { ...common(of), status: 'cleared', reason, cleared_at: isoTime(of.nowMs) };
}

function common({
  alert,
  raised,
  accountId,
  eventId,
  nowMs,
}: RecordOf): Omit<OpsAlert, 'status' | 'reason' | 'cleared_at'> {
  const { code, condition } = alert;
  return {
    alert_event_id: `alert-${eventId}`,
    alert_key: keyOf(code, accountId, condition.subject),
    alert_code: code,
    account_id: accountId,
    subject: condition.subject,
    cause: raised.cause,
    severity: raised.severity,
    service_scope: condition.scope.slice(0, 128),
    pair: condition.pair?.slice(0, 128) ?? null,
    asset_id: condition.assetId,
    tx_hash: condition.txHash,
    correlation_ids: { ...condition.correlation },
    runbook: runbookOf(code),
    condition_since: isoTime(alert.conditionSinceMs),
    first_raised_at: isoTime(raised.firstAtMs),
    raised_at: isoTime(raised.atMs),
    last_evaluated_at: isoTime(nowMs),
    details: { ...condition.details },
  };
}
