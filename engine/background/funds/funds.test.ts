// What is on its way, folded from the liquidity-manager's records.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UNITS_MAX } from '../../../contracts/amounts.ts';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { FUNDING_STATUS_TEXT } from '../../../contracts/codes/funding.ts';
import { LIQUIDITY_STATUSES } from '../../../contracts/codes/liquidity.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import { TOPIC_RETENTION_MS } from '../../../contracts/topics/registry.ts';
import { LATEST_MAX } from '../latest.ts';
import { GOLDEN_NOW_MS, goldenPayload } from '../ops-records.fixture.ts';
import { Funds } from './funds.ts';

const AT_MS = GOLDEN_NOW_MS;
const NOW = { nowMs: AT_MS, nowUs: 1_000_000 };
const action = (over: Partial<OpsLiquidityAction>) => goldenPayload<OpsLiquidityAction>('ops.liquidity_action', over);
const observation = (over: Partial<OpsFundingObservation>) =>
  goldenPayload<OpsFundingObservation>('ops.funding_observation', over);

/** Sums of BTC as numbers. */
function sums(funds: Funds, nowUs = NOW.nowUs) {
  const { pendingInboundUnits, pendingOutboundUnits, preCreditInboundUnits } = funds.underWay(BTC.id, nowUs);
  return [pendingInboundUnits, pendingOutboundUnits, preCreditInboundUnits].map((sum) =>
    sum === null ? null : Number(sum),
  );
}

function afterActions(...payloads: readonly Partial<OpsLiquidityAction>[]): Funds {
  const funds = new Funds();
  for (const payload of payloads) expect(funds.takeAction(action(payload), AT_MS, NOW)).toBeNull();
  return funds;
}

test('a manager that lost its state counts from 1 again: what it says later counts', () => {
  const funds = new Funds();
  funds.takeAction(action({ status: 'stuck', transition_seq: 12 }), AT_MS - 2, NOW);
  funds.takeAction(action({ status: 'credited', transition_seq: 1 }), AT_MS - 1, NOW);
  expect(sums(funds)).toEqual([0, 0, 0]);
  // A record that is sent again is older than that.
  funds.takeAction(action({ status: 'seen', transition_seq: 1 }), AT_MS - 3, NOW);
  expect(sums(funds)).toEqual([0, 0, 0]);
});

test('nothing heard of is nothing under way, once the topics are read', () => {
  expect(sums(new Funds())).toEqual([0, 0, 0]);
});

