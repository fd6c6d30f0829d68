// What the topic says is raised, for a sentinel that has lost its own file: those alerts go on with their times, so that each is
// cleared one day, and none is raised a second time. Pure.

import { ALERT_CAUSE_TEXT, ALERT_CODES, ALERT_SEVERITY_TEXT, type AlertCode } from '../../../contracts/codes/alerts.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { Heard } from '../known/record.ts';
import type { Moment } from '../moment.ts';
import type { Alert } from './alert.ts';

export function adoptedFrom(published: Iterable<readonly [string, Heard<OpsAlert>]>, now: Moment): readonly Alert[] {
  const adopted: Alert[] = [];
  for (const [, { payload, atMs }] of published) {
    const alert = payload.status === 'raised' ? alertOf(payload, atMs, now) : null;
    if (alert !== null) adopted.push(alert);
  }
  return adopted;
}

/** Null: of a version that has other alerts, or with times that are none. */
function alertOf(payload: OpsAlert, evaluatedAtMs: number, { nowUs }: Moment): Alert | null {
  const { alert_code: code, severity, subject, details, reason } = payload;
  // A newer version may have other causes: the alert is the same one, and its next record is ours.
  const cause = Object.hasOwn(ALERT_CAUSE_TEXT, payload.cause) ? payload.cause : 'condition';
  const conditionSinceMs = parseIsoTime(payload.condition_since);
  const firstAtMs = parseIsoTime(payload.first_raised_at);
  const atMs = parseIsoTime(payload.raised_at);
  if (!isCode(code) || !Object.hasOwn(ALERT_SEVERITY_TEXT, severity)) return null;
  if (conditionSinceMs === null || firstAtMs === null || atMs === null) return null;
  const { pair, asset_id: assetId, tx_hash: txHash, service_scope: scope, correlation_ids: correlation } = payload;
  return {
    ...{ code, phase: 'raised', sinceUs: nowUs, reason, conditionSinceMs, evaluatedAtMs, isUnknown: true },
    condition: { subject, cause, variant: '', scope, pair, assetId, txHash, correlation, details },
    raised: { firstAtMs, atMs, atUs: nowUs, severity, cause, variant: '' },
  };
}

const isCode = (code: string): code is AlertCode => ALERT_CODES.some((known) => known === code);
