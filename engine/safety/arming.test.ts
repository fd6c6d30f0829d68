import { describe, expect, test } from 'bun:test';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { type ArmCaps, type ArmState, createArming } from './arming.ts';

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
    expect(arming.state()).toEqual({ armed: false, sinceMs: clock.nowMs(), by: 'start', untilMs: null, caps: null });
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
      { armed: true, sinceMs: startMs + 5, by: 'operator', untilMs: null, caps: null },
      { armed: false, sinceMs: startMs + 10, by: 'engine: a reason', untilMs: null, caps: null },
    ]);
  });

  test('ends by itself to the minute, and says so', () => {
    const { arming, clock } = make();
    arming.arm('operator', 2);
    expect(arming.state().untilMs).toBe(clock.nowMs() + 120_000);
    clock.advance(119_999);
    expect(arming.state().armed).toBe(true);
    clock.advance(1);
    expect(arming.state()).toMatchObject({ armed: false, by: 'end of the arming', untilMs: null, caps: null });
  });

  test('an arming takes the place of the one before, its end included', () => {
    const { arming, clock } = make();
    arming.arm('operator', 1);
    arming.arm('operator', 3);
    clock.advance(60_000);
    expect(arming.state().armed).toBe(true);
    arming.arm('operator', null);
    clock.advance(1_000_000);
    expect(arming.state()).toMatchObject({ armed: true, untilMs: null, caps: null });
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

describe('an arming that ends by what is filled', () => {
  const capped = (caps: ArmCaps) => {
    const meter = { filledE18: 5n, trades: 5, reset: () => Object.assign(meter, { filledE18: 0n, trades: 0 }) };
    const arming = createArming(new ManualClock(), () => {}, meter);
    arming.arm('operator', null, caps);
    const fill = (filledE18: bigint, trades: number): boolean => {
      Object.assign(meter, { filledE18, trades });
      arming.filled();
      return arming.state().armed;
    };
    return { arming, fill, meter };
  };

  test.each([
    ['max_eur', { maxEurE18: 100n, maxTrades: null }, [99n, 1_000], [100n, 1_000]],
    ['max_trades', { maxEurE18: null, maxTrades: 3 }, [10n ** 30n, 2], [10n ** 30n, 3]],
  ] as const)('%s: goes on a unit below it, and ends at it with the name of the end', (name, caps, below, at) => {
    const { arming, fill, meter } = capped(caps);
    expect(meter).toMatchObject({ filledE18: 0n, trades: 0 });
    expect([fill(below[0], below[1]), fill(at[0], at[1])]).toEqual([true, false]);
    expect(arming.state()).toMatchObject({ by: `end of the arming: ${name}`, caps: null });
  });

  test.each([
    ['goes on', 0n, 100n, true],
    ['goes on', 60n, 40n, true],
    ['ends', 60n, 41n, false],
    ['goes on', 60n, 101n, true],
  ])('max_eur: %s at %d filled of 100 when a quote of %d was refused', (_name, filledE18, paidE18, goesOn) => {
    const { arming, fill } = capped({ maxEurE18: 100n, maxTrades: null });
    fill(filledE18, 1);
    arming.refused(paidE18);
    expect(arming.state()).toMatchObject(goesOn ? { armed: true } : { armed: false, by: 'end of the arming: max_eur' });
  });

  test('without such an end goes on, whatever is filled', () => {
    const { arming, fill } = capped({ maxEurE18: null, maxTrades: null });
    expect(fill(10n ** 30n, 1_000_000)).toBe(true);
    arming.arm('operator', null);
    arming.refused(1n);
    expect(fill(10n ** 30n, 1_000_000)).toBe(true);
  });
});