describe('an action of 25000 units', () => {
  const DEPOSIT = { requested: 0, seen: 1, confirming: 1, confirmed: 1, delayed: 1, stuck: 1, credited: 0, failed: 0 };
  const WITHDRAWAL = {
    ...{ requested: 1, frozen: 1, submitted: 1, burned: 1, confirming: 1, delayed: 1, stuck: 1, returning: 1 },
    ...{ completed: 0, returned: 0, failed: 0 },
  };

  test.each(Object.entries(DEPOSIT))('counts as inbound or not, as a deposit that is %s: %p', (status, times) => {
    const over = { status: status as OpsLiquidityAction['status'] };
    expect(sums(afterActions(over))).toEqual([25_000 * times, 0, 0]);
  });

  test.each(['delayed', 'stuck'] as const)('does not count as a deposit that is %s and was never seen', (status) => {
    const unseen = { first_seen_at: null, funding_observation_id: null, bridge_status: null };
    expect(sums(afterActions({ status, ...unseen }))).toEqual([0, 0, 0]);
    expect(sums(afterActions({ status, ...unseen, bridge_status: 'PENDING' }))).toEqual([25_000, 0, 0]);
  });

  test.each(Object.entries(WITHDRAWAL))(
    'counts as outbound or not, as a withdrawal that is %s: %p',
    (status, times) => {
      const over = { kind: 'withdrawal', status: status as OpsLiquidityAction['status'] } as const;
      expect(sums(afterActions(over))).toEqual([0, 25_000 * times, 0]);
    },
  );

  test('has every status of the contract in the tables above, and is refused with one of another kind', () => {
    const known = new Set([...Object.keys(DEPOSIT), ...Object.keys(WITHDRAWAL), 'active', 'retired']);
    expect([...LIQUIDITY_STATUSES].sort()).toEqual([...known].sort() as (typeof LIQUIDITY_STATUSES)[number][]);
    const funds = new Funds();
    expect(funds.takeAction(action({ kind: 'deposit', status: 'burned' }), AT_MS, NOW)).toBe('status');
    expect(funds.takeAction(action({ kind: 'withdrawal', status: 'credited' }), AT_MS, NOW)).toBe('status');
    expect(sums(funds)).toEqual([0, 0, 0]);
  });

  test('counts while its status is one of a newer version, since unknown is not over', () => {
    expect(sums(afterActions({ status: 'sweeping' as 'seen' }))).toEqual([25_000, 0, 0]);
  });

  test('without an asset is refused; one without an amount makes the sum unknown, not smaller', () => {
    expect(new Funds().takeAction(action({ asset_id: null }), AT_MS, NOW)).toBe('asset');
    expect(sums(afterActions({}, { liquidity_action_id: 'other', amount: null }))).toEqual([null, 0, 0]);
    expect(sums(afterActions({}, { liquidity_action_id: 'other', amount: null, status: 'credited' }))).toEqual([
      25_000, 0, 0,
    ]);
  });

  test('is shown under its own asset only, and an address is no money', () => {
    const funds = afterActions(
      { asset_id: EURE.id },
      { liquidity_action_id: 'address', kind: 'deposit_address', status: 'active' },
    );
    expect(sums(funds)).toEqual([0, 0, 0]);
    expect(funds.underWay(EURE.id, NOW.nowUs).pendingInboundUnits).toEqual(25_000n as never);
  });

  test('of a move between chains is both, under one id', () => {
    expect(sums(afterActions({ kind: 'withdrawal', status: 'burned' }, { status: 'seen', amount: '24000' }))).toEqual([
      24_000, 25_000, 0,
    ]);
  });

  test('sums to more than the verifier holds: the sum is unknown', () => {
    const most = UNITS_MAX.toString();
    expect(afterActions({ amount: most }).underWay(BTC.id, NOW.nowUs).pendingInboundUnits).toBe(UNITS_MAX as never);
    expect(sums(afterActions({ amount: most }, { liquidity_action_id: 'b', amount: '1' }))).toEqual([null, 0, 0]);
    expect(sums(afterActions({ amount: (UNITS_MAX + 1n).toString() }))).toEqual([null, 0, 0]);
  });
});

describe('an observation of 25000 units', () => {
  const COUNTED = {
    ...{ seen: 1, confirming: 1, confirmed: 1, delayed: 1, stuck: 1, reorganised: 1 },
    ...{ dropped: 0, replaced: 0, credited: 0, failed: 0 },
  };

  test.each(Object.entries(COUNTED))('counts as seen before its credit, or not, when %s: %p', (status, times) => {
    const funds = new Funds();
    funds.takeObservation(observation({ status: status as OpsFundingObservation['status'] }), AT_MS, NOW);
    expect(sums(funds)).toEqual([0, 0, 25_000 * times]);
    expect(Object.keys(COUNTED).sort()).toEqual(Object.keys(FUNDING_STATUS_TEXT).sort());
  });
});

