// What the engine shows of the sidecars' records, and how far it relies on them.

import { expect, test } from 'bun:test';
import { BTC } from '../../contracts/assets.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { isoTime } from '../../contracts/time.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { FUNDS_UNKNOWN } from '../model/funds.ts';
import { healthReportIn, SILENCE_MS } from './health-report.ts';
import { ACCOUNT, consumed, recordBytes } from './ops-records.fixture.ts';
import { createSidecarNews } from './sidecar-news.ts';

type Fields = Readonly<Record<string, unknown>>;

function rig() {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (event: string) => void warnings.push(event), error: () => {} };
  const news = createSidecarNews({ accountId: ACCOUNT, clock, log });
  return {
    clock,
    news,
    warnings,
    publish(topic: TopicName, payload: Fields = {}, envelope: Fields = {}) {
      const at = isoTime(clock.nowMs());
      news.take(consumed(topic, recordBytes(topic, { at, ...payload }, { ingested_at: at, ...envelope })));
    },
    report(service: string, over: Fields = {}) {
      const report = healthReportIn(
        recordBytes('ops.service_health', { service, at: isoTime(clock.nowMs()), ...over }),
        ACCOUNT,
      );
      if (report === null) throw new Error('not a report');
      news.heard(report);
    },
    sums(isRead = true) {
      const { pendingInboundUnits, pendingOutboundUnits, preCreditInboundUnits } = news.underWay(BTC.id, isRead);
      return [pendingInboundUnits, pendingOutboundUnits, preCreditInboundUnits].map((sum) => sum?.toString() ?? null);
    },
  };
}

const UNKNOWN = [null, null, null];

test('sums are known while the topics are read and the manager is heard of, and unknown otherwise, never zero', () => {
  const world = rig();
  world.publish('ops.liquidity_action');
  world.publish('ops.liquidity_action', {
    liquidity_action_id: 'w',
    kind: 'withdrawal',
    status: 'burned',
    amount: '7',
  });
  world.publish('ops.funding_observation');
  expect([world.sums(), world.news.funding(true).status]).toEqual([UNKNOWN, 'stale']);
  world.report('liquidity-manager');
  expect([world.sums(), world.news.funding(true).status]).toEqual([['25000', '7', '25000'], 'current']);
  expect([world.sums(false), world.news.funding(false).status]).toEqual([UNKNOWN, 'unknown']);
  world.clock.advance(SILENCE_MS);
  expect(world.sums()).toEqual(['25000', '7', '25000']);
  world.clock.advance(1);
  expect([world.sums(), world.news.funding(true).status]).toEqual([UNKNOWN, 'stale']);
  // What was said last stays visible, marked as stale.
  expect(world.news.funding(true).deposits).toMatchObject([{ amount: '25000', status: 'confirmed', under_way: true }]);
  world.report('reconciler');
  expect(world.sums()).toEqual(UNKNOWN);
  world.report('liquidity-manager', { notes: ['manager.draining'] });
  expect(world.sums()).toEqual(UNKNOWN);
  world.report('liquidity-manager');
  expect(world.sums()).toEqual(['25000', '7', '25000']);
  world.news.producersLost();
  expect(world.news.underWay(BTC.id, true)).toEqual(FUNDS_UNKNOWN);
});

test('a manager that is not healthy is shown with its reasons, a bounded number of them', () => {
  const world = rig();
  const reasons = Array.from({ length: 40 }, (_, index) => `observer.${index}${'x'.repeat(300)}`);
  world.report('liquidity-manager', { healthy: false, reasons });
  const { manager } = world.news.funding(true);
  expect(manager).toMatchObject({ healthy: false, heard_at: isoTime(world.clock.nowMs()) });
  expect([manager.reasons.length, Math.max(...manager.reasons.map(({ length }) => length))]).toEqual([16, 128]);
});

