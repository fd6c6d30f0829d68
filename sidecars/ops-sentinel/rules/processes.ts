// What the rules about processes find in their reports of health. A process that does not report says nothing about its parts:
// their alerts neither begin nor end meanwhile, and `service_silent` says why.

import { BREACH_CODES } from '../../../contracts/reasons.ts';
import { SERVICES, type ServiceName } from '../../../contracts/topics/ops-control-action.ts';
import type { Known } from '../known/known.ts';
import { hasEnded, type Report } from '../known/processes.ts';
import { msSince } from '../moment.ts';
import { codeOf, isObserver, isUncovered, REASONS_OF, stoppedBy } from './codes.ts';
import { type Condition, condition, type Found, found, type RuleMoment, UNKNOWN } from './rule.ts';

/** How long a process that nobody expects is missed after its last report. */
const MISSED_MS = 86_400_000;
const SHOWN_MAX = 900;

const shown = (codes: readonly string[]): string => codes.join(', ').slice(0, SHOWN_MAX);

/** Finds one of the codes among the reasons of a process. */
export const findReason =
  (service: ServiceName, alert: keyof typeof REASONS_OF) =>
  (known: Known, { now }: RuleMoment): Found => {
    const reports = known.processes.running(service, now);
    if (reports.length === 0) return UNKNOWN;
    const codes: readonly string[] = REASONS_OF[alert];
    for (const { payload } of reports) {
      const reasons = [...payload.reasons, ...payload.notes].filter((reason) => codes.includes(codeOf(reason)));
      const [first] = reasons;
      if (first === undefined) continue;
      return found([
        condition({
          ...{ variant: codeOf(first), scope: scopeOf(service, first) },
          correlation: { instance_id: payload.instance_id.slice(0, 128) },
          details: { codes: shown(reasons), since: payload.since },
        }),
      ]);
    }
    return found([]);
  };

/** `engine` and `ingest.relay_silent` -> `engine.ingest`. */
function scopeOf(service: string, reason: string): string {
  const part = /^([a-z-]{1,64})\./.exec(reason)?.[1];
  return part === undefined ? service : `${service}.${part}`;
}

/** In whichever process: a clock is that of a machine. */
export function findClockSkew(known: Known, at: RuleMoment): Found {
  const each = SERVICES.map((service) => findReason(service, 'clock_skew')(known, at));
  const holds = each.flatMap((one) => one.holds).slice(0, 1);
  return holds.length === 0 && each.every((one) => one.unknown === 'all') ? UNKNOWN : found(holds);
}

/** The engine has none, or a quote was open when the salt was replaced. */
export function findSalt(known: Known, at: RuleMoment): Found {
  const missing = findReason('engine', 'salt_invalid')(known, at);
  const [lost] = known.saltLosses.within(at.windows.eventsMs, at.now);
  if (missing.holds.length > 0 || lost === undefined) return missing;
  const { quote_id, command_id } = lost.newest.payload;
  const details = { codes: 'salt_invalidated', quotes: lost.count };
  const correlation = { quote_id: quote_id.slice(0, 128), command_id: command_id.slice(0, 128) };
  return found([condition({ variant: 'salt_invalidated', scope: 'engine.executor', correlation, details })]);
}

const isBreaker = (code: string): boolean => code.startsWith('breaker_');
const isBreach = (code: string): boolean => BREACH_CODES.some((breach) => breach === code);

/** The engine disarmed itself for a cause of this kind; capital that does not fit has an alert of its own. */
export const findStop =
  (kind: 'breaker' | 'fault') =>
  (known: Known, { now }: RuleMoment): Found => {
    const reports = known.processes.running('engine', now);
    if (reports.length === 0) return UNKNOWN;
    const holds = reports.flatMap(({ payload }): Condition[] => {
      const code = stoppedBy(payload.notes);
      if (code === null || isBreach(code) || isBreaker(code) !== (kind === 'breaker')) return [];
      const correlation = { instance_id: payload.instance_id.slice(0, 128) };
      return [condition({ variant: code, scope: 'engine.executor', correlation, details: { code } })];
    });
    return found(holds.slice(0, 1));
  };

const writers = (known: Known, { now }: RuleMoment): readonly Report[] =>
  known.processes.running('history-writer', now);

export function findNotWritten(known: Known, at: RuleMoment): Found {
  const reports = writers(known, at);
  if (reports.length === 0) return UNKNOWN;
  const idle = reports.find(({ payload }) => payload.writing !== true);
  if (idle === undefined) return found([]);
  const { reasons, notes, instance_id } = idle.payload;
  const details = { codes: shown([...reasons, ...notes]), instances: reports.length };
  const correlation = { instance_id: instance_id.slice(0, 128) };
  return found([condition({ scope: 'history-writer', correlation, details })]);
}

export function findBehind(known: Known, at: RuleMoment): Found {
  const reports = writers(known, at);
  if (reports.length === 0) return UNKNOWN;
  const max_lag_ms = at.windows.historyMaxLagMs;
  const lag_ms = Math.max(...reports.map(({ payload }) => payload.lag_ms ?? 0));
  const details = { lag_ms, max_lag_ms };
  return found(lag_ms > max_lag_ms ? [condition({ scope: 'history-writer', details })] : []);
}

