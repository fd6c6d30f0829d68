import { expect, test } from 'bun:test';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import type { Moment } from '../model/values.ts';
import type { HeardAgain } from './process-gap.ts';
import { createStallWatch } from './stall-watch.ts';

function watch() {
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void logged.push('after_ms' in fields ? `${event} ${fields['after_ms']}` : event);
  const heard: { -readonly [K in keyof HeardAgain]: HeardAgain[K] } = { priceUs: 0, inventoryUs: 0, relayUs: 0 };
  /** A process that does not run: its clocks go on, its timers do not. */
  const stopped = { us: 0 };
  const machine: Clock = {
    nowMs: () => clock.nowMs() + stopped.us / 1000,
    elapsedUs: () => clock.elapsedUs() + stopped.us,
    after: (ms, run) => clock.after(ms, run),
    every: (ms, run) => clock.every(ms, run),
  };
  const stood: number[] = [];
  let gaps = 0;
  const stalls = createStallWatch({
    clock: machine,
    log: { info: log, warn: log, error: log },
    limitMs: 1000,
    stoodStillMs: () => stood.splice(0).at(0) ?? null,
    heard: () => heard,
    onGap: () => void gaps++,
  });
  const now = (): Moment => ({ nowMs: machine.nowMs(), nowUs: machine.elapsedUs() });
  const stop = (ms: number): void => {
    stopped.us += ms * 1000;
  };
  return { clock, logged, heard, stalls, now, stop, stood, gaps: () => gaps };
}

test('a turn that comes before the timer finds the gap itself, and asks the sources at once', () => {
  const rig = watch();
  rig.stalls.start();
  rig.clock.advance(1000);
  expect(rig.stalls.hold(rig.now())).toBeNull();
  rig.stop(10_000);
  expect(rig.stalls.hold(rig.now())).toEqual({ value: 10_000, limit: 1000 });
  expect([rig.gaps(), rig.logged]).toEqual([1, ['process_stalled']]);
});

test('the timer finds it when no request comes, and says once that all is heard again', () => {
  const rig = watch();
  rig.stalls.start();
  rig.clock.advance(1000);
  rig.stop(5000);
  rig.clock.advance(100);
  expect([rig.gaps(), rig.logged]).toEqual([1, ['process_stalled']]);
  rig.clock.advance(900);
  Object.assign(rig.heard, { priceUs: rig.now().nowUs, inventoryUs: rig.now().nowUs });
  rig.clock.advance(500);
  expect(rig.stalls.hold(rig.now())).not.toBeNull();
  rig.heard.relayUs = rig.now().nowUs;
  expect(rig.stalls.hold(rig.now())).toBeNull();
  rig.clock.advance(1000);
  expect(rig.logged).toEqual(['process_stalled', 'process_resumed 1500']);
  expect(rig.stalls.count()).toBe(1);
});

test('clocks that stood still are a gap, although neither of them shows it', () => {
  const rig = watch();
  rig.stalls.start();
  expect(rig.stalls.hold(rig.now())).toBeNull();
  rig.stood.push(30_000);
  expect(rig.stalls.hold(rig.now())).toEqual({ value: 30_000, limit: 1000 });
  const { nowUs } = rig.now();
  expect(rig.stalls.last()).toMatchObject({ kind: 'stood_still', endedUs: nowUs });
  expect([rig.gaps(), rig.logged]).toEqual([1, ['process_stalled']]);
  Object.assign(rig.heard, { priceUs: nowUs, inventoryUs: nowUs, relayUs: nowUs });
  expect(rig.stalls.hold(rig.now())).toBeNull();
});

test('before the start there is no gap, and after the stop no timer', () => {
  const rig = watch();
  rig.stalls.hold(rig.now());
  rig.stop(10_000);
  expect(rig.stalls.hold(rig.now())).toBeNull();
  const stop = rig.stalls.start();
  expect(rig.stalls.hold(rig.now())).toBeNull();
  stop();
  expect(rig.clock.pending).toBe(0);
});
