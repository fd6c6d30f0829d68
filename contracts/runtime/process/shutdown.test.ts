import { expect, test } from 'bun:test';
import { EventEmitter } from 'node:events';
import { EXIT } from './exit.ts';
import { createShutdown, type SignalHost, watchFaults } from './shutdown.ts';

function makeShutdown(drain: () => Promise<void>, limitMs = 60_000) {
  const handlers: Record<string, () => void> = {};
  const exits: number[] = [];
  const faults: unknown[] = [];
  const drains: string[] = [];
  const host: SignalHost = {
    on: (signal, run) => {
      handlers[signal] = run;
    },
    off: (signal) => {
      delete handlers[signal];
    },
    exit: (code) => void exits.push(code),
  };
  const shutdown = createShutdown({
    drain: (why) => {
      drains.push(why);
      return drain();
    },
    limitMs,
    onLimit: () => void faults.push('limit'),
    onFault: (error) => void faults.push(error),
    host,
  });
  return { shutdown, handlers, exits, faults, drains };
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('%s drains, and the process ends with 0', async (signal) => {
  const { shutdown, handlers, exits, drains } = makeShutdown(async () => undefined);
  expect(shutdown.begun()).toBe(false);
  handlers[signal]?.();
  expect(shutdown.begun()).toBe(true);
  expect(await shutdown.ended).toBe(EXIT.ok);
  expect(drains).toEqual([signal]);
  expect(exits).toEqual([]);
});

test.each([
  [['SIGTERM', 'SIGTERM'], [1]],
  [['SIGTERM', 'SIGINT'], [1]],
  [['SIGHUP', 'SIGHUP', 'SIGHUP'], []],
  [['SIGHUP', 'SIGTERM'], []],
  [['SIGHUP', 'SIGTERM', 'SIGTERM'], [1]],
  [['SIGTERM', 'SIGHUP'], []],
])('%p while it drains: exits %p', (sent, expected) => {
  const { handlers, exits, drains } = makeShutdown(() => new Promise(() => {}));
  for (const signal of sent) handlers[signal]?.();
  expect(exits).toEqual(expected);
  expect(drains.length).toBeLessThanOrEqual(1);
});

test('the first signal drains once, the second ends at once', async () => {
  let drains = 0;
  const gate = Promise.withResolvers<void>();
  const { shutdown, handlers, exits } = makeShutdown(() => {
    drains++;
    return gate.promise;
  });
  handlers['SIGTERM']?.();
  const joined = shutdown.begin('route');
  await Promise.resolve();
  expect(exits).toEqual([]);
  handlers['SIGINT']?.();
  expect(exits).toEqual([1]);
  gate.resolve();
  expect(await joined).toBe(0);
  expect(await shutdown.ended).toBe(0);
  expect(drains).toBe(1);
  shutdown.release();
  expect(Object.keys(handlers)).toEqual([]);
});

test('a signal joins a drain that a route began, the next one ends at once', async () => {
  const gate = Promise.withResolvers<void>();
  const { shutdown, handlers, exits } = makeShutdown(() => gate.promise);
  const joined = shutdown.begin('route');
  handlers['SIGTERM']?.();
  expect(exits).toEqual([]);
  handlers['SIGTERM']?.();
  expect(exits).toEqual([1]);
  gate.resolve();
  expect(await joined).toBe(0);
});

test('a drain that fails, or does not end, gives exit code 1', async () => {
  const failing = makeShutdown(() => Promise.reject(new Error('disk')));
  expect(await failing.shutdown.begin('x')).toBe(1);
  expect(failing.faults).toHaveLength(1);
  const hanging = makeShutdown(() => new Promise(() => {}), 5);
  expect(await hanging.shutdown.begin('x')).toBe(1);
  expect(hanging.faults).toEqual(['limit']);
});

test('what is thrown outside of every guard is reported each time, and ends the process once', () => {
  const host = new EventEmitter();
  const each: unknown[] = [];
  let first = 0;
  const watch = watchFaults(host, { onEach: (error) => void each.push(error), onFirst: () => void first++ });
  expect(watch.faulted()).toBe(false);
  host.emit('uncaughtException', 'a');
  host.emit('unhandledRejection', 'b');
  expect([each, first, watch.faulted()]).toEqual([['a', 'b'], 1, true]);
  watch.release();
  expect(host.listenerCount('uncaughtException') + host.listenerCount('unhandledRejection')).toBe(0);
});