/** An expected process that nobody hears, and any other that was heard within a day and did not end in order. */
export function findSilent(known: Known, { now, windows }: RuleMoment): Found {
  return found(
    SERVICES.flatMap((service): Condition[] => {
      const report = known.processes.newest(service, now);
      const isExpected = windows.alertServices.includes(service);
      const window_ms = windows.serviceSilentMs;
      if (report === null)
        return isExpected ? [silent(service, { silent_ms: null, window_ms, ended: false }, 'no_data')] : [];
      const silent_ms = msSince(report.asOfUs, now);
      const ended = hasEnded(report);
      if (silent_ms <= window_ms || (!isExpected && (ended || silent_ms > MISSED_MS))) return [];
      return [silent(service, { silent_ms, window_ms, ended }, 'condition')];
    }),
  );
}

type Silence = { readonly silent_ms: number | null; readonly window_ms: number; readonly ended: boolean };

const silent = (service: ServiceName, details: Silence, cause: Condition['cause']): Condition =>
  condition({ subject: service, cause, scope: service, details });

/** Of each process the reasons that no other rule is about; and this one, when it sees nothing. */
export function findUnhealthy(known: Known, { now }: RuleMoment): Found {
  const silent = new Set<string>();
  const holds = SERVICES.flatMap((service): Condition[] => {
    const reports = known.processes.running(service, now);
    if (reports.length === 0) silent.add(service);
    const reasons = reports.flatMap(({ payload }) => payload.reasons.filter(isUncovered));
    return reasons.length === 0
      ? []
      : [condition({ subject: service, scope: service, details: { codes: shown([...new Set(reasons)]) } })];
  });
  return { holds, unknown: silent };
}

/** The liquidity-manager reports for each chain that it observes as a part of its own. */
export function findObservers(known: Known, { now }: RuleMoment): Found {
  const reports = known.processes.running('liquidity-manager', now);
  if (reports.length === 0) return UNKNOWN;
  const parts = new Map<string, string[]>();
  for (const reason of reports.flatMap(({ payload }) => payload.reasons.filter(isObserver))) {
    const part = reason.slice(0, reason.indexOf('.'));
    parts.set(part, [...(parts.get(part) ?? []), reason]);
  }
  return found(
    [...parts].map(([part, reasons]) =>
      condition({ subject: part, scope: `liquidity-manager.${part}`, details: { codes: shown(reasons) } }),
    ),
  );
}

const FROZEN: ReadonlySet<string> = new Set(['frozen', 'withdrawals_frozen']);

export function findFrozen(known: Known, { now }: RuleMoment): Found {
  const reports = known.processes.running('liquidity-manager', now);
  if (reports.length === 0) return UNKNOWN;
  const notes = reports.flatMap(({ payload }) => [...payload.notes, ...payload.reasons]);
  const frozen = notes.find((note) => FROZEN.has(codeOf(note)));
  return found(frozen === undefined ? [] : [condition({ scope: 'liquidity-manager', details: { codes: frozen } })]);
}

/** The engine runs and writes no such record: what it should say is unknown, although it is heard. */
export function findMissing(known: Known, { now, windows }: RuleMoment): Found {
  const unknown = new Set<string>();
  const judge = (of: Expected): Condition[] => {
    const { topic, service, heard, windowMs, switchedOff } = of;
    const reports = known.processes.running(service, now);
    const isOff = reports.some(({ payload }) => payload.notes.includes(switchedOff));
    if (reports.length === 0 || isOff) {
      unknown.add(topic);
      return [];
    }
    // One that has just begun has not had the time.
    const runsMs = Math.max(...reports.map((report) => runsForMs(report, msSince(report.asOfUs, now))));
    const record_age_ms = heard === null ? null : msSince(heard.asOfUs, now);
    if (Math.min(record_age_ms ?? runsMs, runsMs) <= windowMs) return [];
    const details = { topic, record_age_ms, window_ms: windowMs };
    return [condition({ subject: topic, cause: 'no_data', scope: service, details })];
  };
  const windowMs = windows.recordMissingMs;
  const holds = [
    ...judge({ topic: 'ref.market_price', service: 'engine', heard: known.price(now), windowMs, switchedOff: '' }),
    ...judge({
      ...{ topic: 'state.intent_inventory', service: 'engine', heard: known.inventory(now), windowMs },
      switchedOff: 'inventory.paused',
    }),
    ...judge({
      ...{ topic: 'ops.reconciliation', service: 'reconciler', heard: known.run(now) },
      ...{ windowMs: windows.reconciliationMissingMs, switchedOff: 'runs.paused' },
    }),
  ];
  return { holds, unknown };
}

type Expected = {
  readonly topic: string;
  readonly service: ServiceName;
  readonly heard: { readonly asOfUs: number } | null;
  readonly windowMs: number;
  /** Note of the process while it writes none by order of an operator. */
  readonly switchedOff: string;
};

function runsForMs({ payload, atMs }: Report, reportAgeMs: number): number {
  const startedAtMs = Date.parse(payload.started_at);
  return Number.isFinite(startedAtMs) ? Math.max(0, atMs - startedAtMs) + reportAgeMs : 0;
}