test('a record of another account, or one that is not possible, changes nothing, is counted, and logged once by reason', () => {
  const world = rig();
  world.report('liquidity-manager');
  world.publish('ops.liquidity_action');
  for (let round = 0; round < 3; round++) {
    world.publish(
      'ops.liquidity_action',
      { amount: '999999999', liquidity_action_id: 'x' },
      { account_id: 'other.near' },
    );
    world.publish('ops.liquidity_action', { amount: '-5' });
    world.publish('ops.liquidity_action', { status: 'burned' });
    world.news.take(consumed('ops.liquidity_action', new TextEncoder().encode('{')));
    world.publish('ops.liquidity_action', { transition_seq: 5 });
  }
  expect(world.sums()).toEqual(['25000', '0', '0']);
  expect(world.news.counts()).toMatchObject([
    { topic: 'ops.liquidity_action', outcomes: { taken: 4, other_account: 3, schema: 3, status: 3, not_json: 3 } },
  ]);
  expect(world.warnings).toEqual(['ops_record_refused', 'ops_record_refused', 'ops_record_refused']);
  expect(world.news.notes(true)).toEqual(['ops_records_refused']);
  expect(world.news.state(true)).toMatchObject({ caught_up: true, topics: [{ topic: 'ops.liquidity_action' }] });
});

test('a topic that is not followed is passed over', () => {
  const world = rig();
  world.publish('ops.alert');
  expect(world.news.counts()).toEqual([]);
});

test.each<[note: string, topic: TopicName, payload: Fields]>([
  ['deposit_stuck', 'ops.liquidity_action', { status: 'stuck' }],
  ['deposit_stuck', 'ops.funding_observation', { status: 'stuck' }],
  ['withdrawal_stuck', 'ops.liquidity_action', { kind: 'withdrawal', status: 'stuck' }],
  ['credit_lower', 'ops.funding_observation', { status: 'credited', reason_code: 'credit_lower' }],
  ['findings_open', 'ops.reconciliation', {}],
])('%s is noted after a record of %s', (note, topic, payload) => {
  const world = rig();
  world.publish(topic, payload);
  expect(world.news.notes(true)).toEqual([note]);
});

test('a manager or reconciler that ran and is silent is noted; one that never ran is not', () => {
  const world = rig();
  expect(world.news.notes(true)).toEqual([]);
  world.report('liquidity-manager');
  world.report('reconciler');
  expect(world.news.notes(true)).toEqual([]);
  world.report('liquidity-manager', { notes: ['manager.draining'] });
  expect(world.news.notes(true)).toEqual(['liquidity_manager_silent']);
  world.clock.advance(SILENCE_MS + 1);
  expect(world.news.notes(true)).toEqual(['liquidity_manager_silent', 'reconciler_silent']);
  world.report('liquidity-manager');
  world.report('reconciler');
  expect(world.news.notes(true)).toEqual([]);
  world.news.producersLost();
  expect(world.news.notes(true)).toEqual(['liquidity_manager_silent', 'reconciler_silent']);
});

test('topics that cannot be read are noted after a minute', () => {
  const world = rig();
  world.clock.advance(60_000);
  expect(world.news.notes(false)).toEqual([]);
  world.clock.advance(1);
  expect(world.news.notes(false)).toEqual(['ops_topics_unread']);
  expect(world.news.notes(true)).toEqual([]);
});

test('findings are shown with the newest run and the age of that knowledge', () => {
  const world = rig();
  world.report('reconciler');
  world.publish('ops.reconciliation');
  world.publish('ops.reconciliation', {
    ...{ kind: 'run', status: 'differs', open_findings: 1 },
    ...{ finding_id: null, finding_seq: null, finding_code: null },
  });
  expect(world.news.findings(true)).toMatchObject({
    status: 'current',
    last_run_status: 'differs',
    last_run_at: isoTime(world.clock.nowMs()),
    open: { balance_lower: 1 },
  });
});
