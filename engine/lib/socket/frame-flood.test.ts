import { afterEach, describe, expect, test } from 'bun:test';
import type { ServerWebSocket } from 'bun';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import { FrameFlood } from './frame-flood.ts';
import { SOCKET_LIMITS } from './limits.ts';
import { ReconnectingSocket } from './reconnecting-socket.ts';
import type { SocketTrouble } from './socket-types.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

type Peer = ServerWebSocket<undefined>;
const MAX = 100;

/** A client of a server that does this to each connection, by their order. */
function connected(onOpen: (peer: Peer, opens: number) => void) {
  let opens = 0;
  const peers: Peer[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, self) => (self.upgrade(request, { data: undefined }) ? undefined : new Response('no websocket')),
    websocket: {
      open(peer: Peer) {
        peers.push(peer);
        onOpen(peer, ++opens);
      },
      message() {},
    },
  });
  cleanups.push(() => void server.stop(true));
  const clock = new ManualClock();
  const closes: SocketTrouble[] = [];
  const seen = { texts: 0, opens: 0 };
  const socket = new ReconnectingSocket({
    url: `ws://127.0.0.1:${server.port}/`,
    clock,
    random: { fill: (bytes) => void crypto.getRandomValues(bytes), fraction: () => 0.5 },
    limits: { framesPerSecondMax: MAX },
    onOpen: () => void seen.opens++,
    onText: () => void seen.texts++,
    onClose: (trouble) => closes.push(trouble),
  });
  cleanups.push(() => socket.stop());
  socket.start();
  return { clock, closes, seen, peers };
}

const until = (condition: () => boolean) => waitFor(condition, { what: String(condition) });

describe('a peer that floods', () => {
  test.each([
    ['frames', MAX, (peer: Peer) => void peer.send('x')],
    ['pongs', 0, (peer: Peer) => void peer.pong('x')],
  ])('with %s is given up, the rest of it is passed over, and a new connection follows', async (_what, texts, send) => {
    const { clock, closes, seen } = connected((peer, opens) => {
      if (opens === 1) for (let n = 0; n < 5_000; n++) send(peer);
    });
    await until(() => closes.length === 1);
    expect(closes[0]).toMatchObject({ kind: 'flooded', detail: `more than ${MAX} frames within a second` });
    clock.advance(0);
    await until(() => seen.opens === 2);
    expect(seen.texts).toBe(texts);
  });

  test('is distinguished from a high rate that lasts', async () => {
    const { clock, closes, seen, peers } = connected(() => {});
    await until(() => seen.opens === 1 && peers.length === 1);
    for (let second = 1; second <= 5; second++) {
      for (let n = 0; n < MAX; n++) peers[0]?.send('x');
      await until(() => seen.texts === MAX * second);
      clock.advance(1_000);
    }
    expect(closes).toEqual([]);
  });
});

test('frames count for a second', () => {
  const flood = new FrameFlood(2);
  expect([0, 999_999, 999_999].map((us) => flood.isOver(us))).toEqual([false, false, true]);
  expect([1_000_000, 1_000_001, 1_999_999].map((us) => flood.isOver(us))).toEqual([false, false, true]);
});

test('a venue that is as busy as it may be is no flood: twenty thousand requests for other pairs, and thousands of our own', () => {
  const flood = new FrameFlood(SOCKET_LIMITS.framesPerSecondMax);
  const requestsOfOthers = 20_000;
  const [ownRequests, repliesToThem] = [5_000, 5_000];
  const overs = Array.from({ length: requestsOfOthers + ownRequests + repliesToThem }, () => flood.isOver(1));
  expect(overs).not.toContain(true);
});
