// The websocket of events over real sockets.

import { afterEach, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { waitFor, within } from '../../../../ops/testing/wait.ts';
import { EventMessage, type EventValue } from '../../../control/events.ts';
import { controlToken } from '../auth.ts';
import { TEST_TOKEN } from '../control.fixture.ts';
import { FEED } from './feed.ts';
import { FOLLOWERS_MAX, HEARTBEAT_MS, OPERATOR_PLACES, QUEUE_BYTES_MAX } from './hub.ts';
import { TICKET_MS } from './tickets.ts';
import { masked, serveEvents, textsOf, VIEWER_TOKEN } from './websocket.fixture.ts';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function serve() {
  const served = serveEvents();
  stops.push(served.stop);
  return served;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const stopped = (detail: string): EventValue => ({
  ...{ type: 'stopped', at: '2026-01-01T00:00:00.000Z', code: 'turns_failed' },
  detail,
});

/** As a browser or a program would follow. */
async function follow(
  { host }: { readonly host: string },
  query = '',
  headers: Record<string, string> = bearer(VIEWER_TOKEN),
) {
  const socket = new WebSocket(`ws://${host}/events${query}`, { headers });
  stops.push(() => socket.close());
  const messages: EventMessage[] = [];
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  socket.onmessage = ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    if (!Value.Check(EventMessage, message)) throw new Error(`no event: ${data}`);
    messages.push(message);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const types = () => messages.map(({ type }) => type);
  await waitFor(() => types().includes('hello'), { what: 'the greeting' });
  return { socket, messages, types, closed };
}

test('a viewer follows: each event comes as it is described, and events are wanted as long as somebody follows', async () => {
  const served = serve();
  const { socket, messages, types } = await follow(served);
  expect(served.wanted).toEqual([true]);
  expect(messages[0]).toMatchObject({ type: 'hello', service: 'engine', actor: 'anna' });
  served.front.events.take({ events: [stopped('one'), stopped('x'.repeat(70_000))], dropped: 3 });
  await waitFor(() => messages.length === 4, { what: 'the events' });
  expect(types()).toEqual(['hello', 'dropped', 'stopped', 'stopped']);
  expect(messages[1]).toMatchObject({ count: 3 });
  expect(messages[2]).toMatchObject({ detail: 'one' });
  expect(messages[3]).toMatchObject({ detail: expect.stringMatching(/^x+\.\.\. \(\d+ more bytes\)$/) });
  socket.close();
  await waitFor(() => served.wanted.length === 2, { what: 'the end' });
  expect(served.wanted).toEqual([true, false]);
});

test('a heartbeat comes every few seconds, and whoever answers pings stays', async () => {
  const served = serve();
  const { raw } = await served.open();
  for (let beat = 1; beat <= 6; beat++) {
    served.timers.advance(HEARTBEAT_MS);
    await waitFor(() => textsOf(raw).length === beat + 1, { what: `heartbeat ${beat}` });
    // What was sent before a ping has been read when its answer is there.
    raw.socket.write(Buffer.concat([masked(10, Buffer.alloc(0)), masked(9, Buffer.from(`beat-${beat};`))]));
    await raw.until(`beat-${beat};`);
  }
  expect(JSON.parse(textsOf(raw).at(-1) ?? '')).toMatchObject({ type: 'heartbeat', events: 0 });
  expect(await served.counts()).toMatchObject({ events_silent: 0 });
});

test('a client that answers no pings is dropped and counted', async () => {
  const served = serve();
  const { raw } = await served.open();
  for (let beat = 0; beat < 5; beat++) served.timers.advance(HEARTBEAT_MS);
  await within(raw.closed, { what: 'the end of the connection' });
  expect(await served.counts()).toMatchObject({ events_silent: 1 });
});

test('a client that does not read is dropped, counted and said; one that reads gets every event', async () => {
  const served = serve();
  const { raw } = await served.open('/events', bearer(VIEWER_TOKEN));
  raw.socket.pause();
  const reading = await follow(served);
  const detail = 'x'.repeat(10_000);
  const slowDropped = () => served.lines.some(({ fields }) => fields['kind'] === 'events_slow');
  let sent = 0;
  await waitFor(
    () => {
      served.front.events.take({ events: Array.from({ length: 32 }, () => stopped(detail)), dropped: 0 });
      sent += 32;
      return slowDropped();
    },
    { what: 'the drop' },
  );
  expect(sent * detail.length).toBeGreaterThan(QUEUE_BYTES_MAX);
  await waitFor(() => reading.messages.length === sent + 1, { what: 'all events at the other client' });
  expect(await served.counts()).toMatchObject({ events_slow: 1 });
  expect(served.lines.find(({ event }) => event === 'control_refused')?.fields).toMatchObject({ detail: 'anna' });
  raw.socket.resume();
  served.timers.advance(5000);
  await within(raw.closed, { what: 'the end of the slow connection' });
});

test('a batch of events of the maximum size drops nobody who has not had the time to read', async () => {
  const served = serve();
  const { raw } = await served.open();
  raw.socket.pause();
  const event = stopped('\u0001'.repeat(100_000));
  served.front.events.take({ events: Array.from({ length: FEED.batchMax }, () => event), dropped: 0 });
  expect(await served.counts()).toMatchObject({ events_slow: 0 });
  raw.socket.resume();
  await waitFor(() => textsOf(raw).length === FEED.batchMax + 1, { what: 'all events' });
});

test('as many follow as are served; the next is refused and counted', async () => {
  const served = serve();
  for (let count = 0; count < FOLLOWERS_MAX; count++) {
    expect((await served.open()).status).toBe(101);
    served.timers.advance(100);
  }
  expect((await served.open()).status).toBe(429);
  expect(await served.counts()).toMatchObject({ events_full: 1 });
});

test('viewers leave places for operators', async () => {
  const served = serve();
  const open = async (token = TEST_TOKEN): Promise<number> => {
    const { status } = await served.open('/events', bearer(token));
    served.timers.advance(100);
    return status;
  };
  for (let count = OPERATOR_PLACES; count < FOLLOWERS_MAX; count++) expect(await open(VIEWER_TOKEN)).toBe(101);
  expect(await open(VIEWER_TOKEN)).toBe(429);
  for (let count = 0; count < OPERATOR_PLACES; count++) expect(await open()).toBe(101);
  expect(await open()).toBe(429);
});

test('whoever follows with a token that is gone, or another one now, is disconnected, and its tickets are void', async () => {
  const served = serve();
  const viewer = await follow(served);
  const operator = await follow(served, '', bearer(TEST_TOKEN));
  const ticket = await served.ticket(bearer(VIEWER_TOKEN));
  served.front.setTokens([controlToken('operator', TEST_TOKEN), controlToken('anna', 'n'.repeat(32), 'viewer')]);
  expect(await within(viewer.closed, { what: 'the close' })).toMatchObject({ code: 1008 });
  expect((await served.open(`/events?ticket=${ticket}`, {})).status).toBe(401);
  expect((await served.open('/events', bearer('n'.repeat(32)))).status).toBe(101);
  served.front.events.take({ events: [stopped('one')], dropped: 0 });
  await waitFor(() => operator.types().includes('stopped'), { what: 'the event at the other one' });
});

test('a client that sends a message is closed, since none is taken', async () => {
  const served = serve();
  const { socket, closed } = await follow(served);
  socket.send('{"arm":true}');
  expect((await within(closed, { what: 'the close' })).code).toBe(1003);
});

test('a flood of pings ends the connection', async () => {
  const served = serve();
  const { raw } = await served.open();
  raw.socket.write(Buffer.concat(Array.from({ length: 100 }, () => masked(9, Buffer.from('p')))));
  await within(raw.closed, { what: 'the end of the connection' });
});

test('when the process ends, the connections are closed with that reason', async () => {
  const served = serve();
  const { closed } = await follow(served);
  served.front.stop();
  expect((await within(closed, { what: 'the close' })).code).toBe(1001);
});

test.each([
  ['no upgrade', {}],
  [
    'another version',
    {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '8',
    },
  ],
  ['no key', { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' }],
])('with %s it is asked for a websocket', async (_name, ask) => {
  const served = serve();
  const { status, raw } = await served.open('/events', bearer(TEST_TOKEN), ask);
  expect(status).toBe(426);
  expect(raw.received()).toContain('sec-websocket-version: 13');
});

test('frames that come together with the request are read', async () => {
  const served = serve();
  const { raw } = await served.open();
  await waitFor(() => textsOf(raw).length === 1, { what: 'the greeting' });
  raw.socket.write(masked(8, Buffer.from([3, 232])));
  await within(raw.closed, { what: 'the end of the connection' });
  expect(served.wanted).toEqual([true, false]);
});

test('a ticket opens the websocket once, for a page of the origin that asked', async () => {
  const served = serve();
  const origin = { origin: `http://${served.host}` };
  const ticket = await served.ticket({ ...bearer(VIEWER_TOKEN), ...origin });
  const first = await served.open(`/events?ticket=${ticket}`, origin);
  expect(first.status).toBe(101);
  await waitFor(() => textsOf(first.raw).length === 1, { what: 'the greeting' });
  expect(JSON.parse(textsOf(first.raw)[0] ?? '')).toMatchObject({ type: 'hello', actor: 'anna' });
  expect((await served.open(`/events?ticket=${ticket}`, origin)).status).toBe(401);
  expect(await served.counts()).toMatchObject({ ticket_refused: 1 });
  expect(JSON.stringify(served.lines)).not.toContain(ticket);
});

test('a ticket that is too old, made up, given twice, from another origin, or for another route opens nothing', async () => {
  const served = serve();
  const origin = { origin: `http://${served.host}` };
  const old = await served.ticket();
  served.timers.advance(TICKET_MS);
  expect((await served.open(`/events?ticket=${old}`, {})).status).toBe(401);
  expect((await served.open(`/events?ticket=${'x'.repeat(43)}`, {})).status).toBe(401);
  const twice = await served.ticket();
  expect((await served.open(`/events?ticket=${twice}&ticket=${twice}`, {})).status).toBe(401);
  const ofPage = await served.ticket({ ...bearer(TEST_TOKEN), ...origin });
  // Another name of the same host is another origin.
  expect((await served.open(`/events?ticket=${ofPage}`, { origin: `http://localhost:${served.port}` })).status).toBe(
    401,
  );
  expect((await served.open(`/events?ticket=${ofPage}`, { origin: 'https://elsewhere.example' })).status).toBe(403);
  const other = await served.ticket({ ...bearer(TEST_TOKEN), ...origin });
  expect((await served.open(`/events?ticket=${other}`, {})).status).toBe(401);
  const state = await served.ticket();
  expect((await served.open(`/state?ticket=${state}`, {})).status).toBe(401);
  // Nobody without a token gets a ticket, nor the events.
  expect((await served.open('/events', {})).status).toBe(401);
  expect(served.wanted).toEqual([]);
});
