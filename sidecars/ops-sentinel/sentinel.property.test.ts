// Over any sequence of records, silence, pauses and restarts: alerts are raised and cleared in turn, and a restart changes nothing.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';

import { isoTime } from '../../contracts/time.ts';
import { FUZZ } from '../../ops/testing/mutated.ts';
import type { ReadTopic } from './known/record.ts';
import { sentinelRig } from './sentinel.fixture.ts';
import { type Fields, recordText, WINDOWS } from './world.fixture.ts';

type Step =
  | { readonly kind: 'hear'; readonly topic: ReadTopic; readonly payload: Fields; readonly ageMs: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'pause' | 'resume' | 'restart' | 'lose' | 'find' };

const hear = (topic: ReadTopic, payload: Fields, ageMs = 0): Step => ({ kind: 'hear', topic, payload, ageMs });
const report = (service: string, reasons: readonly string[], notes: readonly string[] = []): Step =>
  hear('ops.service_health', { service, instance_id: service, healthy: reasons.length === 0, reasons, notes });

const records: fc.Arbitrary<Step> = fc.constantFrom(
  hear('ref.market_price', { tradable: true, problem: null, source: 'kraken' }),
  hear('ref.market_price', { tradable: true, problem: null, source: 'coingecko' }),
  hear('ref.market_price', { tradable: false, problem: 'price_stale: old', source: 'none' }),
  hear('ref.market_price', { tradable: false, problem: 'price_diverged: far', source: 'kraken' }),
  hear('state.intent_inventory', { reconciliation_status: 'ok' }),
  hear('state.intent_inventory', { reconciliation_status: 'breach', reconciliation_note: 'x' }),
  hear('exec.trade_result', { status: 'rejected', result_code: 'relay_rejected', command_id: 'a', transition_seq: 2 }),
  hear(
    'exec.trade_result',
    { status: 'uncertain', result_code: 'restarted', command_id: 'b', transition_seq: 2 },
    179_000,
  ),
  hear('exec.trade_result', { status: 'expired', result_code: 'deadline_passed', command_id: 'b', transition_seq: 3 }),
  hear('ops.control_action', { outcome: 'refused', http_status: 403 }),
  hear('ops.funding_observation', { funding_observation_id: 'x', status: 'stuck', observation_seq: 1 }),
  hear('ops.funding_observation', { funding_observation_id: 'y', status: 'stuck', observation_seq: 1 }),
  hear('ops.funding_observation', { funding_observation_id: 'x', status: 'credited', observation_seq: 2 }),
  hear('dlq.unrip', {}),
  hear('dlq.unrip', {}, 86_400_000),
  report('engine', []),
  report('engine', ['ingest.relay_disconnected']),
  report('engine', ['executor.journal_behind', 'executor.clock_skew']),
  report('engine', [], ['executor.stopped_by:breaker_day']),
  report('history-writer', []),
  report('history-writer', ['database.refused']),
  report('reconciler', [], ['stopped']),
);
const passes: fc.Arbitrary<Step> = fc
  .constantFrom(1, 999, 1000, 5_000, 14_999, WINDOWS.keepMs, WINDOWS.eventsMs)
  .map((ms) => ({ kind: 'pass', ms }));
const step = (...kinds: ('pause' | 'resume' | 'restart' | 'lose' | 'find')[]): fc.Arbitrary<Step> =>
  fc.constantFrom(...kinds).map((kind) => ({ kind }));

type Rig = ReturnType<typeof sentinelRig>;

function act(rig: Rig, one: Step, text: string): void {
  if (one.kind === 'hear') rig.hear(one.topic, text);
  else if (one.kind === 'pause') rig.sentinel.pause();
  else if (one.kind === 'resume') rig.sentinel.resume();
  else if (one.kind === 'lose') {
    rig.isAtEnd = false;
    rig.sentinel.lost();
  } else if (one.kind === 'find') rig.isAtEnd = true;
}

/** Lets time pass in both; a report of this process comes every second, so that only what is lost is blindness. */
function pass(rigs: readonly Rig[], clock: ManualClock, ms: number): void {
  for (let left = ms; left > 0; left -= 1000) {
    clock.advance(Math.min(1000, left));
    for (const rig of rigs) {
      rig.sentinel.known.sight.read(clock.elapsedUs());
      rig.tick();
      rig.deliver();
    }
  }
}

/** As whoever reads them by id sees them; a repeat is the same record. */
function distinct(rig: Rig): Rig['taken'] {
  const seen = new Map<string, string>();
  return rig.taken.filter(({ eventId, ...rest }) => {
    const text = JSON.stringify(rest);
    const before = seen.get(eventId);
    seen.set(eventId, text);
    if (before !== undefined) expect(text).toBe(before);
    return before === undefined;
  });
}

/** What the alerts of one identity did, in order. */
function byKey(rig: Rig): ReadonlyMap<string, readonly { readonly status: string; readonly first: string }[]> {
  const lives = new Map<string, { status: string; first: string }[]>();
  for (const { key, status, first } of distinct(rig)) lives.set(key, [...(lives.get(key) ?? []), { status, first }]);
  return lives;
}

