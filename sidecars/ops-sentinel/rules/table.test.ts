// Every rule: when its alert is raised and cleared, to the millisecond, and what its record says.

import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { ALERT_CODES, runbookOf } from '../../../contracts/codes/alerts.ts';
import { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import { AlertBook } from '../alerts/alert-book.ts';
import { momentOf } from '../moment.ts';
import { ACCOUNT, createWorld, WINDOWS, type World } from '../world.fixture.ts';
import { evaluateRules } from './evaluate.ts';
import { SITUATIONS, type Situation } from './situations.fixture.ts';
import { RULES } from './table.ts';

const CHECK = TypeCompiler.Compile(OpsAlert);

/** A book that sees what the world hears. */
function bookOf(world: World) {
  let ids = 0;
  const book = new AlertBook({ accountId: ACCOUNT, rules: RULES, windows: WINDOWS, newId: () => `id-${++ids}` });
  return {
    book,
    /** Statuses of the alert of the situation. */
    evaluate({ code, subject }: Situation): readonly OpsAlert[] {
      const now = momentOf(world.clock);
      world.known.sight.read(now.nowUs);
      world.known.sight.atEnd(now.nowUs);
      const transitions = book.evaluate(evaluateRules(RULES, world.known, { now, windows: WINDOWS }), now);
      return transitions
        .map(({ payload }) => payload)
        .filter((payload) => payload.alert_code === code && payload.subject === subject);
    },
  };
}

/** Lets time pass, telling again every second what is going on. */
function pass(world: World, ms: number, tell: (world: World) => void, evaluate: () => readonly OpsAlert[]): OpsAlert[] {
  const seen: OpsAlert[] = [];
  for (let left = ms; left > 0; left -= 1000) {
    world.clock.advance(Math.min(1000, left));
    tell(world);
    seen.push(...evaluate());
  }
  return seen;
}

/** How long after what began it the condition holds: it is a matter of age. */
const SOONEST: Partial<Record<string, number>> = {
  service_silent: WINDOWS.serviceSilentMs + 1,
  record_missing: WINDOWS.recordMissingMs + 1,
};
/** How long after the last event the condition is over. */
const LATEST: Partial<Record<string, number>> = {
  executor_submission_failed: WINDOWS.eventsMs + 1,
  dead_letters: WINDOWS.eventsMs + 1,
  control_refused: WINDOWS.eventsMs + 1,
};

test('every code has one rule, a situation here and a runbook', () => {
  expect(RULES.map(({ code }) => code).sort()).toEqual([...ALERT_CODES].sort());
  expect(SITUATIONS.map(({ code }) => code).sort()).toEqual([...ALERT_CODES].sort());
  expect(ALERT_CODES.map(runbookOf).filter((path) => !existsSync(`${import.meta.dir}/../../../${path}`))).toEqual([]);
});

describe('the rule of', () => {
  test.each(SITUATIONS.map((situation) => [situation.code, situation] as const))(
    '%s raises once its condition has held for its pending time, and clears once it was absent for its keep time',
    (code, situation) => {
      const world = createWorld();
      const rule = world.ruleOf(code);
      const { book, evaluate } = bookOf(world);
      const run = (): readonly OpsAlert[] => evaluate(situation);
      // Everything is well before.
      if (SOONEST[code] !== undefined) situation.end(world);
      const soonestMs = SOONEST[code];
      if (soonestMs === undefined) situation.begin(world);
      else expect(pass(world, soonestMs - 1, situation.begin, run)).toEqual([]);
      if (soonestMs !== undefined) world.clock.advance(1);
      const beganAtMs = world.clock.nowMs();
      const pendingMs = rule.pendingMs(WINDOWS);
      const early = pendingMs === 0 ? [] : [...run(), ...pass(world, pendingMs - 1, situation.begin, run)];
      expect(early).toEqual([]);
      if (pendingMs > 0) world.clock.advance(1);
      const raised = run();
      expect(raised.map(({ status, alert_key }) => [status, alert_key])).toEqual([
        ['raised', `${code}:${ACCOUNT}:${situation.subject}`],
      ]);
      expect(Date.parse(raised[0]?.condition_since ?? '')).toBe(beganAtMs);
      expect(Date.parse(raised[0]?.first_raised_at ?? '')).toBe(world.clock.nowMs());

      const latestMs = LATEST[code];
      if (latestMs === undefined) situation.end(world);
      else expect(pass(world, latestMs - 1, situation.end, run)).toEqual([]);
      if (latestMs !== undefined) world.clock.advance(1);
      const keepMs = rule.keepMs(WINDOWS);
      const kept = [...run(), ...pass(world, keepMs - 1, situation.end, run)];
      expect(kept.map(({ status }) => status)).toEqual([]);
      world.clock.advance(1);
      const cleared = run();
      expect(cleared.map(({ status }) => status)).toEqual(['cleared']);
      expect(cleared[0]?.first_raised_at).toBe(raised[0]?.first_raised_at as string);
      expect(
        book.alerts().filter((alert) => alert.code === code && alert.condition.subject === situation.subject),
      ).toEqual([]);
      for (const record of [...raised, ...cleared]) expect([...CHECK.Errors(record)]).toEqual([]);
    },
  );

  test.each(SITUATIONS.map((situation) => [situation.code, situation] as const))(
    '%s says why in a sentence without unknown values',
    (_code, situation) => {
      const world = createWorld();
      const rule = world.ruleOf(situation.code);
      if (SOONEST[situation.code] !== undefined) situation.end(world);
      world.clock.advance(SOONEST[situation.code] ?? 0);
      situation.begin(world);
      const [condition] = world.find(situation.code).holds;
      const reason = rule.reason(condition?.details ?? {});
      expect(reason).not.toMatch(/undefined|NaN|\[object|null/);
      expect(reason.length).toBeGreaterThan(15);
    },
  );
});
