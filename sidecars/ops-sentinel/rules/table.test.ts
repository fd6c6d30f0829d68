// Every rule: when its alert is raised and cleared, to the millisecond, and what its record says.

import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { ALERT_CODES, type AlertCode, runbookOf } from '../../../contracts/codes/alerts.ts';
import { isoTime } from '../../../contracts/time.ts';
import { OpsAlert } from '../../../contracts/topics/ops-alert.ts';
import type { ServiceName } from '../../../contracts/topics/ops-control-action.ts';
import { AlertBook } from '../alerts/alert-book.ts';
import { momentOf } from '../moment.ts';
import { ACCOUNT, createWorld, WINDOWS, type World } from '../world.fixture.ts';
import { evaluateRules } from './evaluate.ts';
import { RULES } from './table.ts';

type Situation = {
  readonly code: AlertCode;
  readonly subject: string;
  /** To be called again and again for as long as it lasts. */
  readonly begin: (world: World) => void;
  /** The same, for as long as it is over. */
  readonly end: (world: World) => void;
};

const OBSERVATION = 'fund-1';
const ACTION = 'liq-1';
const ago = (world: World, ms: number): string => isoTime(world.clock.nowMs() - ms);

const price = (over: object) => (world: World) => world.hear('ref.market_price', { ...over });
const tradable = price({ tradable: true, problem: null, source: 'kraken' });
const report =
  (service: ServiceName, reasons: readonly string[] = [], notes: readonly string[] = [], over: object = {}) =>
  (world: World): void =>
    world.report(service, { reasons, notes, over: { ...over } });

const reported = (code: AlertCode, reason: string): Situation => ({
  ...{ code, subject: '', begin: report('engine', [reason]), end: report('engine') },
});
const noted = (code: AlertCode, note: string, service: ServiceName = 'engine'): Situation => ({
  ...{ code, subject: '', begin: report(service, [], [note]), end: report(service) },
});

let seq = 0;
const observed = (code: AlertCode, over: (world: World) => object): Situation => ({
  ...{ code, subject: OBSERVATION },
  begin: (world) =>
    world.hear('ops.funding_observation', {
      ...{ funding_observation_id: OBSERVATION, observation_seq: ++seq, reason_code: null, ...over(world) },
    }),
  end: (world) =>
    world.hear('ops.funding_observation', {
      ...{ funding_observation_id: OBSERVATION, observation_seq: ++seq, reason_code: null, status: 'credited' },
    }),
});
const acted = (code: AlertCode, kind: string, status: string, then: string): Situation => {
  const hear = (over: object) => (world: World) =>
    world.hear('ops.liquidity_action', { liquidity_action_id: ACTION, transition_seq: ++seq, kind, ...over });
  return { code, subject: ACTION, begin: hear({ status }), end: hear({ status: then }) };
};
/** What was counted leaves the window by itself: the end is to say nothing. */
const silence = (): void => undefined;

const balance =
  (over: (world: World) => object) =>
  (world: World): void =>
    world.hear('state.intent_inventory', {
      ...{ last_sync_at: ago(world, 0), reconciliation_status: 'ok', reconciliation_note: null, ...over(world) },
    });
const result = (over: object) => (world: World) =>
  world.hear('exec.trade_result', { command_id: 'cmd-1', transition_seq: ++seq, ...over });
const finding = (status: string) => (world: World) =>
  world.hear('ops.reconciliation', { finding_id: 'finding-1', finding_seq: ++seq, status });
/** Everything that the engine writes all the time. */
const engineRuns = (world: World): void => {
  world.report('engine');
  tradable(world);
  balance(() => ({}))(world);
};

