// Following /events as a program does, at a server that says what a test asks for.

import { afterEach, expect, test } from 'bun:test';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { followEvents } from './client.ts';

const TOKEN = 'token-of-the-operator-for-the-test';
const AT = '2026-01-01T00:00:00.000Z';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A follower of a server that sends these messages, one for each `next`. */
function follow(messages: readonly object[]) {
  const clock = new ManualClock();
  const opened = Promise.withResolvers<() => void>();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 426 })),
    websocket: {
      open(socket) {
        const left = [...messages];
        opened.resolve(() => socket.send(JSON.stringify(left.shift())));
      },
      message() {},
    },
  });
  let seen = Promise.withResolvers<string>();
  const ended: string[] = [];
  const stop = followEvents({
    url: `http://127.0.0.1:${server.port}`,
    token: TOKEN,
    timers: clock,
    onMessage: ({ type }) => seen.resolve(type),
    onEnd: (why) => void ended.push(why),
  });
  ends.push(stop, () => server.stop(true));
  const next = async (): Promise<string> => {
    seen = Promise.withResolvers();
    (await opened.promise)();
    return await seen.promise;
  };
  return { clock, ended, next, stop };
}

const hello = { type: 'hello', at: AT, service: 'engine', actor: 'anna', heartbeat_ms: 1000 };
const heartbeat = { type: 'heartbeat', at: AT, events: 0, process_silent_ms: 0 };

test('a connection without heartbeats has ended: what is shown of it is not live', async () => {
  const { clock, ended, next } = follow([hello, heartbeat]);
  expect(await next()).toBe('hello');
  clock.advance(2999);
  expect(await next()).toBe('heartbeat');
  clock.advance(2999);
  expect(ended).toEqual([]);
  clock.advance(1);
  expect(ended).toEqual(['silent for 3 s']);
  clock.advance(60_000);
  expect([ended.length, clock.pending]).toEqual([1, 0]);
});

test('one that never says anything has ended too, and one that was stopped says nothing', async () => {
  const silent = follow([]);
  silent.clock.advance(15_000);
  expect(silent.ended).toEqual(['silent for 15 s']);
  const stopped = follow([hello]);
  await stopped.next();
  stopped.stop();
  stopped.clock.advance(60_000);
  expect([stopped.ended, stopped.clock.pending]).toEqual([[], 0]);
});
