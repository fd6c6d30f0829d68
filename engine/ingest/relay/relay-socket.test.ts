// Over a real websocket on loopback; the relay's side is a server that answers as the test says.

import { afterEach, describe, expect, test } from 'bun:test';
import type { ServerWebSocket } from 'bun';
import { DEFAULT_PAIR } from '../../../contracts/assets.ts';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import { parseFrame } from '../frame.ts';
import { BURST_US } from './backlog.ts';
import { createRelaySocket } from './relay-socket.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const until = (condition: () => boolean) => waitFor(condition, { what: String(condition) });

type Request = { readonly id: number; readonly params: readonly unknown[] };

/** Answers every subscription with what `reply` makes of it; null: not at all. */
function startRelay(reply: (request: Request) => object | null, shape: 'text' | 'binary' = 'text') {
  const peers: ServerWebSocket<undefined>[] = [];
  const requests: Request[] = [];
  const keys: (string | null)[] = [];
  const queries: string[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, self) {
      keys.push(request.headers.get('authorization'));
      queries.push(new URL(request.url).search);
      return self.upgrade(request, { data: undefined }) ? undefined : new Response('no websocket', { status: 400 });
    },
    websocket: {
      open: (peer) => void peers.push(peer),
      message(peer, text) {
        const request = JSON.parse(String(text)) as Request;
        requests.push(request);
        const answer = reply(request);
        if (answer === null) return;
        const sent = JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer });
        if (shape === 'text') peer.send(sent);
        else peer.sendBinary(Buffer.from(sent));
      },
    },
  });
  cleanups.push(() => void server.stop(true));
  return { url: `ws://127.0.0.1:${server.port}/ws`, peers, requests, keys, queries };
}

function connect(url: string, apiKey: string | null = 'key', instanceId: string | null = null) {
  const clock = new ManualClock();
  const frames: { text: string; receivedAtMs: number; connectionId: string }[] = [];
  const logged: string[] = [];
  const journal = { lastSeq: 0, durableSeq: 0 };
  let lost = 0;
  const fields: Readonly<Record<string, unknown>>[] = [];
  const log = (event: string, more: Readonly<Record<string, unknown>> = {}) => {
    logged.push(event);
    if ('fix' in more) fields.push(more);
  };
  const hooks = {
    later: (run: () => void): void => void setImmediate(run),
    onFrame: (_text: string): void => {},
  };
  const relay = createRelaySocket({
    url,
    apiKey,
    tokens: ['nep141:a', 'nep141:b'],
    instanceId,
    journal,
    clock,
    random: { fill: (bytes) => void crypto.getRandomValues(bytes), fraction: () => 0 },
    log: { info: log, warn: log, error: log },
    later: (run) => hooks.later(run),
  });
  cleanups.push(() => relay.stop());
  relay.start({
    onFrame({ text, receivedAtMs, connectionId }) {
      frames.push({ text, receivedAtMs, connectionId });
      hooks.onFrame(text);
      // As the loop does with replies that are to none of its answers.
      const frame = parseFrame(text, receivedAtMs, DEFAULT_PAIR);
      if (frame.kind === 'reply') relay.onReply(frame);
    },
    onConnectionLost: () => lost++,
  });
  return { relay, clock, frames, logged, fields, journal, hooks, lost: () => lost };
}

const OK = { result: '00000000-0000-0000-0000-000000000000' };

