import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../../../../ops/testing/child.ts';
import { tempDir } from '../../../../ops/testing/temp-dir.ts';
import { waitFor } from '../../../../ops/testing/wait.ts';
import { keptLog } from '../../log/kept-log.fixture.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { listenForDatagrams } from './datagram.fixture.ts';
import { openDatagramSocket, unixAddress } from './datagram.ts';
import { takeSupervision } from './environment.ts';
import { createSupervisor } from './supervisor.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A socket under a path of its own, or under an abstract name. */
function manager(kind: 'path' | 'abstract' = 'path') {
  const dir = tempDir('notify');
  const name = kind === 'path' ? join(dir.path, 'socket') : `@${dir.path}`;
  const socket = listenForDatagrams(name);
  stops.push(socket.close, dir.remove);
  return { name, dir: dir.path, received: socket.received };
}

describe('the address of a socket', () => {
  test('is the path with a zero behind it, or the abstract name with one before it', () => {
    expect([...(unixAddress('/a') ?? [])]).toEqual([1, 0, 0x2f, 0x61, 0]);
    expect([...(unixAddress('@a') ?? [])]).toEqual([1, 0, 0, 0x61]);
  });

  test.each(['', '@', 'a/b', 'vsock:2:1', `/${'a'.repeat(107)}`, '/a\0b'])('%p is none', (name) => {
    expect(unixAddress(name)).toBeNull();
    expect(openDatagramSocket(name)).toBeNull();
  });
});

describe('what the service manager hands over', () => {
  test.each([
    [{}, null],
    [{ NOTIFY_SOCKET: ' ' }, null],
    [{ WATCHDOG_USEC: '1000' }, null],
    [{ NOTIFY_SOCKET: '/s' }, { socket: '/s', watchdogUs: null }],
    [
      { NOTIFY_SOCKET: '/s', WATCHDOG_USEC: '1000' },
      { socket: '/s', watchdogUs: 1000 },
    ],
    [
      { NOTIFY_SOCKET: '/s', WATCHDOG_USEC: '1000', WATCHDOG_PID: '7' },
      { socket: '/s', watchdogUs: 1000 },
    ],
    [
      { NOTIFY_SOCKET: '/s', WATCHDOG_USEC: '1000', WATCHDOG_PID: '8' },
      { socket: '/s', watchdogUs: null },
    ],
    [
      { NOTIFY_SOCKET: '/s', WATCHDOG_USEC: '0' },
      { socket: '/s', watchdogUs: null },
    ],
    [
      { NOTIFY_SOCKET: '/s', WATCHDOG_USEC: '-5' },
      { socket: '/s', watchdogUs: null },
    ],
    [
      { NOTIFY_SOCKET: '/s', WATCHDOG_USEC: '9'.repeat(16) },
      { socket: '/s', watchdogUs: null },
    ],
  ])('%j gives %j, and no child gets any of it', (given, wanted) => {
    const env: Record<string, string | undefined> = { ...given, PATH: '/bin' };
    expect(takeSupervision(env, 7)).toEqual(wanted);
    expect(env).toEqual({ PATH: '/bin' });
  });
});

describe.each(['path', 'abstract'] as const)('messages to a socket with a name of the kind %s', (kind) => {
  test('say ready, alive at half of the time, and stopping', () => {
    const { name, received } = manager(kind);
    const clock = new ManualClock();
    const { log, lines } = keptLog();
    const supervision = { socket: name, watchdogUs: 3_000_000 };
    const supervisor = createSupervisor({ supervision, status: 'engine 1', timers: clock, log });
    clock.advance(10_000);
    expect(received()).toEqual([]);
    supervisor.ready();
    expect(received()).toEqual(['READY=1\nSTATUS=engine 1\n']);
    clock.advance(1499);
    expect(received()).toHaveLength(1);
    clock.advance(1);
    expect(received().slice(1)).toEqual(['WATCHDOG=1\n']);
    supervisor.stopping();
    clock.advance(1500);
    expect(received().slice(2)).toEqual(['STOPPING=1\nSTATUS=draining\n', 'WATCHDOG=1\n']);
    supervisor.release();
    clock.advance(10_000);
    expect(received()).toHaveLength(4);
    expect(lines).toEqual([]);
  });
});

test('a service manager that is gone is logged once, and again when it was back in between', () => {
  const dir = tempDir('notify');
  const name = join(dir.path, 'socket');
  const clock = new ManualClock();
  const { log, events } = keptLog();
  const supervision = { socket: name, watchdogUs: 2000 };
  const supervisor = createSupervisor({ supervision, status: 's', timers: clock, log });
  supervisor.ready();
  clock.advance(5);
  expect(events()).toEqual(['supervisor_unreachable']);
  const socket = listenForDatagrams(name);
  stops.push(socket.close, dir.remove);
  clock.advance(1);
  expect(socket.received()).toContain('WATCHDOG=1\n');
  expect(events()).toEqual(['supervisor_unreachable']);
  supervisor.release();
});

test('a name that is no socket of this system is an error in the log, and the process goes on', () => {
  const { log, events } = keptLog();
  const supervision = { socket: 'vsock:2:1', watchdogUs: null };
  const supervisor = createSupervisor({ supervision, status: 's', timers: new ManualClock(), log });
  supervisor.ready();
  supervisor.release();
  expect(events()).toEqual(['supervisor_unreachable']);
});

test('a process of the common runtime is ready once it has started, gives signs of life while its loop turns, and none while it stalls', async () => {
  const { name, dir, received } = manager();
  const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '100000' };
  await using child = startChild([join(import.meta.dir, 'stalling.fixture.ts'), dir], { env });
  const signs = () => received().filter((text) => text === 'WATCHDOG=1\n').length;
  await waitFor(() => signs() >= 3, { what: 'signs of life' });
  expect(received()[0]).toBe('READY=1\nSTATUS=reconciler test is running\n');

  const stalledMs = () => Number(readFileSync(join(dir, 'stalled'), { encoding: 'utf8', flag: 'a+' }));
  writeFileSync(join(dir, 'stall'), '');
  await waitFor(() => existsSync(join(dir, 'stalled')), { what: 'the loop to stall' });
  const before = signs();
  await waitFor(() => stalledMs() >= 300, { what: 'three times the time of the watchdog' });
  expect(signs()).toBe(before);

  rmSync(join(dir, 'stall'));
  await waitFor(() => signs() > before, { what: 'a sign of life after it' });
  expect(await child.stop('SIGTERM')).toBe(0);
  expect(received()).toContain('STOPPING=1\nSTATUS=draining\n');
});