type Step = { readonly id: number; readonly seq: number; readonly status: OpsFundingObservation['status'] };
const statuses = Object.keys(FUNDING_STATUS_TEXT) as OpsFundingObservation['status'][];
const steps = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 5 }),
    seq: fc.integer({ min: 1, max: 8 }),
    status: fc.constantFrom(...statuses),
  }),
  { selector: ({ id, seq }) => `${id} ${seq}`, maxLength: 30 },
);
const folded = (taken: readonly Step[]): Funds => {
  const funds = new Funds();
  for (const { id, seq, status } of taken) {
    const over = { funding_observation_id: `fund-${id}`, observation_seq: seq, status, amount: String(id + 1) };
    funds.takeObservation(observation(over), AT_MS, NOW);
  }
  return funds;
};

test('the newest state of each counts, whatever order and repetition the records arrive in', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (all, random) => {
      const draw = () => random.next().value as number;
      const shuffled = [...all, ...all.filter(() => draw() < 0.3)].sort(() => draw() - 0.5);
      const newest = new Map<number, Step>();
      for (const step of all) if (step.seq >= (newest.get(step.id)?.seq ?? 0)) newest.set(step.id, step);
      const gone = ['credited', 'replaced', 'failed', 'dropped'];
      const expected = [...newest.values()].reduce(
        (sum, { id, status }) => (gone.includes(status) ? sum : sum + id + 1),
        0,
      );
      expect(sums(folded(shuffled))).toEqual([0, 0, expected]);
    }),
  );
});

test('a restart that reads the topic again knows the same', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const funds = folded(all);
      const before = [
        sums(funds),
        funds
          .newest('observation', 20, NOW.nowUs)
          .map(({ id, seq }) => `${id} ${seq}`)
          .sort(),
      ];
      funds.forget();
      expect(sums(funds)).toEqual([0, 0, 0]);
      const again = folded(all);
      expect([
        sums(again),
        again
          .newest('observation', 20, NOW.nowUs)
          .map(({ id, seq }) => `${id} ${seq}`)
          .sort(),
      ]).toEqual(before);
    }),
  );
});

describe('the number that is followed is bounded', () => {
  const many = (funds: Funds, count: number, over: (index: number) => Partial<OpsLiquidityAction>): void => {
    for (let index = 0; index < count; index++)
      funds.takeAction(action({ liquidity_action_id: `many-${index}`, amount: '1', ...over(index) }), AT_MS, NOW);
  };

  test('what is over makes room first, and nothing is lost by it', () => {
    const funds = afterActions({});
    many(funds, 5 * LATEST_MAX, () => ({ status: 'credited' }));
    expect([funds.isComplete(NOW.nowUs), sums(funds)]).toEqual([true, [25_000, 0, 0]]);
  });

  test('when one under way had to go, sums are unknown until it would be forgotten anyway', () => {
    const funds = afterActions({});
    many(funds, LATEST_MAX, () => ({}));
    expect([funds.isComplete(NOW.nowUs), sums(funds)]).toEqual([false, [null, null, 0]]);
    expect(funds.newest('deposit', 10 * LATEST_MAX, NOW.nowUs)).toHaveLength(LATEST_MAX);
    const later = NOW.nowUs + TOPIC_RETENTION_MS * 1000 + 1;
    expect(sums(funds, later)).toEqual([0, 0, 0]);
  });
});

test('what was not heard of for as long as Kafka keeps a record is dropped, by the time of its producer and by our own clock', () => {
  const funds = afterActions({});
  const limitUs = TOPIC_RETENTION_MS * 1000;
  expect(sums(funds, NOW.nowUs + limitUs)).toEqual([25_000, 0, 0]);
  expect(sums(funds, NOW.nowUs + limitUs + 1)).toEqual([0, 0, 0]);
  const late = new Funds();
  late.takeAction(action({}), AT_MS - TOPIC_RETENTION_MS - 1, NOW);
  expect(sums(late)).toEqual([0, 0, 0]);
  // A clock that is ahead does not keep it for longer.
  const ahead = new Funds();
  ahead.takeAction(action({}), AT_MS + TOPIC_RETENTION_MS, NOW);
  expect(sums(ahead, NOW.nowUs + limitUs + 1)).toEqual([0, 0, 0]);
});
