// Bodies of GET /alerts, and of GET /state after the fields that every sidecar has.

import { meaningOfAlert, runbookOf, severityOf } from '../../contracts/codes/alerts.ts';
import type {
  ActiveAlert,
  AlertsBody,
  OpsSentinelState,
  PendingAlert,
} from '../../contracts/control/ops-sentinel-state.ts';
import type { Sections } from '../../contracts/runtime/process/state/sections.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import { type Alert, activeBySeverity, keyOf } from './alerts/alert.ts';
import type { Repeater } from './delivery/repeater.ts';
import { msSince } from './moment.ts';
import type { Parts } from './parts.ts';

export function alertsBody({ config, sentinel, rules, clock }: Parts): AlertsBody {
  const { book, paused } = sentinel;
  const alerts = book.alerts();
  return {
    paused,
    last_evaluated_at: isoTimeOrNull(sentinel.evaluatedAtMs()),
    active: alerts.flatMap((alert) => activeOf(alert, config.account)),
    pending: alerts.flatMap((alert): PendingAlert[] => {
      const rule = rules.find(({ code }) => code === alert.code);
      if (alert.raised !== null || rule === undefined) return [];
      const now = { nowMs: clock.nowMs(), nowUs: clock.elapsedUs() };
      const pending_for_ms = Math.max(0, msSince(alert.sinceUs, now));
      return [{ ...viewOf(alert, config.account), pending_for_ms, pending_ms: rule.pendingMs(config) }];
    }),
    cleared: book
      .cleared()
      .map(({ payload }) => payload)
      .reverse(),
    rules: rules.map((rule) => {
      const own = alerts.filter(({ code }) => code === rule.code);
      const { outcome, evaluatedAtMs } = book.status(rule.code);
      return {
        ...{ alert_code: rule.code, severity: severityOf(rule.code), meaning: meaningOfAlert(rule.code) },
        ...{ subject: rule.subject, reads: rule.reads, outcome, last_evaluated_at: isoTimeOrNull(evaluatedAtMs) },
        ...{ pending_ms: rule.pendingMs(config), keep_ms: rule.keepMs(config) },
        raised: own.filter(({ raised }) => raised !== null).length,
        pending: own.filter(({ raised }) => raised === null).length,
      };
    }),
  };
}

function viewOf({ code, condition, reason, conditionSinceMs, evaluatedAtMs }: Alert, accountId: string) {
  const { subject, cause, scope, correlation, details } = condition;
  return {
    ...{
      alert_key: keyOf(code, accountId, subject),
      alert_code: code,
      subject,
      severity: severityOf(code),
      cause,
      reason,
    },
    ...{ service_scope: scope, correlation_ids: { ...correlation }, details: { ...details }, runbook: runbookOf(code) },
    ...{ condition_since: isoTime(conditionSinceMs), last_evaluated_at: isoTime(evaluatedAtMs) },
  };
}

function activeOf(alert: Alert, accountId: string): ActiveAlert[] {
  const { raised, phase, isUnknown } = alert;
  if (raised === null || phase === 'pending') return [];
  const times = { first_raised_at: isoTime(raised.firstAtMs), raised_at: isoTime(raised.atMs) };
  return [{ ...viewOf(alert, accountId), phase, unknown: isUnknown, ...times }];
}

/** What it reads, whether it can, and whether its alerts are of now. */
export function answersOf({ sentinel, base, clock }: Parts) {
  const blindMs = sentinel.known.sight.blindMs(clock.elapsedUs());
  return {
    connected: base.sender.isUp() && blindMs === null,
    input: 'Kafka, the newest records of its topics',
    last_success_at: isoTimeOrNull(sentinel.evaluatedAtMs()),
    freshness:
      sentinel.evaluatedAtMs() === null ? 'unknown' : blindMs !== null || sentinel.paused ? 'stale' : 'authoritative',
  } as const;
}

export function stateOf(parts: Parts): Sections<OpsSentinelState> {
  const { sentinel, stateFile, alertmanager, webhook, clock } = parts;
  const { outbox } = sentinel;
  return {
    paused: () => sentinel.paused,
    draining: () => sentinel.draining,
    others: () => sentinel.others(),
    last_evaluated_at: () => isoTimeOrNull(sentinel.evaluatedAtMs()),
    blind_ms: () => sentinel.known.sight.blindMs(clock.elapsedUs()),
    active: () => activeBySeverity(sentinel.book.alerts()),
    pending: () => sentinel.book.alerts().filter((alert) => alert.raised === null).length,
    raised_since_start: () => sentinel.transitions().raised,
    cleared_since_start: () => sentinel.transitions().cleared,
    unsent: () => ({
      ...{ kafka: outbox.waitingFor('kafka').length, webhook: outbox.waitingFor('webhook').length },
      dropped: outbox.dropped(),
    }),
    state_file: () => ({ problem: stateFile.problem() }),
    alertmanager: () => receiverOf(alertmanager),
    webhook: () => receiverOf(webhook),
    topics: () =>
      [...sentinel.counts].map(([topic, { outcomes, lastReadAtMs }]) => ({
        ...{ topic, records: Object.fromEntries(outcomes), last_read_at: isoTime(lastReadAtMs) },
      })),
  };
}

const receiverOf = (repeater: Repeater | null): OpsSentinelState['webhook'] =>
  repeater === null
    ? null
    : { ...repeater.counts(), failures_in_row: repeater.failures(), problem: repeater.problem() };
