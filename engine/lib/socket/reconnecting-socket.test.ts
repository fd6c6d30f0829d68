// Over real sockets on loopback; only the time is the test's, so that limits are passed without waiting for them.

import { afterEach, describe, expect, test } from 'bun:test';
import type { Server, ServerWebSocket, Socket, TCPSocketListener } from 'bun';
import fc from 'fast-check';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { SocketLimits } from './limits.ts';
import { ReconnectingSocket } from './reconnecting-socket.ts';
import type { OpenSocket, SocketTrouble } from './socket-types.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const until = (condition: () => boolean) => waitFor(condition, { what: String(condition) });

type Peer = ServerWebSocket<undefined>;

/** A websocket server that notes what happens to it. */
function serve(
  options: {
    readonly port?: number;
    readonly onOpen?: (peer: Peer) => void;
    readonly status?: number;
    readonly retryAfter?: string;
  } = {},
) {
  const peers: Peer[] = [];
  const seen = {
    headers: [] as Headers[],
    texts: [] as string[],
    pings: 0,
    closes: [] as number[],
    opens: 0,
    openMost: 0,
  };
  const server: Server<undefined> = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    fetch(request, self) {
      seen.headers.push(request.headers);
      if (options.status !== undefined) {
        const headers: Record<string, string> =
          options.retryAfter === undefined ? {} : { 'Retry-After': options.retryAfter };
        return new Response('no'.repeat(100_000), { status: options.status, headers });
      }
      return self.upgrade(request, { data: undefined }) ? undefined : new Response('no websocket', { status: 400 });
    },
    websocket: {
      perMessageDeflate: true,
      open(peer) {
        peers.push(peer);
        seen.opens++;
        seen.openMost = Math.max(seen.openMost, peers.length);
        options.onOpen?.(peer);
      },
      message(_peer, text) {
        seen.texts.push(String(text));
      },
      ping() {
        seen.pings++;
      },
      close(peer, code) {
        peers.splice(peers.indexOf(peer), 1);
        seen.closes.push(code);
      },
    },
  });
  const stop = () => void server.stop(true);
  cleanups.push(stop);
  return { url: `ws://127.0.0.1:${server.port}/ws`, port: server.port ?? 0, peers, seen, stop };
}

/** A server that answers the handshake only when told, and never anything else. */
function serveMute() {
  const answers: (() => void)[] = [];
  const sockets: Socket<undefined>[] = [];
  const listener: TCPSocketListener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket: Socket<undefined>, bytes) {
        const key = /sec-websocket-key: (.+)\r\n/i.exec(bytes.toString())?.[1];
        if (key === undefined) return;
        sockets.push(socket);
        const accept = new Bun.CryptoHasher('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64');
        answers.push(() =>
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
          ),
        );
      },
    },
  });
  cleanups.push(() => listener.stop(true));
  return { url: `ws://127.0.0.1:${listener.port}/ws`, answers, sockets };
}

const pongFrame = (payload: string): Uint8Array =>
  Buffer.concat([Buffer.from([0x8a, payload.length]), Buffer.from(payload)]);

const textFrame = (text: string): Uint8Array => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

function connect(
  url: string,
  limits: Partial<SocketLimits> = {},
  headers: Record<string, string> = {},
  onText: (text: string) => void = () => {},
) {
  const clock = new ManualClock();
  const opens: OpenSocket[] = [];
  const texts: string[] = [];
  const closes: { trouble: SocketTrouble; connectionId: string }[] = [];
  const troubles: SocketTrouble[] = [];
  const socket = new ReconnectingSocket({
    url,
    headers,
    clock,
    random: { fill: (bytes) => void crypto.getRandomValues(bytes), fraction: () => 0.5 },
    limits,
    onOpen: (open) => opens.push(open),
    onText(text) {
      texts.push(text);
      onText(text);
    },
    onClose: (trouble, connectionId) => closes.push({ trouble, connectionId }),
    onTrouble: (trouble) => troubles.push(trouble),
  });
  cleanups.push(() => socket.stop());
  socket.start();
  return { socket, clock, opens, texts, closes, troubles };
}

type Client = ReturnType<typeof connect>;
const isOpen = (client: Client) => () => client.socket.view().state === 'open';