/** For each rule what makes its condition hold, and what ends it; what has to be repeated to stay true is said again each time. */
const SITUATIONS: readonly Situation[] = [
  {
    code: 'reference_price_stale',
    subject: '',
    begin: price({ tradable: false, problem: 'price_stale: the newest price is old', source: 'none' }),
    end: tradable,
  },
  {
    code: 'reference_diverged',
    subject: '',
    begin: price({ tradable: false, problem: 'price_diverged: far apart' }),
    end: tradable,
  },
  {
    code: 'reference_fallback_long',
    subject: '',
    begin: price({ tradable: true, problem: null, source: 'coingecko' }),
    end: tradable,
  },
  {
    code: 'inventory_snapshot_stale',
    subject: '',
    begin: balance((world) => ({ last_sync_at: ago(world, WINDOWS.inventoryStaleMs + 1) })),
    end: balance(() => ({})),
  },
  {
    code: 'capital_breached',
    subject: '',
    begin: balance(() => ({ reconciliation_status: 'breach', reconciliation_note: 'more is promised' })),
    end: engineRuns,
  },
  observed('funding_seen_unconfirmed', (world) => ({
    ...{ status: 'seen', confirmations: 0, confirmed_at: null },
    first_seen_at: ago(world, WINDOWS.fundingUnconfirmedMs + 1),
  })),
  observed('funding_confirmed_credit_pending', (world) => ({
    ...{ status: 'confirmed', confirmed_at: ago(world, WINDOWS.fundingCreditMs + 1) },
  })),
  observed('funding_stuck', () => ({ status: 'stuck', reason_code: 'credit_late' })),
  observed('funding_failed', () => ({ status: 'failed', reason_code: 'bridge_failed' })),
  observed('funding_replaced', () => ({ status: 'replaced', replaced_by_tx_hash: 'other' })),
  observed('funding_reorganised', () => ({ status: 'reorganised' })),
  observed('funding_credit_lower', () => ({ status: 'credited', reason_code: 'credit_lower', credited_amount: '1' })),
  observed('funding_below_minimum', () => ({ status: 'confirmed', reason_code: 'below_minimum' })),
  {
    code: 'funding_observer_silent',
    subject: 'btc-observer',
    begin: report('liquidity-manager', ['btc-observer.observer_silent']),
    end: report('liquidity-manager'),
  },
  acted('deposit_address_failed', 'deposit_address', 'failed', 'active'),
  acted('withdrawal_delayed', 'withdrawal', 'delayed', 'completed'),
  acted('withdrawal_stuck', 'withdrawal', 'stuck', 'completed'),
  acted('withdrawal_failed', 'withdrawal', 'failed', 'completed'),
  noted('withdrawals_frozen', 'treasury.withdrawals_frozen', 'liquidity-manager'),
  {
    code: 'executor_submission_failed',
    subject: 'relay_rejected',
    begin: result({ status: 'rejected', result_code: 'relay_rejected' }),
    end: silence,
  },
  {
    code: 'results_uncertain',
    subject: '',
    begin: (world) =>
      world.known.uncertain({ nowMs: world.clock.nowMs(), nowUs: world.clock.elapsedUs() }).length > 0
        ? undefined
        : world.hear(
            'exec.trade_result',
            { command_id: 'cmd-1', transition_seq: ++seq, status: 'uncertain', result_code: 'reply_timeout' },
            WINDOWS.uncertainMs + 1,
          ),
    end: result({ status: 'expired', result_code: 'deadline_passed' }),
  },
  noted('circuit_breaker_tripped', 'executor.stopped_by:breaker_day'),
  noted('engine_stopped', 'executor.stopped_by:journal_failed'),
  reported('relay_disconnected', 'ingest.relay_disconnected'),
  reported('relay_silent', 'ingest.relay_silent'),
  reported('clock_skew', 'executor.clock_skew'),
  reported('salt_invalid', 'inventory.salt_unknown'),
  reported('signing_key_invalid', 'executor.signer_unauthorized'),
  reported('journal_behind', 'executor.journal_behind'),
  noted('disk_low', 'executor.disk_low'),
  reported('outbox_growing', 'bus.topic_blocked:ops.alert'),
  {
    code: 'history_behind',
    subject: '',
    begin: report('history-writer', [], [], { lag_ms: WINDOWS.historyMaxLagMs + 1 }),
    end: report('history-writer', [], [], { lag_ms: WINDOWS.historyMaxLagMs }),
  },
  {
    code: 'history_not_written',
    subject: '',
    begin: report('history-writer', ['database.unreachable'], [], { writing: false }),
    end: report('history-writer'),
  },
  { code: 'dead_letters', subject: 'relay', begin: (world) => world.hear('dlq.unrip'), end: silence },
  { code: 'reconciliation_mismatch', subject: 'finding-1', begin: finding('found'), end: finding('corrected') },
  {
    code: 'service_silent',
    subject: 'engine',
    // The other one that is expected goes on.
    begin: report('history-writer'),
    end(world) {
      world.report('engine');
      world.report('history-writer');
    },
  },
  {
    code: 'service_unhealthy',
    subject: 'history-writer',
    begin: report('history-writer', ['kafka.group_shared']),
    end: report('history-writer'),
  },
  {
    code: 'control_refused',
    subject: 'engine',
    begin(world) {
      for (let call = 0; call < WINDOWS.refusalsMin; call++)
        world.hear('ops.control_action', { outcome: 'refused', http_status: 401 });
    },
    end: silence,
  },
  {
    code: 'record_missing',
    subject: 'ref.market_price',
    begin(world) {
      world.report('engine');
      balance(() => ({}))(world);
    },
    end: engineRuns,
  },
  {
    code: 'metric_missing',
    subject: 'host:1 unrip_trading',
    begin: (world) => world.known.metricsRead([{ host: 'host:1', metric: 'unrip_trading', problem: 'it answers 503' }]),
    end: (world) => world.known.metricsRead([{ host: 'host:1', metric: 'unrip_trading', problem: null }]),
  },
];

