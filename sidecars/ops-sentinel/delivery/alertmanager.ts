// Offers alerts to Prometheus Alertmanager, as Prometheus does: all that are raised, again and again, each with an end that lies some
// repeats ahead, so that they end by themselves when this process does; and for a while those that were cleared, with their end.
// The whole is sent each time: nothing has to be remembered of what arrived.

import { meaningOfAlert } from '../../../contracts/codes/alerts.ts';
import { boundedFetch } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { Alert, Transition } from '../alerts/alert.ts';
import { raisedRecord } from '../alerts/alert-record.ts';
import type { Delivery } from './repeater.ts';

export type AlertmanagerOptions = {
  /** Before /api/v2/alerts. */
  readonly url: string;
  readonly repeatMs: number;
  readonly accountId: string;
  readonly book: { alerts(): readonly Alert[]; cleared(): readonly Transition[] };
  readonly clock: Clock;
  /** `boundedFetch` but in tests. */
  readonly ask?: typeof boundedFetch;
};

/** Alerts of a request. */
const CHUNK = 64;
/** As many repeats may be missed before Alertmanager ends an alert by itself. */
const REPEATS_KEPT = 3;
/** As long as Prometheus repeats what is resolved. */
const CLEARED_MS = 900_000;
const TIME_LIMIT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;

/** An alert of POST /api/v2/alerts. */
export type PostedAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

/** What identifies it there, and what people read. The severity is of the code, so that it does not change an identity. */
function posted(of: OpsAlert, endsAtMs: number): PostedAlert {
  const endsAt = isoTime(endsAtMs);
  return {
    labels: {
      ...{ alertname: of.alert_code, severity: of.severity, account: of.account_id, subject: of.subject },
      job: 'unrip',
    },
    annotations: {
      ...{ summary: meaningOfAlert(of.alert_code), description: of.reason, runbook: of.runbook, cause: of.cause },
      service: of.service_scope,
      ...of.correlation_ids,
    },
    startsAt: of.first_raised_at,
    // One that ends before it starts, after the clock was set back, is refused there, and would not be known at all.
    endsAt: endsAt < of.first_raised_at ? of.first_raised_at : endsAt,
  };
}

export function postedAlerts({ book, accountId, repeatMs }: AlertmanagerOptions, nowMs: number): PostedAlert[] {
  const raised = book.alerts().flatMap((alert) => {
    if (alert.raised === null) return [];
    const record = raisedRecord({ alert, raised: alert.raised, accountId, eventId: '', nowMs });
    return [posted(record, nowMs + REPEATS_KEPT * repeatMs)];
  });
  const isRaised = new Set(raised.map(({ labels }) => JSON.stringify(labels)));
  const cleared = book
    .cleared()
    .filter(({ atMs }) => nowMs - atMs <= CLEARED_MS)
    .map(({ payload, atMs }) => posted(payload, atMs));
  // One that was raised again since is raised.
  return [...raised, ...cleared.filter(({ labels }) => !isRaised.has(JSON.stringify(labels)))];
}

/** @returns delivers all of them; total */
export function createAlertmanager(options: AlertmanagerOptions): (signal: AbortSignal) => Promise<Delivery> {
  const { clock, repeatMs } = options;
  const url = `${options.url}/api/v2/alerts`;
  return async (signal) => {
    const alerts = postedAlerts(options, clock.nowMs());
    let refusal: string | null = null;
    for (let at = 0; at < alerts.length; at += CHUNK) {
      const answer = await (options.ask ?? boundedFetch)({
        ...{ url, signal, timers: clock, timeLimitMs: TIME_LIMIT_MS, bytesMax: ANSWER_BYTES_MAX },
        body: JSON.stringify(alerts.slice(at, at + CHUNK)),
        headers: { 'content-type': 'application/json' },
      });
      if (!answer.ok) return { next: 'failed', detail: answer.detail };
      // What it does not take must not keep back the others.
      if (answer.status !== 200) refusal ??= `Alertmanager answered ${answer.status}`;
    }
    if (refusal !== null) return { next: 'failed', detail: refusal };
    return { next: 'wait', ms: repeatMs, delivered: alerts.length };
  };
}