describe('a connection', () => {
  test('carries the headers, no compression, and texts both ways', async () => {
    const server = serve({ onOpen: (peer) => peer.send('welcome') });
    const client = connect(server.url, {}, { Authorization: 'Bearer key' });
    expect(client.socket.view()).toMatchObject({ state: 'connecting', attempts: 1, connectionId: null });
    await until(() => client.texts.length === 1);
    expect(client.texts).toEqual(['welcome']);
    expect(server.seen.headers[0]?.get('authorization')).toBe('Bearer key');
    expect(server.seen.headers[0]?.get('sec-websocket-extensions')).toBeNull();
    expect(client.opens[0]?.send('hello')).toBe(true);
    await until(() => server.seen.texts.length === 1);
    expect(server.seen.texts).toEqual(['hello']);
    expect(client.socket.view()).toMatchObject({
      state: 'open',
      failures: 0,
      lastError: null,
      nextRetryAtMs: null,
      connectionId: client.opens[0]?.connectionId as string,
    });
  });

  test('that the server ends is replaced at once, under another id; the old one sends nothing more', async () => {
    const server = serve();
    const client = connect(server.url);
    await until(isOpen(client));
    server.peers[0]?.close(1001, 'going away');
    await until(() => client.closes.length === 1);
    expect(client.closes[0]?.trouble).toMatchObject({
      kind: 'closed_by_peer',
      detail: 'closed with code 1001: going away',
    });
    expect(client.socket.view().nextRetryAtMs).toBe(client.clock.nowMs());
    client.clock.advance(0);
    await until(() => client.opens.length === 2);
    expect(client.opens[0]?.send('late')).toBe(false);
    client.opens[0]?.drop('late');
    expect(client.socket.view().state).toBe('open');
    expect(client.opens[1]?.connectionId).not.toBe(client.opens[0]?.connectionId as string);
  });

  test('that is given up is torn down at once, without waiting for the peer', async () => {
    const server = serve();
    const client = connect(server.url);
    await until(isOpen(client));
    client.opens[0]?.drop('test');
    await until(() => server.seen.closes.length === 1);
    expect(server.seen.closes).toEqual([1006]);
  });

  test('ended by us while it connects never opens', async () => {
    const server = serve();
    const client = connect(server.url);
    client.socket.stop();
    const other = connect(server.url);
    await until(isOpen(other));
    expect([client.opens.length, client.socket.view().state, client.clock.pending]).toEqual([0, 'closed', 0]);
    expect(server.seen.opens).toBe(1);
  });

  test('ended by us stays ended, and the server hears it', async () => {
    const server = serve();
    const client = connect(server.url);
    await until(isOpen(client));
    client.socket.stop();
    expect(client.socket.view()).toMatchObject({ state: 'closed', nextRetryAtMs: null, lastError: null });
    expect(client.closes[0]?.trouble.kind).toBe('stopped');
    await until(() => server.seen.closes.length === 1);
    expect(server.seen.closes).toEqual([1000]);
    client.clock.advance(3_600_000);
    expect(client.clock.pending).toBe(0);
    expect(client.socket.view().attempts).toBe(1);
  });
});

describe('a server that is not there', () => {
  test('is tried again with growing waits, and found when it comes', async () => {
    const first = serve();
    first.stop();
    const client = connect(first.url);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 9; attempt++) {
      await until(() => client.troubles.length === attempt);
      expect(client.troubles[attempt - 1]).toMatchObject({
        kind: 'connect_failed',
        detail: expect.stringContaining('ECONNREFUSED'),
      });
      const waitMs = (client.socket.view().nextRetryAtMs as number) - client.clock.nowMs();
      waits.push(waitMs);
      if (attempt < 9) client.clock.advance(waitMs);
    }
    expect(waits).toEqual([0, 375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]);
    expect(client.closes).toEqual([]);
    serve({ port: first.port });
    client.clock.advance(22_500);
    await until(isOpen(client));
    expect(client.socket.view()).toMatchObject({ attempts: 10, failures: 9 });
  });

  test('trouble names no address', async () => {
    const client = connect('ws://127.0.0.1:1/secret-path?token=abc');
    await until(() => client.troubles.length === 1);
    expect(client.troubles[0]?.detail).not.toContain('secret-path');
  });
});

