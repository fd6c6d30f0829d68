// The limits of what rules find: one unit on this side, one on the other. And what a rule says when it cannot know.

import { describe, expect, test } from 'bun:test';
import type { AlertCode } from '../../../contracts/codes/alerts.ts';
import { isoTime } from '../../../contracts/time.ts';
import { createWorld, type Fields, WINDOWS, type World } from '../world.fixture.ts';
import { isUncovered } from './codes.ts';

const ago = (world: World, ms: number): string => isoTime(world.clock.nowMs() - ms);
const observation = (over: (world: World, ms: number) => Fields) => (world: World, ms: number) =>
  world.hear('ops.funding_observation', { funding_observation_id: 'x', reason_code: null, ...over(world, ms) });

/** What is heard of something that is so old; the condition holds beyond the limit, not at it. */
const BEYOND: readonly (readonly [AlertCode, string, number, (world: World, ageMs: number) => void])[] = [
  [
    'inventory_snapshot_stale',
    'by the time of its reading',
    WINDOWS.inventoryStaleMs,
    (world, ms) => world.hear('state.intent_inventory', { last_sync_at: ago(world, ms) }),
  ],
  [
    'inventory_snapshot_stale',
    'by the time of its record',
    WINDOWS.inventoryStaleMs,
    (world, ms) => world.hear('state.intent_inventory', { last_sync_at: ago(world, ms) }, ms),
  ],
  [
    'reference_price_stale',
    'when no record comes',
    25_000,
    (world, ms) => world.hear('ref.market_price', { tradable: true }, ms),
  ],
  [
    'service_silent',
    'of an expected process',
    WINDOWS.serviceSilentMs,
    (world, ms) => {
      world.report('history-writer');
      world.report('engine', { ageMs: ms });
    },
  ],
  [
    'record_missing',
    'of prices',
    WINDOWS.recordMissingMs,
    (world, ms) => {
      world.report('engine');
      world.hear('state.intent_inventory');
      world.hear('ref.market_price', {}, ms);
    },
  ],
  [
    'record_missing',
    'of balances',
    WINDOWS.recordMissingMs,
    (world, ms) => {
      world.report('engine');
      world.hear('ref.market_price');
      world.hear('state.intent_inventory', {}, ms);
    },
  ],
  [
    'record_missing',
    'of runs of the reconciler',
    WINDOWS.reconciliationMissingMs,
    (world, ms) => {
      world.report('reconciler');
      world.hear('ops.reconciliation', { kind: 'run', status: 'agrees', finding_id: null, finding_seq: null }, ms);
    },
  ],
  [
    'results_uncertain',
    'of an attempt',
    WINDOWS.uncertainMs,
    (world, ms) => world.hear('exec.trade_result', { status: 'uncertain', result_code: 'reply_timeout' }, ms),
  ],
  [
    'funding_seen_unconfirmed',
    'since it was seen',
    WINDOWS.fundingUnconfirmedMs,
    observation((world, ms) => ({ status: 'confirming', first_seen_at: ago(world, ms), confirmed_at: null })),
  ],
  [
    'funding_seen_unconfirmed',
    'when it is called delayed already',
    WINDOWS.fundingUnconfirmedMs,
    observation((world, ms) => ({
      ...{ status: 'delayed', reason_code: 'confirmation_late', first_seen_at: ago(world, ms) },
    })),
  ],
  [
    'funding_confirmed_credit_pending',
    'since it was confirmed',
    WINDOWS.fundingCreditMs,
    observation((world, ms) => ({ status: 'confirmed', confirmed_at: ago(world, ms) })),
  ],
  [
    'history_behind',
    'by the lag that it reports',
    WINDOWS.historyMaxLagMs,
    (world, ms) => world.report('history-writer', { over: { lag_ms: ms } }),
  ],
];

describe('holds beyond the limit, and not at it', () => {
  test.each(BEYOND)('%s %s: %d', (code, _what, limit, hear) => {
    for (const [ageMs, holds] of [
      [limit, false],
      [limit + 1, true],
    ] as const) {
      const world = createWorld();
      hear(world, ageMs);
      expect([ageMs, world.holds(code).length > 0]).toEqual([ageMs, holds]);
    }
  });
});