describe('the relay connection', () => {
  test('subscribes, hands every frame on with its time, and sends', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    expect(client.relay.send('too early')).toBe(false);
    await until(() => client.relay.state().subscribed);
    expect(server.keys).toEqual(['Bearer key']);
    expect(server.requests.map((request) => request.params)).toEqual([
      ['quote', { tokens_in: ['nep141:a', 'nep141:b'], tokens_out: ['nep141:a', 'nep141:b'] }],
      ['quote_status'],
    ]);
    server.peers[0]?.send('{"method":"event"}');
    await until(() => client.frames.length === 3);
    expect(client.frames[2]).toEqual({
      text: '{"method":"event"}',
      receivedAtMs: client.clock.nowMs(),
      connectionId: client.relay.state().socket.connectionId as string,
    });
    const id = client.relay.nextId();
    expect(client.relay.send(JSON.stringify({ id, params: ['answer'] }))).toBe(true);
    await until(() => server.requests.length === 3);
    expect(new Set(server.requests.map((request) => request.id)).size).toBe(3);
    expect(client.relay.state()).toMatchObject({
      connected: true,
      reconnects: 0,
      lastError: null,
      lastFrameAtMs: client.clock.nowMs(),
    });
    expect(client.logged).toEqual(['relay_connected', 'relay_subscribed']);
  });

  test('without a key sends no authorization', async () => {
    const server = startRelay(() => OK);
    connect(server.url, null);
    await until(() => server.keys.length === 1);
    expect(server.keys).toEqual([null]);
  });

  test('subscribes again after a loss, and tells of the loss once', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    await until(() => client.relay.state().subscribed);
    server.peers[0]?.terminate();
    await until(() => client.lost() === 1);
    expect(client.relay.state()).toMatchObject({ connected: false, subscribed: false });
    expect(client.relay.send('lost')).toBe(false);
    client.clock.advance(0);
    await until(() => client.relay.state().subscribed);
    expect(server.requests.length).toBe(4);
    expect(client.relay.state().reconnects).toBe(1);
    expect(client.lost()).toBe(1);
    expect(client.logged).toEqual([
      'relay_connected',
      'relay_subscribed',
      'relay_connection_trouble',
      'relay_connected',
      'relay_subscribed',
    ]);
  });

  test('falls back to all quotes where the relay does not know the filter', async () => {
    const server = startRelay((request) =>
      request.params.length > 1 ? { error: { code: -32602, message: 'invalid params' } } : OK,
    );
    const client = connect(server.url);
    await until(() => client.relay.state().subscribed);
    expect(client.relay.state().session).toMatchObject({ quote: 'unfiltered', filterRefused: true });
    expect(client.logged).toContain('relay_filter_refused');
  });

  test('knows from when on everything was read: since it opened, then since the ping that was answered', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    expect(client.relay.drainedUs()).toBeNull();
    client.relay.askDrained();
    await until(() => client.relay.state().subscribed);
    const openedUs = client.clock.elapsedUs();
    expect(client.relay.drainedUs()).toBe(openedUs);
    client.clock.advance(100);
    client.relay.askDrained();
    client.clock.advance(50);
    expect(client.relay.drainedUs()).toBe(openedUs);
    await until(() => client.relay.drainedUs() !== openedUs);
    expect(client.relay.drainedUs()).toBe(openedUs + 100_000);
    server.peers[0]?.terminate();
    await until(() => client.lost() === 1);
    expect(client.relay.drainedUs()).toBeNull();
  });

  test('knows of a request that has waited that it was sent before a pong that has come meanwhile', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    await until(() => client.relay.state().subscribed);
    const openedUs = client.clock.elapsedUs();
    const turns: (() => void)[] = [];
    client.hooks.later = (run) => void turns.push(run);
    let askedUs = 0;
    // The process did not run for a while, and the first of what was sent meanwhile takes all the time that there is.
    client.clock.advance(4_000);
    client.hooks.onFrame = () => {
      client.clock.advance(BURST_US / 1000);
      client.relay.askDrained();
      askedUs = client.clock.elapsedUs();
    };
    const request = (name: string) => `{"defuse_asset_identifier_in":"${name}"}`;
    for (const name of ['first', 'second', 'third']) server.peers[0]?.send(request(name));
    await until(() => client.relay.state().heartbeatAgeMs === 0);
    expect(client.relay.state().backlog.waiting).toBe(2);
    expect(client.relay.drainedUs()).toBe(openedUs);
    server.peers[0]?.send(request('new'));
    await until(() => client.relay.state().backlog.waiting === 3);
    const sentAfter: [string, number | null][] = [];
    client.hooks.onFrame = (text) => sentAfter.push([text, client.relay.drainedUs()]);
    for (const run of turns.splice(0)) run();
    expect(sentAfter).toEqual([
      [request('new'), askedUs],
      [request('third'), openedUs],
      [request('second'), openedUs],
    ]);
    expect(client.relay.drainedUs()).toBe(askedUs);
  });

  test('whose streams fall silent is subscribed again, then replaced, and says so', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    await until(() => client.relay.state().subscribed);
    // Pings are answered all the while: the connection itself is sound.
    for (let second = 0; second < 180; second++) {
      client.clock.advance(1000);
      if (second % 10 !== 9) continue;
      client.relay.askDrained();
      await until(() => client.relay.drainedUs() === client.clock.elapsedUs() || client.lost() === 1);
    }
    await until(() => client.lost() === 1);
    expect(client.relay.state().lastError).toMatchObject({
      kind: 'dropped',
      detail: 'nothing on any stream for 180000 ms',
    });
    expect(client.logged).toContain('relay_stream_renewed');
    client.clock.advance(0);
    await until(() => client.relay.state().subscribed);
    expect(client.relay.state().session.reasons).toEqual(['relay_silent']);
    client.relay.heard('quote_status', client.clock.elapsedUs());
    expect(client.relay.state().session.reasons).toEqual([]);
  });

  test('takes JSON in binary frames and ids as texts', async () => {
    const server = startRelay((request) => ({ ...OK, id: String(request.id) }), 'binary');
    const client = connect(server.url);
    await until(() => client.relay.state().subscribed);
    expect(client.logged).toEqual(['relay_connected', 'relay_subscribed']);
  });

  test.each([
    ['key_missing', 403, 200, null],
    ['key_missing', 401, 200, null],
    ['key_refused', 401, 200, 'key'],
    ['key_refused', 403, 404, 'key'],
    ['key_refused', 403, 401, 'key'],
    ['key_refused', 403, 302, 'key'],
    ['address_refused', 403, 403, 'key'],
    // Expired in 2025; nobody need be asked.
    ['key_refused', 403, 403, `e30.${Buffer.from('{"exp":1761955200}').toString('base64url')}.x`],
  ] as const)('that is refused says which: %s, of %i and %i at the root', async (refusal, atSocket, atRoot, apiKey) => {
    const asked: (string | null)[] = [];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        const isSocket = new URL(request.url).pathname === '/ws';
        if (!isSocket) asked.push(request.headers.get('authorization'));
        return new Response('no', { status: isSocket ? atSocket : atRoot, headers: { Location: '/elsewhere' } });
      },
    });
    cleanups.push(() => void server.stop(true));
    const client = connect(`ws://127.0.0.1:${server.port}/ws`, apiKey);
    await until(() => client.relay.state().refusal === refusal);
    expect(client.fields[0]).toMatchObject({ retry_in_ms: 60_000 });
    for (const key of asked) expect(key).toBeNull();
    expect(JSON.stringify(client.fields)).toContain('RELAY_API_KEY'.slice(0, refusal === 'address_refused' ? 0 : 13));
    expect(client.relay.state().lastError?.retryInMs).toBe(60_000);
  });

  test('that is refused is no refusal any more once it is taken', async () => {
    let status: number | null = 403;
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request, self) =>
        status === null && self.upgrade(request, { data: undefined })
          ? undefined
          : new Response('no', { status: status ?? 500 }),
      websocket: { message: () => {} },
    });
    cleanups.push(() => void server.stop(true));
    const client = connect(`ws://127.0.0.1:${server.port}/ws`);
    await until(() => client.relay.state().refusal === 'address_refused');
    status = 503;
    client.clock.advance(60_000);
    await until(() => client.relay.state().refusal === null);
    status = null;
    client.clock.advance(client.relay.state().lastError?.retryInMs ?? 0);
    await until(() => client.relay.state().connected);
    expect(client.relay.state().refusal).toBeNull();
  });

  test('names its queue in the URL, and acknowledges what was taken in once it is durable', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url, 'key', 'journal-1');
    await until(() => client.relay.state().subscribed);
    expect(server.queries).toEqual(['?instance_id=journal-1']);
    expect(server.requests[1]?.params).toEqual(['quote_status', null, true]);
    client.journal.lastSeq = 5;
    client.relay.taken('s', 9);
    client.clock.advance(1000);
    expect(server.requests).toHaveLength(2);
    client.journal.durableSeq = 5;
    client.clock.advance(1000);
    await until(() => server.requests.length === 3);
    expect(server.requests[2]?.params).toEqual(['s', 9]);
  });

  test('does without guaranteed delivery on the connection after one on which the relay did not answer it', async () => {
    const server = startRelay(({ params }) => (params[2] === true ? null : OK));
    const client = connect(server.url, 'key', 'journal-1');
    await until(() => client.relay.state().session.quote !== 'no');
    client.clock.advance(5_000);
    expect(client.lost()).toBe(1);
    client.clock.advance(0);
    await until(() => client.relay.state().subscribed);
    expect(server.queries).toEqual(['?instance_id=journal-1', '']);
    expect(client.logged.at(-1)).toBe('relay_delivery_not_guaranteed');
  });

  test.each([
    [400, ''],
    [403, ''],
    [404, ''],
    [408, '?instance_id=journal-1'],
    [429, '?instance_id=journal-1'],
    [503, '?instance_id=journal-1'],
  ])('whose upgrade with a queue is answered with %i is asked next for %p', async (status, next) => {
    const queries: string[] = [];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request, self) {
        const { pathname, search } = new URL(request.url);
        if (pathname !== '/ws') return new Response('');
        queries.push(search);
        return search === '' && self.upgrade(request, { data: undefined }) ? undefined : new Response('no', { status });
      },
      websocket: { message: () => {} },
    });
    cleanups.push(() => void server.stop(true));
    const client = connect(`ws://127.0.0.1:${server.port}/ws`, 'key', 'journal-1');
    await until(() => client.relay.state().lastError !== null);
    client.clock.advance(client.relay.state().lastError?.retryInMs ?? 0);
    await until(() => queries.length === 2);
    expect(queries).toEqual(['?instance_id=journal-1', next]);
  });

  test('leaves a queue alone that the URL names itself', async () => {
    const server = startRelay(() => OK);
    connect(`${server.url}?instance_id=mine`, 'key', 'journal-1');
    await until(() => server.queries.length === 1);
    expect(server.queries).toEqual(['?instance_id=mine']);
  });

  test('that is opened and lost again and again is left alone for a while', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    for (let opened = 1; opened <= 10; opened++) {
      await until(() => client.relay.state().subscribed);
      server.peers.splice(0).forEach((peer) => void peer.terminate());
      await until(() => client.lost() === opened);
      if (opened < 10) client.clock.advance(client.relay.state().lastError?.retryInMs ?? 0);
    }
    expect(client.relay.state()).toMatchObject({
      socket: { storm: true, storms: 1 },
      lastError: { retryInMs: 60_000 },
    });
    expect(client.logged.filter((event) => event === 'relay_reconnect_storm')).toHaveLength(1);
  });

  test('knows the age of data and of heartbeats apart', async () => {
    const server = startRelay(() => OK);
    const client = connect(server.url);
    await until(() => client.relay.state().subscribed);
    expect(client.relay.state()).toMatchObject({ dataAgeMs: 0, heartbeatAgeMs: null });
    client.clock.advance(5000);
    client.relay.askDrained();
    await until(() => client.relay.state().heartbeatAgeMs === 0);
    expect(client.relay.state().dataAgeMs).toBe(5000);
  });

  test('gives up a relay that opens and then does not answer', async () => {
    const server = startRelay(() => null);
    const client = connect(server.url);
    await until(() => server.requests.length === 2);
    client.clock.advance(4_000);
    expect(client.lost()).toBe(0);
    client.clock.advance(1_000);
    expect(client.lost()).toBe(1);
    expect(client.relay.state().lastError).toMatchObject({
      kind: 'dropped',
      detail: expect.stringContaining('did not answer the subscription to quote'),
    });
  });
});
