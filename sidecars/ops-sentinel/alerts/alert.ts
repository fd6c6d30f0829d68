// An alert while it lasts, and what one of its transitions says.

import { ALERT_SEVERITY_TEXT, type AlertCode } from '../../../contracts/codes/alerts.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { Condition } from '../rules/rule.ts';

/** `pending`: the condition holds, not for long enough; `recovering`: it is absent, not for long enough, and the alert is raised. */
type Phase = 'pending' | 'raised' | 'recovering';

export type Alert = {
  readonly code: AlertCode;
  readonly phase: Phase;
  /** Monotonic, since when the phase lasts. */
  readonly sinceUs: number;
  /** What was found last, and the sentence of it. */
  readonly condition: Condition;
  readonly reason: string;
  readonly conditionSinceMs: number;
  /** Null while it is pending. */
  readonly raised: Raised | null;
  readonly evaluatedAtMs: number;
  /** At the last evaluation it was not known whether the condition holds. */
  readonly isUnknown: boolean;
};

/** What the newest record of an episode said. */
export type Raised = {
  readonly firstAtMs: number;
  readonly atMs: number;
  /** The same on the monotonic clock. */
  readonly atUs: number;
  readonly severity: OpsAlert['severity'];
  readonly cause: OpsAlert['cause'];
  readonly variant: string;
};

/** A record that is to be published, with the id under which it is. */
export type Transition = {
  readonly eventId: string;
  readonly atMs: number;
  readonly payload: OpsAlert;
};

export const keyOf = (code: AlertCode, accountId: string, subject: string): string => `${code}:${accountId}:${subject}`;

/** How many are raised, of each severity. */
export function activeBySeverity(alerts: readonly Alert[]): Record<string, number> {
  const counts = Object.fromEntries(Object.keys(ALERT_SEVERITY_TEXT).map((severity) => [severity, 0]));
  for (const { raised } of alerts) if (raised !== null) counts[raised.severity] = (counts[raised.severity] ?? 0) + 1;
  return counts;
}