/** What happened so long ago; the condition holds up to the limit. */
const UNTIL: readonly (readonly [AlertCode, string, number, (world: World, ageMs: number) => void])[] = [
  [
    'executor_submission_failed',
    'after the failure',
    WINDOWS.eventsMs,
    (world, ms) => world.hear('exec.trade_result', { status: 'failed', result_code: 'relay_not_connected' }, ms),
  ],
  ['dead_letters', 'after the letter', WINDOWS.eventsMs, (world, ms) => world.hear('dlq.unrip', {}, ms)],
  [
    'funding_failed',
    'after it failed',
    WINDOWS.noticeMs,
    (world, ms) => world.hear('ops.funding_observation', { status: 'failed' }, ms),
  ],
  [
    'withdrawal_failed',
    'after it was returned',
    WINDOWS.noticeMs,
    (world, ms) => world.hear('ops.liquidity_action', { kind: 'withdrawal', status: 'returned' }, ms),
  ],
  [
    'results_uncertain',
    'for a day, and then it is for the reconciler',
    86_400_000,
    (world, ms) => world.hear('exec.trade_result', { status: 'uncertain', result_code: 'unattributed' }, ms),
  ],
  [
    'service_silent',
    'of a process that is not expected, for a day',
    86_400_000,
    (world, ms) => {
      world.report('engine');
      world.report('history-writer');
      world.report('reconciler', { ageMs: ms });
    },
  ],
];

describe('holds until the limit, and not beyond', () => {
  test.each(UNTIL)('%s %s: %d', (code, _what, limit, hear) => {
    for (const [ageMs, holds] of [
      [limit, true],
      [limit + 1, false],
    ] as const) {
      const world = createWorld();
      hear(world, ageMs);
      expect([ageMs, world.holds(code).length > 0]).toEqual([ageMs, holds]);
    }
  });
});

test.each([
  [
    'control_refused',
    'refusalsMin',
    (world: World) => world.hear('ops.control_action', { outcome: 'refused', http_status: 403 }),
  ],
  ['dead_letters', 'deadLettersMin', (world: World) => world.hear('dlq.unrip')],
  [
    'executor_submission_failed',
    'failuresMin',
    (world: World) => world.hear('exec.trade_result', { status: 'rejected', result_code: 'relay_rejected' }),
  ],
] as const)('%s counts up to its number', (code, minimum, hear) => {
  const world = createWorld();
  const windows = { ...WINDOWS, [minimum]: 3 };
  for (let count = 1; count <= 4; count++) {
    hear(world);
    expect([count, world.holds(code, windows).length]).toEqual([count, count >= 3 ? 1 : 0]);
  }
});

describe('what is no fault', () => {
  test.each<[what: string, code: AlertCode, hear: (world: World) => void]>([
    [
      'a refusal of the executor before it signed',
      'executor_submission_failed',
      (world) => world.hear('exec.trade_result', { status: 'rejected', result_code: 'executor_disarmed' }),
    ],
    [
      'an answer that came too late',
      'executor_submission_failed',
      (world) => world.hear('exec.trade_result', { status: 'late', result_code: 'relay_outbid' }),
    ],
    [
      'a call that was refused for its body',
      'control_refused',
      (world) => {
        for (let call = 0; call < 10; call++)
          world.hear('ops.control_action', { outcome: 'refused', http_status: 400 });
      },
    ],
    [
      'an unexpected process that ended in order',
      'service_silent',
      (world) => {
        world.report('engine');
        world.report('history-writer');
        world.report('reconciler', { notes: ['stopped'], ageMs: 60_000 });
      },
    ],
    [
      'a divergence, which has an alert of its own',
      'reference_price_stale',
      (world) => world.hear('ref.market_price', { tradable: false, problem: 'price_diverged: far apart' }),
    ],
    [
      'a balance that is not read while an operator has paused that',
      'record_missing',
      (world) => {
        world.hear('ref.market_price');
        world.report('engine', { notes: ['inventory.paused'] });
      },
    ],
    [
      'a process that has just begun, and has written nothing yet',
      'record_missing',
      (world) => world.report('engine', { over: { started_at: isoTime(world.clock.nowMs() - 1000) } }),
    ],
    [
      'a reason with an alert of its own',
      'service_unhealthy',
      (world) =>
        world.report('engine', {
          reasons: ['ingest.relay_silent', 'bus.topic_blocked:ops.alert', 'btc-observer.lagging'],
        }),
    ],
    [
      'a credit that was lower, long ago',
      'funding_credit_lower',
      (world) =>
        world.hear(
          'ops.funding_observation',
          { status: 'credited', reason_code: 'credit_lower' },
          WINDOWS.noticeMs + 1,
        ),
    ],
  ])('%s is not %s', (_what, code, hear) => {
    const world = createWorld();
    hear(world);
    expect(world.holds(code)).toEqual([]);
  });

  test('reasons that no rule is about make a process unhealthy', () => {
    expect(['executor.pull_failing', 'reference.kraken_stale', 'failing'].every(isUncovered)).toBe(true);
  });
});

