import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Moment } from '../model/values.ts';
import { type Sender, Standstills } from './standstill.ts';

const T0 = 1_767_225_600_000;

/** A machine that began with the right time, and whose clocks have stood still for so long since. */
const readAt = (trueMs: number, stoodMs = 0, wallMs = 0): Moment => ({
  nowMs: T0 + trueMs - stoodMs + wallMs,
  nowUs: (trueMs - stoodMs) * 1000,
});

/** What one sender shows. */
function make(sender: Sender = 'relay') {
  const standstills = new Standstills();
  return {
    see(stampAtMs: number, read: Moment): number | null {
      standstills.stamped(sender, stampAtMs, read);
      return standstills.take();
    },
  };
}

/** Frames that were written 50 ms before they were read, one a second. */
function after(seconds: number) {
  const standstill = make();
  for (let second = 0; second < seconds; second++) {
    expect(standstill.see(T0 + second * 1000 - 50, readAt(second * 1000))).toBeNull();
  }
  return standstill;
}

test.each([
  ['no time', 0, null],
  ['as long as clocks may differ', 1000, null],
  ['longer', 1100, 1100],
  ['half a minute', 30_000, 30_000],
])('clocks that stood still for %s', (_name, stoodMs, missedMs) => {
  const standstill = after(10);
  const trueMs = 10_000 + stoodMs;
  expect(standstill.see(T0 + trueMs - 50, readAt(trueMs, stoodMs))).toBe(missedMs);
  // What comes after it is of the new time.
  expect(standstill.see(T0 + trueMs + 950, readAt(trueMs + 1000, stoodMs))).toBeNull();
});

test.each([
  ['after a while', 10],
  ['before anything else was read', 0],
])('what was sent while the clocks stood still, and is read in one go afterwards, shows it: %s', (_name, seconds) => {
  const standstill = after(seconds);
  const stoodFromMs = seconds * 1000;
  const found: number[] = [];
  // Twenty a second for a minute, of which reading each takes 20 us.
  for (let frame = 0; frame <= 1200; frame++) {
    const sentMs = stoodFromMs + frame * 50;
    const stoodMs = 60_000 - frame * 0.02;
    if (standstill.see(T0 + sentMs, readAt(stoodFromMs + 60_000, stoodMs)) !== null) found.push(frame);
  }
  // Once, by what was sent little more than a second after it began.
  expect(found.length).toBe(1);
  expect(found[0]).toBeLessThan(25);
});

test('what is delayed, by however much, shows nothing; nor does what comes promptly after it', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ sinceMs: fc.nat(400_000), delayMs: fc.nat(60_000) })), (frames) => {
      const standstill = make();
      let trueMs = 0;
      for (const { sinceMs, delayMs } of frames) {
        trueMs += sinceMs;
        expect(standstill.see(T0 + trueMs - delayMs, readAt(trueMs))).toBeNull();
      }
    }),
  );
});

test('the time of day that is set shows nothing', () => {
  const standstill = after(10);
  for (const wallMs of [-3_600_000, 3_600_000]) {
    expect(standstill.see(T0 + 10_000, readAt(10_000, 0, wallMs))).toBeNull();
  }
});

test('a sender whose clock is ahead shows nothing by that, and a standstill all the same', () => {
  const standstill = make();
  for (let second = 0; second < 10; second++) {
    expect(standstill.see(T0 + second * 1000 + 20_000, readAt(second * 1000))).toBeNull();
  }
  expect(standstill.see(T0 + 60_000, readAt(40_000, 30_000))).toBe(30_000);
});

test('a sender that writes ever later times is believed once a minute, and forgotten after some', () => {
  const standstill = after(10);
  let found = 0;
  for (let second = 10; second < 130; second++) {
    if (standstill.see(T0 + second * 60_000, readAt(second * 1000)) !== null) found++;
  }
  expect(found).toBe(2);
  // Two windows later.
  for (let second = 130; second < 1000; second += 10) {
    expect(standstill.see(T0 + second * 1000 - 50, readAt(second * 1000))).toBeNull();
  }
  expect(standstill.see(T0 + 1_030_000, readAt(1_030_000, 30_000))).toBe(30_050);
});

test('each sender has a clock of its own, and what is found is reported once', () => {
  const standstills = new Standstills();
  for (let second = 0; second < 10; second++) {
    standstills.stamped('relay', T0 + second * 1000, readAt(second * 1000));
    standstills.stamped('kraken', T0 + second * 1000 + 4000, readAt(second * 1000));
  }
  expect(standstills.take()).toBeNull();
  standstills.stamped('relay', T0 + 40_000, readAt(40_000, 30_000));
  standstills.stamped('kraken', T0 + 44_500, readAt(40_500, 30_000));
  expect([standstills.take(), standstills.take()]).toEqual([30_000, null]);
});
