import { expect, test } from 'bun:test';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { ALERT_CODES } from '../../contracts/codes/alerts.ts';
import { AlertsBody, OpsSentinelState } from '../../contracts/control/ops-sentinel-state.ts';
import { readAll } from '../../contracts/runtime/process/state/sections.fixture.ts';
import type { Parts } from './parts.ts';
import { RULES } from './rules/table.ts';
import { sentinelRig } from './sentinel.fixture.ts';
import { alertsBody, answersOf, stateOf } from './state.ts';
import { ACCOUNT, recordText, WINDOWS } from './world.fixture.ts';

const CHECK = TypeCompiler.Compile(AlertsBody);
const STATE_CHECK = TypeCompiler.Compile(OpsSentinelState);

/** What the routes read, around a sentinel without a process. */
function partsOf(rig: ReturnType<typeof sentinelRig>): Parts {
  const parts: Pick<Parts, 'sentinel' | 'rules' | 'clock' | 'stateFile' | 'alertmanager' | 'webhook' | 'follower'> = {
    ...{ sentinel: rig.sentinel, rules: RULES, clock: rig.clock, stateFile: rig.file },
    ...{ alertmanager: null, webhook: null, follower: null },
  };
  return {
    ...parts,
    config: { ...WINDOWS, account: ACCOUNT },
    base: { sender: { isUp: () => true } },
  } as unknown as Parts;
}

test('active and cleared alerts, the last evaluation of each rule and the pause are in /alerts and /state', () => {
  const rig = sentinelRig();
  const second = (): void => {
    rig.clock.advance(1000);
    rig.sentinel.known.sight.read(rig.clock.elapsedUs());
    rig.tick();
    rig.deliver();
  };
  const parts = partsOf(rig);
  const state = () => readAll(stateOf(parts));
  expect(alertsBody(parts)).toMatchObject({ paused: false, last_evaluated_at: null, active: [], cleared: [] });
  expect(answersOf(parts).freshness).toBe('unknown');
  const funding = (status: string, seq: number): void => {
    const payload = { status, observation_seq: seq, funding_observation_id: 'a' };
    rig.hear('ops.funding_observation', recordText('ops.funding_observation', rig.clock.nowMs(), payload));
  };
  funding('stuck', 1);
  rig.hear(
    'ref.market_price',
    recordText('ref.market_price', rig.clock.nowMs(), { tradable: false, problem: 'price_stale: x' }),
  );
  second();
  const evaluatedAt = new Date(rig.clock.nowMs()).toISOString();
  const body = alertsBody(parts);
  expect([...CHECK.Errors(body)]).toEqual([]);
  expect(body.last_evaluated_at).toBe(evaluatedAt);
  expect(body.active.find(({ alert_code }) => alert_code === 'funding_stuck')).toMatchObject({
    ...{
      subject: 'a',
      severity: 'critical',
      phase: 'raised',
      unknown: false,
      runbook: 'ops/runbooks/funding_stuck.md',
    },
    ...{ first_raised_at: evaluatedAt, raised_at: evaluatedAt, last_evaluated_at: evaluatedAt },
    correlation_ids: { funding_observation_id: 'a' },
  });
  expect(body.pending.find(({ alert_code }) => alert_code === 'reference_price_stale')).toMatchObject({
    ...{ pending_for_ms: 0, pending_ms: WINDOWS.referenceStaleMs },
  });
  expect(body.rules.map(({ alert_code }) => alert_code).sort()).toEqual([...ALERT_CODES].sort());
  expect(body.rules.every(({ last_evaluated_at }) => last_evaluated_at === evaluatedAt)).toBe(true);
  expect(body.rules.find(({ alert_code }) => alert_code === 'relay_silent')?.outcome).toBe('no_data');
  expect([...STATE_CHECK.Errors(state())]).toEqual([]);
  expect(state()).toMatchObject({ paused: false, blind_ms: null, unsent: { kafka: 0, webhook: 0 } });
  expect(state().active['critical']).toBeGreaterThan(0);
  expect(answersOf(parts)).toMatchObject({ connected: true, freshness: 'authoritative', last_success_at: evaluatedAt });

  funding('credited', 2);
  for (let passed = 0; passed <= WINDOWS.keepMs; passed += 1000) second();
  const later = alertsBody(parts);
  expect(later.active.some(({ alert_code }) => alert_code === 'funding_stuck')).toBe(false);
  expect(later.cleared.find(({ alert_code }) => alert_code === 'funding_stuck')).toMatchObject({
    ...{ status: 'cleared', first_raised_at: evaluatedAt },
  });
  rig.sentinel.pause();
  const pausedAt = alertsBody(parts).last_evaluated_at;
  second();
  expect(alertsBody(parts)).toMatchObject({ paused: true, last_evaluated_at: pausedAt });
  expect([state().paused, answersOf(parts).freshness]).toEqual([true, 'stale']);
});