describe('what cannot be known is unknown', () => {
  test.each<[AlertCode, (world: World) => void]>([
    ['relay_disconnected', () => undefined],
    ['relay_silent', (world) => world.report('engine', { ageMs: 15_001, reasons: ['ingest.relay_silent'] })],
    ['journal_behind', (world) => world.report('engine', { notes: ['executor.draining'] })],
    ['circuit_breaker_tripped', () => undefined],
    ['history_behind', (world) => world.report('engine')],
    ['history_not_written', (world) => world.report('engine')],
    ['clock_skew', () => undefined],
    ['reference_diverged', (world) => world.hear('ref.market_price', { problem: 'price_diverged: x' }, 25_001)],
    ['reference_fallback_long', () => undefined],
    ['capital_breached', (world) => world.hear('state.intent_inventory', { reconciliation_status: 'breach' }, 25_001)],
    ['withdrawals_frozen', () => undefined],
    ['funding_observer_silent', () => undefined],
  ])('%s', (code, hear) => {
    const world = createWorld();
    hear(world);
    expect(world.find(code)).toEqual({ holds: [], unknown: 'all' });
  });

  test('of a subject: a process that is silent, a topic whose process is', () => {
    const world = createWorld();
    world.report('history-writer');
    const { unknown } = world.find('service_unhealthy');
    expect([...(unknown as ReadonlySet<string>)]).toContain('engine');
    expect([...(world.find('record_missing').unknown as ReadonlySet<string>)]).toContain('ref.market_price');
  });
});

test.each(['delayed', 'stuck'])(
  'a withdrawal that is %s counts from its request, however often it is repeated',
  (status) => {
    const world = createWorld();
    const requested_at = ago(world, 7_200_000);
    const code = status === 'stuck' ? 'withdrawal_stuck' : 'withdrawal_delayed';
    const reasonNow = (): string => world.ruleOf(code).reason(world.find(code).holds[0]?.details ?? {});
    const hear = (transition_seq: number, over: Fields = {}): void =>
      world.hear('ops.liquidity_action', { kind: 'withdrawal', status, transition_seq, requested_at, ...over });
    hear(1);
    expect(reasonNow()).toContain(`was requested 7200 s ago and is ${status}`);
    world.clock.advance(600_000);
    hear(2);
    expect(reasonNow()).toContain(`was requested 7800 s ago and is ${status}`);
    // One that names no time is as old as its record.
    hear(3, { requested_at: null, first_seen_at: null });
    expect(reasonNow()).toContain('was requested 0 s ago');
  },
);

test('two stuck deposits are two alerts, and a repeat of an older record changes nothing', () => {
  const world = createWorld();
  const hear = (id: string, seq: number, status: string, ageMs = 0) =>
    world.hear('ops.funding_observation', { funding_observation_id: id, observation_seq: seq, status }, ageMs);
  hear('a', 2, 'stuck');
  hear('b', 5, 'stuck');
  expect(world.holds('funding_stuck')).toEqual(['a', 'b']);
  hear('a', 1, 'confirmed', 60_000);
  hear('b', 6, 'credited');
  hear('b', 5, 'stuck', 10_000);
  expect(world.holds('funding_stuck')).toEqual(['a']);
});
