// Anybody can send less than the bridge credits, as often as he likes: a deposit that waits must be seen among it.

import { expect, test } from 'bun:test';
import { isoTime } from '../../../contracts/time.ts';
import { SUBJECTS_MAX } from '../alerts/alert-book.ts';
import { sentinelRig } from '../sentinel.fixture.ts';
import { createWorld, recordText, WINDOWS } from '../world.fixture.ts';

const long = (world: { readonly clock: { nowMs(): number } }): string =>
  isoTime(world.clock.nowMs() - WINDOWS.fundingCreditMs - WINDOWS.fundingUnconfirmedMs - 1);

test.each([
  ['funding_seen_unconfirmed', 'seen'],
  ['funding_confirmed_credit_pending', 'confirmed'],
  ['funding_stuck', 'stuck'],
  ['funding_replaced', 'dropped'],
  ['funding_reorganised', 'reorganised'],
] as const)('%s is not about amounts below the minimum', (code, status) => {
  const world = createWorld();
  const times = { first_seen_at: long(world), confirmed_at: long(world) };
  const hear = (id: string, amount: string) =>
    world.hear('ops.funding_observation', {
      ...{ ...times, status, amount, funding_observation_id: id, minimum_amount: '10000', reason_code: null },
    });
  hear('dust', '9999');
  hear('deposit', '10000');
  expect(world.holds(code)).toEqual(['deposit']);
});

test('a stuck deposit is alerted however much dust is stuck', () => {
  const rig = sentinelRig();
  const hear = (id: string, amount: string) =>
    rig.hear(
      'ops.funding_observation',
      recordText('ops.funding_observation', rig.clock.nowMs(), {
        ...{ status: 'stuck', amount, minimum_amount: '10000', funding_observation_id: id },
      }),
    );
  for (let number = 0; number < SUBJECTS_MAX + 1; number++) hear(`dust-${number}`, '1');
  hear('deposit', '25000');
  rig.sentinel.known.sight.read(rig.clock.elapsedUs());
  rig.tick();
  const raised = rig.sentinel.book.alerts().filter(({ code }) => code === 'funding_stuck');
  expect(raised.map(({ condition }) => condition.subject)).toEqual(['deposit']);
});

/** More than the sentinel keeps of one topic. */
const MANY = 1_100;

test('a stuck deposit stays known however much dust comes after it', () => {
  const world = createWorld();
  const stuck = { status: 'stuck', reason_code: 'credit_late' };
  world.hear('ops.funding_observation', { ...stuck, funding_observation_id: 'deposit' });
  world.hear('ops.liquidity_action', {
    ...{ ...stuck, kind: 'deposit', liquidity_action_id: 'unobserved', funding_observation_id: null },
  });
  const dust = { status: 'confirmed', reason_code: 'below_minimum', amount: '1' };
  for (let number = 0; number < MANY; number++) {
    const id = `dust-${number}`;
    world.hear('ops.funding_observation', { ...dust, funding_observation_id: id, minimum_amount: '10000' });
    world.hear('ops.liquidity_action', { ...dust, kind: 'deposit', liquidity_action_id: id });
  }
  expect([...world.holds('funding_stuck')].sort()).toEqual(['deposit', 'unobserved']);
  expect(world.known.dropped()).toBe(0);
});

test('dust is an alert for a day after it was seen, however often it is published again', () => {
  const world = createWorld();
  const hear = (id: string, seenForMs: number): void =>
    world.hear('ops.funding_observation', {
      ...{ status: 'confirmed', reason_code: 'below_minimum', amount: '1', minimum_amount: '10000' },
      ...{ funding_observation_id: id, first_seen_at: isoTime(world.clock.nowMs() - seenForMs) },
    });
  hear('of today', WINDOWS.noticeMs);
  hear('of before', WINDOWS.noticeMs + 1);
  expect(world.holds('funding_below_minimum')).toEqual(['of today']);
});