describe('a deposit that no observer shows', () => {
  const hear = (world: World, over: object): void =>
    world.hear('ops.liquidity_action', {
      ...{ liquidity_action_id: ACTION, transition_seq: ++seq, kind: 'deposit', funding_observation_id: null, ...over },
    });

  test('is alerted when it is stuck or failed, as an observed one is', () => {
    const world = createWorld();
    hear(world, { status: 'stuck', reason_code: 'credit_late' });
    expect([world.holds('funding_stuck'), world.holds('funding_failed')]).toEqual([[ACTION], []]);
    hear(world, { status: 'failed', reason_code: 'bridge_failed' });
    expect([world.holds('funding_stuck'), world.holds('funding_failed')]).toEqual([[], [ACTION]]);
    hear(world, { status: 'credited', reason_code: null });
    expect([world.holds('funding_stuck'), world.holds('funding_failed')]).toEqual([[], []]);
  });

  test.each([
    ['below the minimum', { status: 'stuck', reason_code: 'below_minimum' }],
    [
      'that an observer shows by now',
      { status: 'stuck', reason_code: 'credit_late', funding_observation_id: 'fund-1' },
    ],
    ['whose withdrawal failed, which has an alert of its own', { status: 'failed', reason_code: 'payload_expired' }],
  ])('and one %s has none of these alerts', (_which, over) => {
    const world = createWorld();
    hear(world, over);
    expect([world.holds('funding_stuck'), world.holds('funding_failed')]).toEqual([[], []]);
  });
});

test('a transfer that waits for confirmations waits on while no node can be read', () => {
  const world = createWorld();
  const hear = (over: object): void =>
    world.hear('ops.funding_observation', {
      ...{ funding_observation_id: OBSERVATION, observation_seq: ++seq, confirmed_at: null, ...over },
      first_seen_at: ago(world, WINDOWS.fundingUnconfirmedMs + 1),
    });
  for (const reason_code of ['confirmation_late', 'observer_silent']) {
    hear({ status: 'delayed', reason_code });
    expect(world.holds('funding_seen_unconfirmed')).toEqual([OBSERVATION]);
  }
  hear({ status: 'delayed', reason_code: 'credit_late' });
  expect(world.holds('funding_seen_unconfirmed')).toEqual([]);
});

test('a transfer that loses its block after its credit is alerted as well', () => {
  const world = createWorld();
  const hear = (reason_code: string | null): void =>
    world.hear('ops.funding_observation', {
      ...{ funding_observation_id: OBSERVATION, observation_seq: ++seq, status: 'credited', reason_code },
    });
  hear('block_reorganised');
  expect(world.holds('funding_reorganised')).toEqual([OBSERVATION]);
  hear(null);
  expect(world.holds('funding_reorganised')).toEqual([]);
});

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
