// For tests: records made from the golden samples, heard at a moment of a clock that the test moves.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertCode } from '../../contracts/codes/alerts.ts';
import { OPS_SENTINEL_VARIABLES, WINDOW_VARIABLES } from '../../contracts/config/ops-sentinel.ts';
import type { Variables } from '../../contracts/config/variable.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { isoTime } from '../../contracts/time.ts';
import type { ServiceName } from '../../contracts/topics/ops-control-action.ts';
import { createKnown } from './known/known.ts';
import { type ReadTopic, readRecord } from './known/record.ts';
import { momentOf } from './moment.ts';
import type { Found, Rule, Windows } from './rules/rule.ts';
import { RULES } from './rules/table.ts';

export const ACCOUNT = 'solver.near';
export type Fields = Readonly<Record<string, unknown>>;

const defaults = (variables: Variables): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(variables).map(([key, { parse, fallback }]) => {
      const parsed = parse(fallback ?? '');
      return [key, parsed.ok ? parsed.value : null];
    }),
  );
const { historyMaxLagMs, alertServices } = OPS_SENTINEL_VARIABLES;

/** As configured when nothing is set. */
export const WINDOWS = defaults({ ...WINDOW_VARIABLES, historyMaxLagMs, alertServices }) as Windows;

const golden = (topic: ReadTopic): { readonly payload: Fields } & Fields =>
  JSON.parse(readFileSync(join(import.meta.dir, `../../contracts/fixtures/golden/${topic}.v1.json`), 'utf8'));
const SAMPLES = new Map<ReadTopic, ReturnType<typeof golden>>();

function sampleOf(topic: ReadTopic): ReturnType<typeof golden> {
  const sample = SAMPLES.get(topic) ?? golden(topic);
  SAMPLES.set(topic, sample);
  return sample;
}

let events = 0;

/** A record of this time. */
export function recordText(topic: ReadTopic, atMs: number, payload: Fields = {}, envelope: Fields = {}): string {
  const sample = sampleOf(topic);
  const at = isoTime(atMs);
  return JSON.stringify({
    ...{ ...sample, event_id: `event-${++events}`, ingested_at: at, ...envelope },
    payload: { ...sample.payload, ...('at' in sample.payload ? { at } : {}), ...payload },
  });
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export type HealthOver = {
  readonly reasons?: readonly string[];
  readonly notes?: readonly string[];
  readonly ageMs?: number;
  readonly over?: Fields;
};

export function createWorld(clock = new ManualClock()) {
  const known = createKnown(clock.elapsedUs());
  const hear = (topic: ReadTopic, payload: Fields = {}, ageMs = 0): void => {
    const now = momentOf(clock);
    const read = readRecord(topic, bytesOf(recordText(topic, now.nowMs - ageMs, payload)), { accountId: ACCOUNT, now });
    if (!read.ok) throw new Error(`a record of ${topic} was refused: ${read.refusal}`);
    known.take(topic, read.heard);
  };
  const ruleOf = (code: AlertCode): Rule => {
    const rule = RULES.find((each) => each.code === code);
    if (rule === undefined) throw new Error(`no rule ${code}`);
    return rule;
  };
  return {
    clock,
    known,
    hear,
    ruleOf,
    /** A report of health. */
    report(service: ServiceName, { reasons = [], notes = [], ageMs = 0, over = {} }: HealthOver = {}): void {
      const started_at = isoTime(clock.nowMs() - 3_600_000);
      const own = { service, instance_id: `${service}-1`, healthy: reasons.length === 0, reasons, notes, started_at };
      const writing = service === 'history-writer' ? { writing: true, lag_ms: 0 } : {};
      hear('ops.service_health', { ...own, ...writing, ...over }, ageMs);
    },
    find(code: AlertCode, windows: Windows = WINDOWS): Found {
      return ruleOf(code).find(known, { now: momentOf(clock), windows });
    },
    /** Subjects of which the condition holds. */
    holds(code: AlertCode, windows: Windows = WINDOWS): readonly string[] {
      return this.find(code, windows).holds.map(({ subject }) => subject);
    },
  };
}

export type World = ReturnType<typeof createWorld>;