describe('an upgrade that is refused', () => {
  test.each([401, 403])('with %d is a matter of the key: tried again slowly', async (status) => {
    const server = serve({ status });
    const client = connect(server.url);
    await until(() => client.troubles.length === 1);
    expect(client.troubles[0]).toMatchObject({ kind: 'unauthorized', detail: expect.stringContaining(String(status)) });
    client.clock.advance(59_999);
    expect(client.socket.view()).toMatchObject({ state: 'waiting', attempts: 1 });
    // Half of the extra half, by the fraction that the test gives.
    client.clock.advance(15_001);
    await until(() => client.troubles.length === 2);
    expect(client.socket.view().attempts).toBe(2);
  });

  test.each([
    [401, {}, 'no key was sent'],
    [403, {}, 'no key was sent, and it needs one or refuses this address'],
    [401, { Authorization: 'Bearer x' }, '401: it refuses the key'],
    [403, { Authorization: 'Bearer x' }, '403: it refuses the key, or this address'],
  ])('with %d says what is missing or refused (headers %p)', async (status, headers: Record<string, string>, text) => {
    const client = connect(serve({ status }).url, {}, headers);
    await until(() => client.troubles.length === 1);
    expect(client.troubles[0]?.detail).toContain(text);
  });

  const nowMs = new ManualClock().nowMs();
  const date = (afterMs: number) => new Date(nowMs + afterMs).toUTCString();
  test.each([
    ['429, seconds', 429, '30', 30_000],
    ['429, a date', 429, date(45_000), 45_000],
    ['429, far too long', 429, '999999', 3_600_000],
    ['429, a date that is over', 429, date(-5_000), 500],
    ['429, not readable', 429, 'soon', 60_000],
    ['429, none', 429, undefined, 60_000],
    ['503, seconds', 503, '120', 120_000],
    ['503, none', 503, undefined, 500],
    ['500', 500, undefined, 500],
    ['404', 404, undefined, 500],
    ['a redirect', 302, undefined, 500],
    ['401 with a time', 401, '600', 600_000],
  ])('%s: the second try keeps the delay that was asked for', async (_name, status, retryAfter, leastMs) => {
    const server = serve({ status, ...(retryAfter === undefined ? {} : { retryAfter }) });
    const client = connect(server.url);
    await until(() => client.troubles.length === 1);
    expect(client.troubles[0]?.detail).toContain(String(status));
    const waitMs = client.troubles[0]?.retryInMs as number;
    expect(waitMs).toBeGreaterThanOrEqual(leastMs);
    expect(waitMs).toBeLessThanOrEqual(leastMs * 1.5 + 500);
    expect(client.socket.view().nextRetryAtMs).toBe(client.clock.nowMs() + waitMs);
    client.clock.advance(waitMs - 1);
    expect([client.socket.view().attempts, server.seen.headers.length]).toEqual([1, 1]);
    client.clock.advance(1);
    await until(() => server.seen.headers.length === 2);
  });

  test('says how long it was asked to wait, when it was', async () => {
    const details = async (retryAfter: string | undefined) => {
      const client = connect(serve({ status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) }).url);
      await until(() => client.troubles.length === 1);
      return client.troubles[0]?.detail;
    };
    expect(await details('30')).toBe('the server answered 429: too many connections, and asks to wait 30 s');
    expect(await details(undefined)).toBe('the server answered 429: too many connections');
  });

  test('again and again is tried ever slower', async () => {
    const client = connect(serve({ status: 503 }).url);
    for (let round = 1; round <= 9; round++) {
      await until(() => client.troubles.length === round);
      client.clock.advance(client.troubles[round - 1]?.retryInMs as number);
    }
    expect(client.troubles.map(({ retryInMs }) => retryInMs).slice(0, 9)).toEqual([
      750, 750, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500,
    ]);
  });

  test('keeps the delay after a connection that had been stable', async () => {
    const options = { status: undefined as number | undefined, retryAfter: '30' };
    const server = serve(options as never);
    const client = connect(server.url, {
      backoff: { baseMs: 500, maxMs: 30_000, stableMs: 10_000, firstAtOnce: true },
    });
    await until(isOpen(client));
    client.clock.advance(19_999);
    options.status = 429;
    client.opens[0]?.drop('test');
    client.clock.advance(0);
    await until(() => client.troubles.length === 2);
    expect(client.troubles[1]).toMatchObject({ kind: 'rate_limited', retryInMs: 30_250 });
  });
});

test('a key that HTTP cannot carry is trouble, not a throw, and is not quoted', async () => {
  const server = serve();
  const client = connect(server.url, {}, { Authorization: 'Bearer secret\nkey' });
  expect(client.troubles[0]).toMatchObject({ kind: 'connect_failed', retryInMs: 60_000 });
  expect(client.troubles[0]?.detail).not.toContain('secret');
  expect(client.socket.view().state).toBe('waiting');
  expect(server.seen.headers).toEqual([]);
});

test('a peer that does not read is sent no more once much is waiting', async () => {
  const server = serveMute();
  const client = connect(server.url);
  await until(() => server.answers.length === 1);
  server.answers[0]?.();
  await until(isOpen(client));
  server.sockets[0]?.pause();
  const text = 'x'.repeat(1024 * 1024);
  let sent = 0;
  // The system's own buffers take some of it before anything waits here.
  await until(() => {
    if (client.opens[0]?.send(text) !== true) return true;
    sent++;
    return false;
  });
  expect(sent).toBeGreaterThan(0);
  expect(client.opens[0]?.send('y')).toBe(false);
});

