// What outlives a restart, as the text of one file: alerts with their times, the newest that were cleared, and the records that have
// not been handed over yet, with the ids under which they are published. Durations go on over the time that the process was away.
// Pure and total: a text gives all of it, or why it cannot be used.

import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { ALERT_CAUSE_TEXT, ALERT_CODES, ALERT_SEVERITY_TEXT } from '../../../contracts/codes/alerts.ts';
import { nullable, oneOf, oneOfCodes } from '../../../contracts/envelope.ts';
import { readJson } from '../../../contracts/json.ts';
import { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { Moment } from '../moment.ts';
import type { Alert, Transition } from './alert.ts';

/** From 2020 to 2100: what `isoTime` can spell. */
const AtMs = Type.Integer({ minimum: 1_577_836_800_001, maximum: 4_102_444_799_999 });
const Words = Type.String({ maxLength: 512 });

const SavedCondition = Type.Object({
  subject: Type.String({ maxLength: 256 }),
  cause: oneOfCodes(ALERT_CAUSE_TEXT),
  variant: Words,
  scope: Words,
  pair: nullable(Words),
  assetId: nullable(Words),
  txHash: nullable(Words),
  correlation: OpsAlert.properties.correlation_ids,
  details: OpsAlert.properties.details,
});

const SavedAlert = Type.Object({
  code: oneOf(ALERT_CODES),
  phase: oneOf(['pending', 'raised', 'recovering'] as const),
  phase_ms: Type.Number({ minimum: 0 }),
  condition: SavedCondition,
  reason: Type.String({ maxLength: 8192 }),
  condition_since_ms: AtMs,
  evaluated_at_ms: AtMs,
  raised: nullable(
    Type.Object({
      first_at_ms: AtMs,
      at_ms: AtMs,
      for_ms: Type.Number({ minimum: 0 }),
      severity: oneOfCodes(ALERT_SEVERITY_TEXT),
      cause: oneOfCodes(ALERT_CAUSE_TEXT),
      variant: Words,
    }),
  ),
});

const SavedTransition = Type.Object({
  event_id: Type.String({ minLength: 1, maxLength: 64 }),
  at_ms: AtMs,
  payload: OpsAlert,
});

const SavedUnsent = Type.Object({ ...SavedTransition.properties, kafka: Type.Boolean(), webhook: Type.Boolean() });

const Saved = Type.Object({
  version: Type.Literal(1),
  account_id: Type.String(),
  saved_at_ms: AtMs,
  is_whole: Type.Boolean(),
  alerts: Type.Array(SavedAlert),
  cleared: Type.Array(SavedTransition),
  unsent: Type.Array(SavedUnsent),
});

const CHECK = TypeCompiler.Compile(Saved);
/** Every rule with all its subjects, several times over. */
const BOUNDS = { charsMax: 67_108_864, depthMax: 16, valuesMax: 4_000_000 };

/** A record, and to whom it has not been handed over. */
export type Unsent = Transition & { readonly kafka: boolean; readonly webhook: boolean };

export type Kept = {
  /** False: what the topic says is raised has not been taken over yet, although nothing was kept of before. */
  readonly isWhole: boolean;
  readonly alerts: readonly Alert[];
  readonly cleared: readonly Transition[];
  readonly unsent: readonly Unsent[];
};

export type KeptRead = { readonly ok: true; readonly kept: Kept } | { readonly ok: false; readonly problem: string };

export function writeKept({ isWhole, alerts, cleared, unsent }: Kept, accountId: string, now: Moment): string {
  const saved: Static<typeof Saved> = {
    version: 1,
    account_id: accountId,
    saved_at_ms: now.nowMs,
    is_whole: isWhole,
    alerts: alerts.map((alert) => ({
      code: alert.code,
      phase: alert.phase,
      phase_ms: Math.max(0, (now.nowUs - alert.sinceUs) / 1000),
      condition: { ...alert.condition, correlation: { ...alert.condition.correlation } },
      reason: alert.reason.slice(0, 8192),
      condition_since_ms: alert.conditionSinceMs,
      evaluated_at_ms: alert.evaluatedAtMs,
      raised:
        alert.raised === null
          ? null
          : {
              ...{ first_at_ms: alert.raised.firstAtMs, at_ms: alert.raised.atMs, severity: alert.raised.severity },
              ...{ cause: alert.raised.cause, variant: alert.raised.variant },
              for_ms: Math.max(0, (now.nowUs - alert.raised.atUs) / 1000),
            },
    })),
    cleared: cleared.map(savedOf),
    unsent: unsent.map((record) => ({ ...savedOf(record), kafka: record.kafka, webhook: record.webhook })),
  };
  return JSON.stringify(saved);
}

const savedOf = ({ eventId, atMs, payload }: Transition) => ({ event_id: eventId, at_ms: atMs, payload });

export function readKept(text: string, accountId: string, now: Moment): KeptRead {
  const read = readJson(text, BOUNDS);
  if (!read.ok) return { ok: false, problem: read.detail };
  if (!CHECK.Check(read.value))
    return { ok: false, problem: `is not what this version writes: ${firstProblem(read.value)}` };
  const saved = read.value;
  if (saved.account_id !== accountId) return { ok: false, problem: `is of account ${saved.account_id}` };
  // A clock that was set back meanwhile takes no time away.
  const awayMs = Math.max(0, now.nowMs - saved.saved_at_ms);
  return {
    ok: true,
    kept: {
      isWhole: saved.is_whole,
      alerts: saved.alerts.map((alert) => alertOf(alert, awayMs, now)),
      cleared: saved.cleared.map(transitionOf),
      unsent: saved.unsent.map((record) => ({
        ...transitionOf(record),
        kafka: record.kafka,
        webhook: record.webhook,
      })),
    },
  };
}

function alertOf(saved: Static<typeof SavedAlert>, awayMs: number, now: Moment): Alert {
  const { code, phase, condition, reason, raised } = saved;
  return {
    ...{ code, phase, condition, reason, isUnknown: false },
    sinceUs: now.nowUs - (saved.phase_ms + awayMs) * 1000,
    conditionSinceMs: saved.condition_since_ms,
    evaluatedAtMs: saved.evaluated_at_ms,
    raised:
      raised === null
        ? null
        : {
            ...{ firstAtMs: raised.first_at_ms, atMs: raised.at_ms, severity: raised.severity },
            ...{ cause: raised.cause, variant: raised.variant },
            atUs: now.nowUs - (raised.for_ms + awayMs) * 1000,
          },
  };
}

const transitionOf = (saved: Static<typeof SavedTransition>): Transition => ({
  eventId: saved.event_id,
  atMs: saved.at_ms,
  payload: saved.payload,
});

function firstProblem(value: unknown): string {
  const problem = CHECK.Errors(value).First();
  return problem === undefined ? 'unknown' : `${problem.path}: ${problem.message}`;
}
