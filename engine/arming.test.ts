import { describe, expect, test } from 'bun:test';
import { type ArmState, createArming } from './arming.ts';
import { ManualClock } from './lib/manual-clock.fixture.ts';

function make() {
  const clock = new ManualClock();
  const changes: ArmState[] = [];
  const arming = createArming(clock, (state) => changes.push(state));
  return { clock, changes, arming };
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
});
