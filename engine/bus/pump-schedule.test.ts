import { expect, test } from 'bun:test';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { PumpSchedule } from './pump-schedule.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function scheduled() {
  const clock = new ManualClock();
  const rig = { clock, pumps: 0, schedule: new PumpSchedule(clock, () => rig.pumps++) };
  return rig;
}

test('several wishes for a pump soon make one', async () => {
  const rig = scheduled();
  rig.schedule.soon();
  rig.schedule.soon();
  expect(rig.pumps).toBe(0);
  await turn();
  expect(rig.pumps).toBe(1);
  rig.schedule.soon();
  await turn();
  expect(rig.pumps).toBe(2);
});

test('of several times the earliest counts, and one timer runs', () => {
  const rig = scheduled();
  rig.schedule.after(1_000);
  rig.schedule.after(100);
  rig.schedule.after(500);
  expect(rig.clock.pending).toBe(1);
  rig.clock.advance(100);
  expect(rig.pumps).toBe(1);
  rig.clock.advance(2_000);
  expect(rig.pumps).toBe(1);
});

test('nothing is pumped after the close', async () => {
  const rig = scheduled();
  rig.schedule.soon();
  rig.schedule.after(100);
  rig.schedule.close();
  rig.schedule.soon();
  rig.schedule.after(100);
  await turn();
  rig.clock.advance(1_000);
  expect({ pumps: rig.pumps, timers: rig.clock.pending }).toEqual({ pumps: 0, timers: 0 });
});