function expectAlternating(rig: Rig): void {
  for (const [key, life] of byKey(rig)) {
    let episode: string | null = null;
    for (const { status, first } of life) {
      if (status === 'cleared') expect([key, episode]).toEqual([key, first]);
      else if (episode !== null) expect([key, first]).toEqual([key, episode]);
      episode = status === 'cleared' ? null : first;
    }
    const isActive = rig.sentinel.book.alerts().some(({ raised, code, condition }) => {
      return raised !== null && key === `${code}:solver.near:${condition.subject}`;
    });
    expect([key, isActive]).toEqual([key, episode !== null]);
  }
}

test('whatever is heard, lost, paused and restarted: no alert is cleared that was not raised, none is raised twice, no id is used twice', () => {
  const steps = fc.array(
    fc.oneof(
      { arbitrary: records, weight: 5 },
      { arbitrary: passes, weight: 4 },
      step('pause', 'resume', 'restart', 'lose', 'find'),
    ),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(steps, (given) => {
      const rig = sentinelRig();
      for (const one of given) {
        const ageMs = one.kind === 'hear' ? one.ageMs : 0;
        if (one.kind === 'pass') pass([rig], rig.clock, one.ms);
        else if (one.kind === 'restart') rig.start();
        else act(rig, one, one.kind === 'hear' ? recordText(one.topic, rig.clock.nowMs() - ageMs, one.payload) : '');
      }
      expectAlternating(rig);
    }),
    { numRuns: FUZZ.numRuns / 6 },
  );
});

test('a restart at any point is like none: the same alerts are raised and cleared at the same times', () => {
  const steps = fc.array(
    fc.oneof({ arbitrary: records, weight: 5 }, { arbitrary: passes, weight: 4 }, step('restart')),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, fc.boolean(), (given, isReadLate) => {
      const clock = new ManualClock();
      const [steady, restarted] = [sentinelRig({ clock }), sentinelRig({ clock })];
      for (const one of given) {
        if (one.kind === 'pass') pass([steady, restarted], clock, one.ms);
        else if (one.kind === 'restart') {
          restarted.start();
          // It may take a moment until all is read.
          restarted.isAtEnd = false;
          if (isReadLate) restarted.tick();
          restarted.isAtEnd = true;
        } else if (one.kind === 'hear') {
          const text = recordText(one.topic, clock.nowMs() - one.ageMs, one.payload);
          for (const rig of [steady, restarted]) act(rig, one, text);
        }
      }
      const lifeOf = (rig: Rig) =>
        distinct(rig)
          .map(({ key, status, first }) => `${key} ${status} ${first}`)
          .sort();
      expect(lifeOf(restarted)).toEqual(lifeOf(steady));
    }),
    { numRuns: FUZZ.numRuns / 6 },
  );
});

test('killed at any point between disk and Kafka, it publishes each transition under one id', () => {
  const steps = fc.array(fc.oneof({ arbitrary: records, weight: 5 }, { arbitrary: passes, weight: 4 }), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(steps, fc.array(fc.nat(2), { minLength: 1, maxLength: 10 }), (given, kills) => {
      const clock = new ManualClock();
      const [steady, killed] = [sentinelRig({ clock }), sentinelRig({ clock })];
      for (const [index, one] of given.entries()) {
        if (one.kind === 'pass') pass([steady], clock, one.ms);
        else if (one.kind === 'hear') {
          const text = recordText(one.topic, clock.nowMs() - one.ageMs, one.payload);
          for (const rig of [steady, killed]) act(rig, one, text);
        }
        if (one.kind === 'pass') killed.sentinel.known.sight.read(clock.elapsedUs());
        killed.tick();
        const kill = kills[index % kills.length];
        // 0: after it was written; 1: after Kafka took it, and before that was noted on disk; 2: not at all.
        if (kill !== 0) killed.deliver();
        if (kill !== 2) killed.start();
      }
      killed.tick();
      killed.deliver();
      expectAlternating(killed);
    }),
    { numRuns: FUZZ.numRuns / 6 },
  );
});

test('a backlog of yesterday raises nothing of what happened then', () => {
  const rig = sentinelRig();
  const dayMs = 86_400_000;
  const at = rig.clock.nowMs() - dayMs;
  for (const [topic, payload] of [
    ['dlq.unrip', {}],
    ['exec.trade_result', { status: 'rejected', result_code: 'relay_rejected' }],
    ['ops.control_action', { outcome: 'refused', http_status: 401 }],
  ] as const)
    for (let index = 0; index < 20; index++) rig.hear(topic, recordText(topic, at + index, payload));
  for (const reasons of [['ingest.relay_disconnected'], ['executor.clock_skew']])
    rig.hear('ops.service_health', recordText('ops.service_health', at, { service: 'engine', reasons }));
  rig.hear('ref.market_price', recordText('ref.market_price', at, { tradable: false, problem: 'price_diverged: far' }));
  pass([rig], rig.clock, 60_000);
  const codes = new Set(rig.taken.map(({ key }) => key.split(':')[0]));
  // What is so now: nobody reports, and there is neither a price nor a balance.
  expect([...codes].sort()).toEqual(['inventory_snapshot_stale', 'reference_price_stale', 'service_silent']);
  expect(rig.taken.every(({ first }) => first > isoTime(rig.clock.nowMs() - 60_001))).toBe(true);
});
