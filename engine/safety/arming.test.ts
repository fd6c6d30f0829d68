import { describe, expect, test } from 'bun:test';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { type ArmState, createArming } from './arming.ts';

function make() {
  const clock = new ManualClock();
  const changes: ArmState[] = [];
  const arming = createArming(clock, (state) => changes.push(state));
  return { clock, changes, arming };
}

const clocked = (clock: ManualClock): Clock => ({
  nowMs: () => clock.nowMs(),
  elapsedUs: () => clock.elapsedUs(),
  after: (ms, run) => clock.after(ms, run),
  every: (ms, run) => clock.every(ms, run),
});

function makeWithoutTimers() {
  const clock = new ManualClock();
  return { clock, arming: createArming({ ...clocked(clock), after: () => () => {} }, () => {}) };
}

describe('the arm state', () => {
  test('is off at the start', () => {
    const { arming, clock, changes } = make();
    expect(arming.state()).toEqual({ armed: false, sinceMs: clock.nowMs(), by: 'start', untilMs: null });
    expect(changes).toEqual([]);
  });

  test('says who changed it, when, and each change once', () => {
    const { arming, clock, changes } = make();
    clock.advance(5);
    arming.arm('operator', null);
    clock.advance(5);
    arming.disarm('engine: a reason');
    arming.disarm('operator');
    const startMs = clock.nowMs() - 10;
    expect(changes).toEqual([
      { armed: true, sinceMs: startMs + 5, by: 'operator', untilMs: null },
      { armed: false, sinceMs: startMs + 10, by: 'engine: a reason', untilMs: null },
    ]);
  });

  test('ends by itself to the minute, and says so', () => {
    const { arming, clock } = make();
    arming.arm('operator', 2);
    expect(arming.state().untilMs).toBe(clock.nowMs() + 120_000);
    clock.advance(119_999);
    expect(arming.state().armed).toBe(true);
    clock.advance(1);
    expect(arming.state()).toMatchObject({ armed: false, by: 'end of the arming', untilMs: null });
  });

  test('an arming takes the place of the one before, its end included', () => {
    const { arming, clock } = make();
    arming.arm('operator', 1);
    arming.arm('operator', 3);
    clock.advance(60_000);
    expect(arming.state().armed).toBe(true);
    arming.arm('operator', null);
    clock.advance(1_000_000);
    expect(arming.state()).toMatchObject({ armed: true, untilMs: null });
    expect(clock.pending).toBe(0);
  });

  test('what was disarmed by hand is not ended once more, nor what was armed after it', () => {
    const { arming, clock, changes } = make();
    arming.arm('operator', 1);
    arming.disarm('operator');
    expect(clock.pending).toBe(0);
    arming.arm('operator', null);
    clock.advance(60_000);
    expect(arming.state().armed).toBe(true);
    expect(changes).toHaveLength(3);
  });

  test('a clock that is set back does not prolong it, not even while its timer hangs', () => {
    const { arming, clock } = make();
    arming.arm('operator', 2);
    clock.stepWall(-3_600_000);
    clock.advance(119_999);
    expect(arming.state().armed).toBe(true);
    clock.advance(1);
    expect(arming.state()).toMatchObject({ armed: false, by: 'end of the arming' });
    const hanging = makeWithoutTimers();
    hanging.arming.arm('operator', 2);
    hanging.clock.stepWall(-3_600_000);
    hanging.clock.advance(120_000);
    expect(hanging.arming.state()).toMatchObject({ armed: false, by: 'end of the arming' });
  });

  test('a clock that is set forward beyond the end ends it', () => {
    const { arming, clock } = make();
    arming.arm('operator', 60);
    clock.stepWall(3_599_999);
    expect(arming.state().armed).toBe(true);
    clock.stepWall(1);
    expect(arming.state()).toMatchObject({ armed: false, by: 'end of the arming' });
  });

  test('lasts exactly as long as asked for, whatever the clock does between two readings', () => {
    const clock = new ManualClock();
    let readings = 0;
    const arming = createArming({ ...clocked(clock), nowMs: () => clock.nowMs() + readings++ }, () => {});
    arming.arm('operator', 60);
    const { sinceMs, untilMs } = arming.state();
    expect((untilMs ?? 0) - sinceMs).toBe(3_600_000);
  });
});
