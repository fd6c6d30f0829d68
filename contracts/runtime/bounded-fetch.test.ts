// Against real sockets: whatever a server does, a request ends, in bounded time and memory, as a value.

import { afterEach, describe, expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { boundedFetch, HTTP_BYTES_MAX, type HttpRequest } from './bounded-fetch.ts';
import { machineClock } from './clock.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that is played by hand, byte by byte. */
async function rawServer(onRequest: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => onRequest(socket));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port was asked for');
  return `http://127.0.0.1:${address.port}/path?key=secret`;
}

function httpServer(answer: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  closing.push(() => server.stop(true));
  return `http://127.0.0.1:${server.port}`;
}

const ask = (url: string, over: Partial<HttpRequest> = {}) =>
  boundedFetch({ url, timers: machineClock, timeLimitMs: 10_000, ...over });

describe('an answer', () => {
  test('has status, body and how long to wait', async () => {
    const url = httpServer(() => new Response('too many', { status: 429, headers: { 'retry-after': '30' } }));
    expect(await ask(url)).toEqual({ ok: true, status: 429, retryAfter: '30', body: 'too many' });
  });

  test('is asked for with the method, the headers and the body that were given, uncompressed', async () => {
    const url = httpServer(async (request) => {
      const { method, headers } = request;
      return Response.json([method, headers.get('x-key'), headers.get('accept-encoding'), await request.text()]);
    });
    const answer = await ask(url, { headers: { 'x-key': 'a', 'accept-encoding': 'gzip' }, body: '{}' });
    expect(answer).toMatchObject({ body: '["POST","a","identity","{}"]' });
    expect(await ask(url)).toMatchObject({ body: '["GET",null,"identity",""]' });
  });

  test('may be as large as allowed, and empty', async () => {
    expect(
      await ask(
        httpServer(() => new Response('é'.repeat(50))),
        { bytesMax: 100 },
      ),
    ).toMatchObject({ ok: true });
    expect(await ask(httpServer(() => new Response(null, { status: 204 })))).toMatchObject({ ok: true, body: '' });
  });
});

describe('what is refused', () => {
  test('a body that announces more than allowed, before it is read', async () => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 734003200\r\n\r\n');
    });
    expect(await ask(url)).toMatchObject({ ok: false, reason: 'too_large' });
  });

  test('a body without end, when it is larger than allowed; the connection is closed', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const chunk = Buffer.alloc(65_536, 0x61);
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const write = (): void => {
        while (!socket.destroyed) {
          sent += chunk.length;
          socket.write('10000\r\n');
          socket.write(chunk);
          if (!socket.write('\r\n')) break;
        }
      };
      socket.on('drain', write);
      socket.on('close', () => closed.resolve());
      write();
    });
    expect(await ask(url)).toMatchObject({ ok: false, reason: 'too_large' });
    await closed.promise;
    // What the sockets buffer comes on top of the limit.
    expect(sent).toBeLessThan(HTTP_BYTES_MAX + 32 * 1_048_576);
  });

  test('a redirect, wherever it leads', async () => {
    let asked = 0;
    const target = httpServer(() => {
      asked += 1;
      return new Response('{}');
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = httpServer(() => new Response(null, { status, headers: { location: target } }));
      expect(await ask(url, { body: '{}' })).toMatchObject({ ok: false, reason: 'redirected' });
    }
    expect(asked).toBe(0);
  });

  test.each(['gzip', 'deflate', 'br', 'zstd', 'x-unknown'])('a body compressed with %s', async (encoding) => {
    const url = httpServer(
      () => new Response(Bun.gzipSync(new Uint8Array(10_000_000)), { headers: { 'content-encoding': encoding } }),
    );
    expect(await ask(url)).toMatchObject({ ok: false, reason: 'encoded' });
  });

  test('bytes that are no text', async () => {
    expect(await ask(httpServer(() => new Response(new Uint8Array([0xff, 0xfe]))))).toMatchObject({
      ok: false,
      reason: 'not_text',
    });
  });

  test.each([
    ['nothing listens', 'http://127.0.0.1:1/v1?key=secret'],
    ['a URL that is none', 'not a url'],
    ['another scheme', 'ftp://127.0.0.1/secret'],
  ])('%s, in words without the path', async (_name, url) => {
    const answer = await ask(url);
    expect(answer).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a body cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['a chunk length that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n'],
  ])('%s', async (_name, bytes) => {
    const url = await rawServer((socket) => socket.end(bytes));
    expect(await ask(url)).toMatchObject({ ok: false, reason: 'unreachable' });
  });
});

describe('the time limit', () => {
  /** Timers that fire when the test says so. */
  function handTimers() {
    const due = new Set<() => void>();
    return {
      after(_ms: number, run: () => void) {
        due.add(run);
        return () => void due.delete(run);
      },
      fire() {
        for (const run of due) run();
      },
      due,
    };
  }

  test.each([
    ['before the headers', ''],
    ['inside the headers', 'HTTP/1.1 200 OK\r\nx-slow: '],
    ['inside the body', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc'],
    ['between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('ends a server that goes silent %s', async (_name, bytes) => {
    const timers = handTimers();
    const asked = Promise.withResolvers<void>();
    const url = await rawServer((socket) => {
      socket.write(bytes, () => asked.resolve());
      if (bytes === '') asked.resolve();
    });
    const answer = ask(url, { timers });
    await asked.promise;
    timers.fire();
    expect(await answer).toMatchObject({ ok: false, reason: 'timeout' });
    expect(timers.due.size).toBe(0);
  });

  test('leaves no timer behind after an answer', async () => {
    const timers = handTimers();
    await ask(
      httpServer(() => new Response('x')),
      { timers },
    );
    expect(timers.due.size).toBe(0);
  });

  test('is not the only end: a signal ends it too, before and while it is under way', async () => {
    const before = new AbortController();
    before.abort();
    const url = await rawServer(() => during.abort());
    const during = new AbortController();
    expect(await ask(url, { signal: before.signal })).toMatchObject({ ok: false, reason: 'aborted' });
    expect(await ask(url, { signal: during.signal })).toMatchObject({ ok: false, reason: 'aborted' });
  });
});