describe('messages', () => {
  test('in text and in binary frames are decoded; bytes that are no UTF-8 become U+FFFD', async () => {
    const server = serve({
      onOpen(peer) {
        peer.sendBinary(new TextEncoder().encode('{"a":"\u6f22"}'));
        peer.sendBinary(new Uint8Array([0x7b, 0xff, 0x7d]));
        peer.send('t\u00e9xt \u6f22');
        peer.send('');
      },
    });
    const client = connect(server.url);
    await until(() => client.texts.length === 4);
    expect(client.texts).toEqual(['{"a":"\u6f22"}', '{\ufffd}', 't\u00e9xt \u6f22', '']);
  });

  test('of a connection that was given up are not read, though they had arrived', async () => {
    const server = serve({
      onOpen: (peer) =>
        peer.cork(() => {
          for (const text of ['1', '2', '3']) peer.send(text);
        }),
    });
    const read: string[] = [];
    const client = connect(server.url, {}, {}, (text) => {
      read.push(text);
      client.opens[0]?.drop('test');
    });
    await until(() => server.seen.closes.length === 1);
    expect(read).toEqual(['1']);
  });

  test('larger than any frame end the connection before they are in memory', async () => {
    const server = serve({ onOpen: (peer) => void peer.send('x'.repeat(4 * 1024 * 1024 + 1)) });
    const client = connect(server.url);
    await until(() => client.closes.length === 1);
    expect(client.closes[0]?.trouble).toMatchObject({
      kind: 'closed_by_peer',
      detail: expect.stringContaining('Max payload size exceeded'),
    });
    expect(client.texts).toEqual([]);
  });

  test('of every kind are taken: random bytes in text and binary frames', async () => {
    const random = fc.sample(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' })), 300);
    const server = serve({
      onOpen(peer) {
        for (const one of random) {
          if (typeof one === 'string') peer.send(one.toWellFormed());
          else peer.sendBinary(one);
        }
        peer.send('end');
      },
    });
    const client = connect(server.url);
    await until(() => client.texts.at(-1) === 'end');
    expect(client.texts).toHaveLength(random.length + 1);
    expect(client.socket.view()).toMatchObject({ state: 'open', attempts: 1 });
  });

  test('that were sent before a pong are read before it', async () => {
    const server = serve({ onOpen: (peer) => peer.send('before') });
    const client = connect(server.url);
    client.socket.askDrained();
    expect(client.socket.drainedUs()).toBeNull();
    await until(isOpen(client));
    const openedUs = client.clock.elapsedUs();
    expect(client.socket.drainedUs()).toBe(openedUs);
    client.clock.advance(1);
    client.socket.askDrained();
    client.clock.advance(1);
    await until(() => client.socket.drainedUs() !== openedUs);
    expect(client.socket.drainedUs()).toBe(openedUs + 1000);
    expect(client.texts).toEqual(['before']);
    client.opens[0]?.drop('test');
    expect(client.socket.drainedUs()).toBeNull();
  });

  test('a pong that was not asked for answers nothing, and of many unanswered pings the oldest are forgotten', async () => {
    const server = serveMute();
    const client = connect(server.url);
    await until(() => server.answers.length === 1);
    server.answers[0]?.();
    await until(isOpen(client));
    const openedMs = client.clock.nowMs();
    for (let n = 1; n <= 20; n++) {
      client.clock.advance(1);
      client.socket.askDrained();
    }
    const drainedBy = async (...payloads: readonly string[]) => {
      for (const payload of payloads) server.sockets[0]?.write(pongFrame(payload));
      server.sockets[0]?.write(textFrame(payloads.join()));
      await until(() => client.texts.at(-1) === payloads.join());
      return (client.socket.drainedUs() ?? 0) / 1000 - openedMs;
    };
    expect(await drainedBy('1', '4', 'x', '')).toBe(0);
    expect(await drainedBy('20')).toBe(20);
    expect(await drainedBy('5', '20')).toBe(20);
  });

  test('a pong to the newest of several pings answers those before it', async () => {
    const server = serveMute();
    const client = connect(server.url, { pingEveryMs: 10_000, pongWithinMs: 5_000 });
    await until(() => server.answers.length === 1);
    server.answers[0]?.();
    await until(isOpen(client));
    client.clock.advance(9_000);
    client.socket.askDrained();
    const askedUs = client.clock.elapsedUs();
    client.clock.advance(1_000);
    server.sockets[0]?.write(pongFrame('2'));
    server.sockets[0]?.write(textFrame('after'));
    await until(() => client.texts.at(-1) === 'after');
    expect(client.socket.drainedUs()).toBe(askedUs);
    client.clock.advance(1_000);
    client.socket.askDrained();
    client.clock.advance(9_000);
    client.socket.askDrained();
    server.sockets[0]?.write(pongFrame('5'));
    server.sockets[0]?.write(textFrame('and again'));
    await until(() => client.texts.at(-1) === 'and again');
    client.clock.advance(5_000);
    expect(client.troubles).toEqual([]);
  });
});

describe('silence', () => {
  test('of the handshake: given up, and a late answer to it is ignored', async () => {
    const server = serveMute();
    const client = connect(server.url, { connectMs: 2_000 });
    await until(() => server.answers.length === 1);
    client.clock.advance(1_999);
    expect(client.troubles).toEqual([]);
    client.clock.advance(1);
    expect(client.troubles[0]?.kind).toBe('connect_timeout');
    server.answers[0]?.();
    client.clock.advance(0);
    await until(() => server.answers.length === 2);
    server.answers[1]?.();
    await until(isOpen(client));
    expect(client.opens.length).toBe(1);
    expect(client.socket.view().attempts).toBe(2);
  });

  test('of pongs: given up at the deadline', async () => {
    const server = serveMute();
    const client = connect(server.url);
    await until(() => server.answers.length === 1);
    server.answers[0]?.();
    await until(isOpen(client));
    client.clock.advance(20_000);
    client.clock.advance(9_999);
    expect(client.closes).toEqual([]);
    client.clock.advance(1);
    expect(client.closes[0]?.trouble.kind).toBe('pong_missing');
  });

  test('of frames, where they are expected', async () => {
    const server = serve();
    const client = connect(server.url, { idleMs: 5_000 });
    await until(isOpen(client));
    client.clock.advance(4_000);
    server.peers[0]?.send('here');
    await until(() => client.texts.length === 1);
    client.clock.advance(4_999);
    expect(client.closes).toEqual([]);
    client.clock.advance(1);
    expect(client.closes[0]?.trouble.kind).toBe('idle');
  });

  test('of a stream that should have begun', async () => {
    const server = serve();
    const client = connect(server.url);
    await until(isOpen(client));
    const tickerBegan = client.opens[0]?.expect('ticker', 3_000);
    client.opens[0]?.expect('book', 5_000);
    client.clock.advance(2_999);
    tickerBegan?.();
    client.clock.advance(2_000);
    expect(client.closes).toEqual([]);
    client.clock.advance(1);
    expect(client.closes[0]?.trouble).toMatchObject({
      kind: 'stream_silent',
      detail: 'nothing of book within 5000 ms',
    });
  });

  test('is normal where no idle limit is set: pings are answered and the connection stays', async () => {
    const server = serve();
    const client = connect(server.url);
    await until(isOpen(client));
    for (let round = 1; round <= 5; round++) {
      client.clock.advance(20_000);
      await until(() => server.seen.pings === round);
      // The pong was sent before this text, so that it has arrived when the text has.
      server.peers[0]?.send('still here');
      await until(() => client.texts.length === round);
    }
    client.clock.advance(10_000);
    expect(client.closes).toEqual([]);
    expect(client.socket.view()).toMatchObject({ state: 'open', attempts: 1 });
  });
});

describe('a storm', () => {
  test('of servers that hang up: one socket at a time, and ever slower', async () => {
    const server = serve({ onOpen: (peer) => peer.terminate() });
    const client = connect(server.url);
    for (let round = 1; round <= 40; round++) {
      await until(() => client.troubles.length === round);
      client.clock.advance((client.socket.view().nextRetryAtMs as number) - client.clock.nowMs());
    }
    await until(() => client.troubles.length === 41);
    expect(server.seen.openMost).toBe(1);
    expect(client.socket.view()).toMatchObject({ attempts: 41, failures: 41 });
    expect((client.socket.view().nextRetryAtMs as number) - client.clock.nowMs()).toBe(22_500);
  });

  test('starts again from nothing when the connection had been stable', async () => {
    const server = serve();
    const client = connect(server.url, {
      backoff: { baseMs: 500, maxMs: 30_000, stableMs: 10_000, firstAtOnce: true },
    });
    await until(isOpen(client));
    client.opens[0]?.drop('first');
    client.clock.advance(0);
    await until(() => client.opens.length === 2);
    client.clock.advance(10_000);
    client.opens[1]?.drop('second');
    expect(client.socket.view().failures).toBe(1);
  });
});
