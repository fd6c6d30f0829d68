// Time, timers and randomness of JavaScript itself, as the code that runs on the simulated machine finds them.

import { type Random, randomOf } from './random.ts';
import type { Owner, Schedule } from './schedule.ts';

/** What is in force now; the globals are put in place once in a process, and each run has a machine of its own. */
const now: { schedule: Schedule | null; random: Random } = { schedule: null, random: randomOf('before the first run') };

export function useMachine(schedule: Schedule, random: Random): void {
  now.schedule = schedule;
  now.random = random;
}

function scheduleInUse(): Schedule {
  if (now.schedule === null) throw new Error('no simulation runs');
  return now.schedule;
}

/** Of the process that runs, with its own error. */
export const wallMs = (owner: Owner, schedule: Schedule): number =>
  Math.floor((schedule.nowUs + owner.wallOffsetUs) / 1000);

type Timer = { readonly stop: () => void; unref(): Timer; ref(): Timer; hasRef(): boolean };

const timerOf = (stop: () => void): Timer => {
  const timer: Timer = { stop, unref: () => timer, ref: () => timer, hasRef: () => false };
  return timer;
};

const stopTimer = (timer: unknown): void => {
  if (typeof timer === 'object' && timer !== null && 'stop' in timer) (timer as Timer).stop();
};

function every(ms: number, run: () => void): Timer {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = scheduleInUse().after(Math.max(1, ms) * 1000, () => {
      next();
      run();
    });
  };
  next();
  return timerOf(() => cancel());
}

/** Puts them in place, for the rest of the process. */
export function installGlobals(): void {
  const after = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer =>
    timerOf(scheduleInUse().after(Math.max(1, ms) * 1000, () => run(...args)));
  const fill = <Bytes extends ArrayBufferView>(bytes: Bytes): Bytes => {
    now.random.fill(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return bytes;
  };
  Object.assign(globalThis, {
    setTimeout: after,
    setInterval: (run: () => void, ms = 0) => every(ms, run),
    setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) =>
      timerOf(scheduleInUse().after(1, () => run(...args))),
    clearTimeout: stopTimer,
    clearInterval: stopTimer,
    clearImmediate: stopTimer,
  });
  // Packages ask for the time when they are loaded, before there is one.
  const orZero = (read: (schedule: Schedule) => number) => () => (now.schedule === null ? 0 : read(now.schedule));
  Object.assign(Date, { now: orZero((schedule) => wallMs(schedule.current, schedule)) });
  Object.assign(performance, { now: orZero((schedule) => (schedule.nowUs - schedule.current.startedUs) / 1000) });
  Object.assign(Math, { random: () => now.random.fraction() });
  Object.assign(crypto, { getRandomValues: fill, randomUUID: () => now.random.uuid() });
  Object.assign(Bun, { sleep: (ms: number) => new Promise<void>((done) => void after(() => done(), ms)) });
}
