import { afterEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import { machineClock } from '../../clock.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { jsonAnswer } from '../problem.ts';
import type { Connection, ControlRequest } from './connection.ts';
import {
  CONNECTIONS_BURST_MAX,
  CONNECTIONS_MAX,
  type ControlHandler,
  createControlServer,
  listenControl,
} from './listen.ts';
import { openRaw, sendRaw } from './raw-http.fixture.ts';
import { REQUESTS } from './service.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** `viewer` is the token of one, any other that of an operator. */
const roleOf = (token: string | null) => (token === null ? null : token === 'viewer' ? 'viewer' : 'operator');

function listen(handle?: ControlHandler['handle']) {
  const requests: ControlRequest[] = [];
  const refused: string[] = [];
  const handler: ControlHandler = {
    roleOf: ({ authorization }) => roleOf(authorization),
    async handle(request) {
      requests.push(request);
      return handle === undefined
        ? jsonAnswer({ path: request.path, body: request.body.toString() })
        : await handle(request);
    },
    refused: (kind, remote, detail) => void refused.push(`${kind} ${remote} ${detail}`),
  };
  const listening = listenControl(handler, { host: '127.0.0.1', port: 0, timers: machineClock });
  if (!listening.ok) throw new Error(listening.problem.problem);
  stops.push(listening.stop);
  return { port: listening.port, url: listening.url, requests, refused, stop: listening.stop };
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
const close = 'Connection: close\r\n';

test('a client that speaks HTTP is answered', async () => {
  const { url, requests } = listen();
  expect(await (await fetch(`${url}/livez?x=1`)).json()).toEqual({ path: '/livez', body: '' });
  const put = await fetch(`${url}/a`, { method: 'PUT', body: '{"least":"3"}' });
  expect(await put.json()).toEqual({ path: '/a', body: '{"least":"3"}' });
  expect(requests.map(({ remote }) => remote)).toEqual(['127.0.0.1', '127.0.0.1']);
  const head = await fetch(`${url}/livez`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '28', '']);
});

test('a checker that speaks HTTP/1.0 without a Host is answered, and the connection ends', async () => {
  const { port } = listen();
  const text = await sendRaw(port, 'GET /livez HTTP/1.0\r\n\r\n');
  expect(statusOf(text)).toBe(200);
  expect(text.toLowerCase()).toContain('connection: close');
});

test.each([
  ['without a Host', 'GET /livez HTTP/1.1\r\n\r\n', 400, 'host-missing'],
  ['for another authority', 'GET http://evil/livez HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'request-malformed'],
  ['of another protocol', '\x16\x03\x01\x00\xee\x01\r\n\r\n', 400, 'request-malformed'],
  ['of another version', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505, 'version-not-supported'],
  ['with a long head', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'head-too-large'],
  ['in chunks', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 411, 'length-required'],
  [
    'with a large body',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`,
    413,
    'body-too-large',
  ],
])(
  'a request %s gets a problem body, is counted, and hears nothing of the inside',
  async (_name, text, status, code) => {
    const { port, refused, requests } = listen();
    const answer = await sendRaw(port, text);
    expect(statusOf(answer)).toBe(status);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ type: `urn:unrip:problem:${code}`, status });
    expect(answer).not.toMatch(/\.ts|node_modules|stack/);
    expect(refused).toEqual([`malformed 127.0.0.1 ${code}`]);
    expect(requests).toEqual([]);
  },
);

test('a handler that throws is a 500 without a word of the inside', async () => {
  const { port } = listen(() => Promise.reject(new Error('something inside')));
  const answer = await sendRaw(port, `GET / HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
  expect(statusOf(answer)).toBe(500);
  expect(answer).not.toContain('something');
});

test('requests sent ahead are answered one after the other, in their order', async () => {
  let running = 0;
  let most = 0;
  const { port } = listen(async ({ path }) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return jsonAnswer({ path });
  });
  const connection = await openRaw(port);
  const requests = Array.from({ length: 100 }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`);
  connection.socket.write(requests.join(''));
  const text = await connection.until('HTTP/1.1 200', 100);
  expect([...text.matchAll(/"path":"\/(\d+)"/g)].map((match) => Number(match[1]))).toEqual(
    Array.from({ length: 100 }, (_, index) => index),
  );
  expect(most).toBe(1);
  connection.socket.destroy();
});

test('a request means the same however it is cut into pieces', async () => {
  const text = 'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.0\r\n\r\n';
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: text.length }), { maxLength: 6 }), async (cuts) => {
      const { port, requests, stop } = listen();
      const connection = await openRaw(port);
      connection.socket.setNoDelay(true);
      const edges = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b);
      for (const [index, edge] of edges.slice(0, -1).entries()) {
        await new Promise<void>((resolve) =>
          connection.socket.write(text.slice(edge, edges[index + 1]), () => resolve()),
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
      await connection.closed;
      expect(requests.map(({ method, path, body }) => [method, path, body.toString()])).toEqual([
        ['PUT', '/a', 'hello'],
        ['GET', '/b', ''],
      ]);
      await stop();
    }),
    { numRuns: 15 },
  );
});

test('more connections than allowed: the one that was quiet longest makes room, and a newcomer is answered', async () => {
  const { port, refused } = listen();
  const first = await openRaw(port);
  const idle = await Promise.all(Array.from({ length: CONNECTIONS_MAX - 1 }, () => openRaw(port)));
  const newcomer = await openRaw(port);
  newcomer.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(statusOf(await newcomer.until('200 OK'))).toBe(200);
  await first.closed;
  expect(refused).toHaveLength(1);
  expect(refused[0]).toStartWith('evicted 127.0.0.1');
  for (const { socket } of [newcomer, ...idle]) socket.destroy();
});

test('a connection that somebody with a token uses does not make room', async () => {
  const released = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const { port } = listen(async ({ path }) => {
    if (path !== '/operator') return jsonAnswer({});
    entered.resolve();
    await released.promise;
    return jsonAnswer({ done: true });
  });
  const operator = await openRaw(port);
  operator.socket.write(`POST /operator HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n${close}\r\n`);
  await entered.promise;
  const others = await Promise.all(Array.from({ length: CONNECTIONS_BURST_MAX + 1 }, () => openRaw(port)));
  // The last one was accepted before it is answered: all others are in by then.
  others.at(-1)?.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await others.at(-1)?.until('200 OK');
  released.resolve();
  expect(await operator.closed).toContain('"done":true');
  for (const { socket } of others) socket.destroy();
});

test('stops: what is under way is answered, what is idle ends, and nobody is let in', async () => {
  const released = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const { port, stop, url } = listen(async () => {
    entered.resolve();
    await released.promise;
    return jsonAnswer({ done: true });
  });
  const idle = await openRaw(port);
  const busy = await openRaw(port);
  busy.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await entered.promise;
  const stopped = stop();
  released.resolve();
  expect(await busy.closed).toContain('"done":true');
  await idle.closed;
  await stopped;
  expect(fetch(`${url}/livez`)).rejects.toThrow();
});

test('a port that is taken, or an address that is not ours, is a problem of the configuration', () => {
  const { port } = listen();
  const handler: ControlHandler = { handle: async () => jsonAnswer({}), roleOf: () => null, refused: () => {} };
  const second = listenControl(handler, { host: '127.0.0.1', port, timers: machineClock });
  expect(second.ok ? '' : second.problem.variable).toBe('CONTROL_PORT');
  const nowhere = listenControl(handler, { host: '203.0.113.1', port: 0, timers: machineClock });
  expect(nowhere.ok ? '' : nowhere.problem.variable).toBe('CONTROL_HOST');
});

function simulate(body = '') {
  const timers = new ManualClock();
  let served = 0;
  const paths: string[] = [];
  const server = createControlServer(
    {
      roleOf: ({ authorization }) => roleOf(authorization),
      async handle({ path }) {
        served++;
        paths.push(path);
        return jsonAnswer({ body });
      },
      refused: () => {},
    },
    timers,
  );
  const open = () => {
    let written = '';
    let paused = false;
    let ended = false;
    // As with a real socket: there is none yet for what happens while it is opened.
    let opened: Connection | undefined;
    const connection = server.opened(
      {
        write: (bytes) => {
          written += Buffer.from(bytes).toString('latin1');
          return bytes.length;
        },
        pause: () => {
          paused = true;
        },
        resume: () => {
          paused = false;
        },
        shutdown: () => {
          ended = true;
        },
        end: () => {
          ended = true;
        },
        terminate: () => {
          ended = true;
          server.closed(opened);
        },
      },
      '10.0.0.1',
    );
    opened = connection;
    const take = (text: string) => connection.take(Buffer.from(text, 'latin1'), timers.elapsedUs());
    const gone = () => server.closed(connection);
    return { connection, take, gone, written: () => written, isPaused: () => paused, isEnded: () => ended };
  };
  return { timers, open, served: () => served, paths };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('however many clients send ahead, requests are taken at a bounded rate, in turn, and a client is not read on', async () => {
  const { timers, open, served } = simulate();
  const clients = Array.from({ length: 20 }, () => open());
  const flood = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4000);
  for (const { take } of clients) take(flood);
  await tick();
  expect(served()).toBe(REQUESTS.burst);
  expect(clients.every(({ isPaused }) => isPaused())).toBe(true);
  const MS = 250;
  for (let ms = 0; ms < MS; ms++) {
    timers.advance(1);
    await tick();
  }
  expect(served()).toBeLessThanOrEqual(REQUESTS.burst + (REQUESTS.perSecond * MS) / 1000);
  const answers = clients.map(({ written }) => written().split('HTTP/1.1 200').length - 1);
  expect(Math.max(...answers) - Math.min(...answers)).toBeLessThanOrEqual(1);
  expect(Math.min(...answers)).toBeGreaterThan(5);
});

test('large answers are sent at a bounded rate, too', async () => {
  const { timers, open, served } = simulate('x'.repeat(160 * 1024));
  open().take('GET /openapi HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(400));
  for (let ms = 0; ms < 1000; ms++) {
    timers.advance(1);
    await tick();
  }
  // Ten more requests each, and one.
  expect(served()).toBeGreaterThan(50);
  expect(served()).toBeLessThan(100);
});

test('who takes too long for a request, an answer or the next request is let go', async () => {
  const { timers, open } = simulate();
  const slow = open();
  slow.take('GET /livez HTT');
  const idle = open();
  const trickle = open();
  for (let second = 0; second < 12; second++) {
    trickle.take('x');
    timers.advance(1000);
  }
  for (const { written, isEnded } of [slow, trickle]) {
    expect(written()).toContain('408 Request Timeout');
    expect(isEnded()).toBe(true);
  }
  expect(idle.isEnded()).toBe(false);
  timers.advance(20_000);
  expect(idle.isEnded()).toBe(true);
});

const ask = (path: string, token = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${token}\r\n`;
const TOKEN = 'Authorization: x\r\n';

test('requests whose clients are gone take no turn from others', async () => {
  const { timers, open, served, paths } = simulate();
  for (let index = 0; index < 20 * REQUESTS.perSecond; index++) {
    const client = open();
    client.take(ask('/gone'));
    client.gone();
  }
  open().take(ask('/here'));
  timers.advance(2);
  await tick();
  expect(served()).toBeLessThanOrEqual(REQUESTS.burst + 2);
  expect(paths.at(-1)).toBe('/here');
});

test('a request with a token is served before those without that wait longer, which are served too', async () => {
  const { timers, open, paths } = simulate();
  for (let index = 0; index < CONNECTIONS_MAX; index++) open().take(ask('/open').repeat(50));
  const operator = open();
  operator.take(ask('/operator', TOKEN).repeat(50));
  await tick();
  for (let ms = 0; ms < 60; ms++) {
    timers.advance(1);
    await tick();
  }
  const [mine, others] = ['/operator', '/open'].map((asked) => paths.filter((path) => path === asked).length);
  expect(mine).toBeGreaterThanOrEqual(25);
  expect(others).toBeGreaterThanOrEqual(25);
});

test('however fast clients connect, ask and leave nothing behind, one with a token is answered, and what is held is bounded', async () => {
  const { timers, open, paths } = simulate();
  const clients: ReturnType<typeof open>[] = [];
  // Accepted in one go: nothing is read before the last is open.
  const operator = open();
  for (let index = 0; index < 511; index++) clients.push(open());
  operator.take(ask('/operator', TOKEN));
  for (const { take } of clients) take(ask('/open'));
  for (let ms = 0; ms < 200; ms++) {
    for (let index = 0; index < 20; index++) {
      const client = open();
      clients.push(client);
      if (index % 2 === 0) client.take(ask('/open'));
    }
    timers.advance(1);
    await tick();
    expect(clients.filter(({ connection }) => !connection.isClosed).length).toBeLessThanOrEqual(CONNECTIONS_BURST_MAX);
  }
  expect(paths.indexOf('/operator')).toBeGreaterThanOrEqual(0);
  expect(paths.indexOf('/operator')).toBeLessThanOrEqual(REQUESTS.burst);
  expect(operator.written()).toStartWith('HTTP/1.1 200');
  // Some of the others are served as well.
  expect(paths.length).toBeGreaterThan(100);
  timers.advance(100);
  expect(clients.filter(({ connection }) => !connection.isClosed).length).toBeLessThanOrEqual(CONNECTIONS_MAX);
});

test.each([
  ['a request that never ends', 'POST / HTTP/1.1\r\nHost: a\r\nAuthorization: viewer\r\nContent-Length: 1\r\n\r\n'],
  ['requests that wait', ask('/viewer', 'Authorization: viewer\r\n').repeat(50)],
])('a viewer who fills every place with %s does not keep an operator out', async (_name, text) => {
  const { timers, open, paths } = simulate();
  const viewers = Array.from({ length: CONNECTIONS_BURST_MAX }, () => open());
  for (const { take } of viewers) take(text);
  const operator = open();
  expect(operator.isEnded()).toBe(false);
  // He is slow with his own body, and as many come again meanwhile.
  operator.take('POST /disarm HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nContent-Length: 2\r\n\r\n');
  for (let index = 0; index < CONNECTIONS_BURST_MAX; index++) open().take(text);
  timers.advance(100);
  operator.take('{}');
  for (let ms = 0; ms < 200; ms++) {
    timers.advance(1);
    await tick();
  }
  expect(paths).toContain('/disarm');
  expect(operator.written()).toStartWith('HTTP/1.1 200');
});

test('more clients with a token than there is room for: the next is turned away, and the rest is served', async () => {
  const { timers, open, served } = simulate();
  const clients = Array.from({ length: CONNECTIONS_BURST_MAX }, () => open());
  for (const { take } of clients) take(ask('/', TOKEN));
  expect(open().isEnded()).toBe(true);
  for (let ms = 0; ms < CONNECTIONS_BURST_MAX; ms++) {
    timers.advance(1);
    await tick();
  }
  expect(served()).toBeGreaterThan(CONNECTIONS_BURST_MAX - CONNECTIONS_MAX);
});

test('a client that has reset its connection before it was accepted has an address, too', async () => {
  const { port, requests, refused } = listen();
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
      socket.write('POST /a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', () => socket.resetAndDestroy());
    });`;
  // Blocks this thread, so that nothing is accepted before the client has ended.
  Bun.spawnSync([process.execPath, '-e', script]);
  expect(statusOf(await sendRaw(port, ask('/', close)))).toBe(200);
  for (const { remote } of requests) expect(remote).toBeString();
  expect(refused).toEqual([]);
});

test('a client that ends its direction after its answer was written gets all of it', async () => {
  const body = 'x'.repeat(3_000_000);
  const written = Promise.withResolvers<void>();
  const { port } = listen(async () => {
    setTimeout(() => written.resolve(), 0);
    return jsonAnswer({ body });
  });
  const client = await openRaw(port);
  client.socket.pause();
  client.socket.write(ask('/'));
  await written.promise;
  client.socket.end();
  client.socket.resume();
  expect((await client.closed).length).toBeGreaterThan(body.length);
});
