import { expect, test } from 'bun:test';
import type { OpsControlAction } from '../../../topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../../topics/ops-service-health.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { HEALTH_WAITING_MAX, ownRecords } from './own-records.ts';
import type { SidecarBase } from './program.ts';

const ACTION = { action: 'freeze-withdrawals' } as OpsControlAction;
const HEALTH = { healthy: true } as OpsServiceHealth;

/** Kafka takes nothing; so many records may wait. */
function make(room: number) {
  const waiting: string[] = [];
  const base = {
    timers: new ManualClock(),
    render: () => '',
    sender: {
      post: (topic: string) => waiting.length < room && waiting.push(topic) > 0,
      waiting: () => waiting.length,
    },
  } as unknown as SidecarBase;
  return { waiting, records: ownRecords('liquidity-manager', base) };
}

test('while Kafka is away health takes a part of the room, and what operators do has the rest', () => {
  const { waiting, records } = make(HEALTH_WAITING_MAX + 2);
  for (let report = 0; report < 10 * HEALTH_WAITING_MAX; report++) records.noteHealth(HEALTH);
  expect(waiting).toHaveLength(HEALTH_WAITING_MAX);
  records.audit(ACTION);
  records.noteHealth(HEALTH);
  records.audit(ACTION);
  expect(waiting.slice(HEALTH_WAITING_MAX)).toEqual(['ops.control_action', 'ops.control_action']);
});

test('an action for which there is no room is an error, which the control API logs', () => {
  const { records } = make(1);
  records.audit(ACTION);
  expect(() => records.audit(ACTION)).toThrow('1 records wait for Kafka already');
});
