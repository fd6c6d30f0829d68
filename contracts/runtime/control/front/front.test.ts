import { expect, test } from 'bun:test';
import { waitFor } from '../../../../ops/testing/wait.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { controlToken } from '../auth.ts';
import { TEST_TOKEN } from '../control.fixture.ts';
import type { ActionCall, LogLine, RefusalCounts, RefusedCall, RouteView } from '../message.ts';
import { type Answer, jsonAnswer } from '../problem.ts';
import { READS } from '../reads.ts';
import type { ControlRequest } from './connection.ts';
import { ACTIONS, createControlFront, DIFFERENT_MAX } from './front.ts';

const VIEWER_TOKEN = 'viewer-token-of-32-characters-xxx';
const FOREIGN_TOKEN = 'foreign-token-of-32-characters-xx';
const json = (body: unknown) => ({ contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const ROUTES: RouteView[] = [
  { method: 'GET', path: '/livez', open: true, bodyOptional: true, urgent: false, role: 'viewer' },
  { method: 'GET', path: '/state', open: false, bodyOptional: true, urgent: false, role: 'viewer' },
  { method: 'POST', path: '/part/disarm', open: false, bodyOptional: true, urgent: true, role: 'operator' },
  { method: 'POST', path: '/part/pause', open: false, bodyOptional: true, urgent: false, role: 'operator' },
];

function make(answer: (path: string) => Promise<Answer> = async (path) => jsonAnswer({ path }), host = '127.0.0.1') {
  const timers = new ManualClock();
  const reads: string[] = [];
  const acts: ActionCall[] = [];
  const refused: RefusedCall[] = [];
  const lines: LogLine[] = [];
  let counts: RefusalCounts | null = null;
  const front = createControlFront({
    service: 'engine',
    onEventsWanted: () => {},
    routes: ROUTES,
    tokens: [
      controlToken('operator', TEST_TOKEN),
      controlToken('anna', VIEWER_TOKEN, 'viewer'),
      { ...controlToken('eve', FOREIGN_TOKEN), role: null },
    ],
    host,
    timers,
    backend: {
      read(path, given) {
        counts = given;
        reads.push(path);
        return answer(path);
      },
      act(call) {
        acts.push(call);
        return answer(call.path);
      },
      refused: (call) => void refused.push(call),
      log: (line) => void lines.push(line),
    },
  });
  const send = async (method: string, path: string, over: Partial<ControlRequest> = {}) => {
    const request: ControlRequest = {
      method,
      path,
      query: null,
      websocket: null,
      host: 'localhost',
      origin: null,
      authorization: `Bearer ${TEST_TOKEN}`,
      contentType: null,
      contentLength: 0,
      keepAlive: true,
      expectsContinue: false,
      body: Buffer.alloc(0),
      remote: '127.0.0.1',
      ...over,
    };
    const answer = await front.handle(request);
    if ('open' in answer) throw new Error('opened a websocket');
    return answer;
  };
  return { send, timers, reads, acts, refused, lines, counts: () => counts, front };
}

/** Everything that was sent has come as far as it can without time passing. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('while reads are rare each is answered afresh', async () => {
  const { send, reads, timers } = make();
  for (let index = 0; index < 200; index++) {
    expect((await send('GET', '/state')).status).toBe(200);
    timers.advance(1000 / READS.perSecond);
  }
  expect(reads).toHaveLength(200);
});

test('many reads of a path at once are one for the main thread at a time, and none is answered by what was asked before it', async () => {
  const asked: ((answer: Answer) => void)[] = [];
  const { send, reads } = make(() => new Promise((resolve) => void asked.push(resolve)));
  const first = send('GET', '/state');
  await turn();
  const others = Array.from({ length: READS.burst }, () => send('GET', '/state'));
  const other = send('GET', '/livez');
  await turn();
  expect(reads).toEqual(['/state', '/livez']);
  for (const [value, resolve] of asked.entries()) resolve(jsonAnswer({ value }));
  expect(await Promise.all([first, other].map(async (each) => (await each).body))).toEqual([
    jsonAnswer({ value: 0 }).body,
    jsonAnswer({ value: 1 }).body,
  ]);
  await turn();
  expect(reads).toEqual(['/state', '/livez', '/state']);
  asked[2]?.(jsonAnswer({ value: 2 }));
  const bodies = new Set((await Promise.all(others)).map(({ body }) => body));
  expect(bodies).toEqual(new Set([jsonAnswer({ value: 2 }).body]));
});

test('a flood of reads costs the main thread a bounded number of calls, and each is answered', async () => {
  const { send, reads, timers } = make();
  const SECONDS = 5;
  const pending: Promise<number>[] = [];
  for (let ms = 0; ms < SECONDS * 1000; ms++) {
    for (const path of ['/livez', '/state', '/livez']) pending.push(send('GET', path).then(({ status }) => status));
    timers.advance(1);
    await Promise.resolve();
  }
  for (let step = 0; step < 20; step++) {
    timers.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(new Set(await Promise.all(pending))).toEqual(new Set([200]));
  expect(reads.length).toBeLessThanOrEqual(READS.burst + READS.perSecond * (SECONDS + 2) + 2);
  expect(new Set(reads)).toEqual(new Set(['/livez', '/state']));
});

test('an action makes what was read before it old, also under a flood', async () => {
  let value = 0;
  const { send } = make(async () => jsonAnswer({ value }));
  for (let index = 0; index < READS.burst; index++) await send('GET', '/state');
  const shared = await send('GET', '/state');
  expect(shared.body).toContain('"value":0');
  value = 1;
  await send('POST', '/part/disarm');
  const after = send('GET', '/state');
  expect(await Promise.race([after, Promise.resolve(null)])).toBeNull();
});

test('one action that is called too often is refused, and does not keep out another', async () => {
  const { send, acts, timers, counts } = make();
  const statuses: number[] = [];
  for (let index = 0; index < 1000; index++) statuses.push((await send('POST', '/part/pause')).status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(ACTIONS.burst);
  const last = await send('POST', '/part/pause');
  expect(last.status).toBe(429);
  expect(last.headers['retry-after']).toBe('1');
  expect((await send('POST', '/part/disarm')).status).toBe(200);
  expect(acts).toHaveLength(ACTIONS.burst + 1);
  timers.advance(1000);
  expect((await send('POST', '/part/pause')).status).toBe(200);
  await send('GET', '/state');
  expect(counts()?.actions_limited).toBe(1001 - ACTIONS.burst);
});

test('a main thread that does not answer is a problem in bounded time, for reads and actions', async () => {
  const { send, timers, reads, acts } = make(() => new Promise(() => {}));
  const read = send('GET', '/livez', { authorization: null });
  const action = send('POST', '/part/disarm');
  await waitFor(() => reads.length === 1 && acts.length === 1, { what: 'both to be asked for' });
  timers.advance(5000);
  expect((await read).status).toBe(503);
  expect((await read).body).toContain('urn:unrip:problem:main-loop-late');
  timers.advance(10_000);
  expect((await action).status).toBe(504);
});

test.each(['GETX', 'PRI', 'TRACE', 'CONNECT', 'OPTIONS', 'PATCH', 'get'])(
  'the method %s, which no route has, is not taken for GET',
  async (method) => {
    const { send, reads } = make();
    expect((await send(method, '/state')).status).toBe(405);
    // Also without a token: an open path may say which methods it takes.
    expect((await send(method, '/livez', { authorization: null })).status).toBe(405);
    expect(reads).toEqual([]);
  },
);

test('a flood of calls of an urgent action, with bodies that are refused, or not, keeps nobody from it', async () => {
  const { send, acts, timers } = make();
  const flood: Promise<Answer>[] = [];
  for (let index = 0; index < 500; index++) flood.push(send('POST', '/part/disarm', json({ a: index })));
  for (let index = 0; index < 500; index++) flood.push(send('POST', '/part/disarm'));
  await turn();
  const before = acts.length;
  const done = send('POST', '/part/disarm');
  await turn();
  timers.advance(1000 / ACTIONS.perSecond);
  expect((await done).status).toBe(200);
  // By a call that was made after it was asked for, and shared with all that waited.
  expect(acts.length).toBeGreaterThan(before);
  expect(acts.length).toBeLessThanOrEqual(ACTIONS.burst + 1 + DIFFERENT_MAX);
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  expect(new Set(statuses.slice(500))).toEqual(new Set([200]));
  expect(statuses.slice(0, 500)).toContain(429);
});

test('a call of an urgent action with fields is made as well, whatever others call it with, and equal ones share one', async () => {
  const { send, acts, timers } = make();
  for (let index = 0; index < ACTIONS.burst; index++) await send('POST', '/part/disarm');
  const others = Array.from({ length: 100 }, () => send('POST', '/part/disarm'));
  const pulls = [true, true, false].map((pull) => send('POST', '/part/disarm', json({ pull })));
  await turn();
  expect(acts).toHaveLength(ACTIONS.burst);
  timers.advance(1000 / ACTIONS.perSecond);
  const statuses = (await Promise.all([...others, ...pulls])).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  const bodies = acts.slice(ACTIONS.burst).map(({ body }) => (body.ok ? body.value : null));
  expect(bodies).toEqual([{}, { pull: true }, { pull: false }]);
});

test('a body that two readers could take in two ways reaches no action', async () => {
  const { send, acts } = make();
  const body = Buffer.from('{"for_minutes":5,"for_minutes":600}');
  await send('POST', '/part/disarm', { contentType: 'application/json', body });
  expect(acts[0]?.body).toMatchObject({ ok: false, problem: { status: 400 } });
});

test('HEAD is answered as GET, with its rules', async () => {
  const { send } = make();
  expect((await send('HEAD', '/livez', { authorization: null })).status).toBe(200);
  expect((await send('HEAD', '/state', { authorization: null })).status).toBe(401);
  expect((await send('HEAD', '/state')).status).toBe(200);
  expect((await send('HEAD', '/part/disarm')).status).toBe(405);
});

test.each([
  '//livez',
  '/livez/',
  '/livez;x',
  '/./livez',
  '/state/../livez',
  '/%6civez',
  '/LIVEZ',
  '/livez%2f',
  '/livez%3f/state',
  '/bun:info',
  '/',
])('%p is no route, and not open: without a token it says so first', async (path) => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const { send, reads } = make(undefined, host);
    expect((await send('GET', path, { authorization: null })).status).toBe(401);
    expect((await send('GET', path)).status).toBe(404);
    expect(reads).toEqual([]);
  }
});

test('missing and wrong tokens are counted apart', async () => {
  const { send, timers, counts } = make();
  await send('GET', '/state', { authorization: null });
  await send('GET', '/state', { authorization: '' });
  const wrong = send('GET', '/state', { authorization: `Bearer ${'x'.repeat(40)}` });
  timers.advance(100);
  expect((await wrong).status).toBe(401);
  await send('GET', '/state');
  expect(counts()).toMatchObject({ token_missing: 2, token_wrong: 1 });
});

test('a flood of refusals of every kind writes a bounded number of lines of bounded size, and as few records', async () => {
  const { send, timers, lines, refused, front, counts } = make();
  const MINUTES = 3;
  const wide = 'x'.repeat(5000);
  for (let minute = 0; minute < MINUTES; minute++) {
    for (let index = 0; index < 500; index++) {
      await send('POST', '/part/disarm', { origin: `https://${wide}${index}` });
      await send('POST', '/part/disarm', { host: `h${index}.example` });
      await send('POST', '/part/disarm', { host: wide });
      await send('POST', '/part/disarm', { authorization: null });
      void send('POST', '/part/disarm', { authorization: `Bearer ${index}` });
      front.refused('malformed', '10.0.0.1', wide);
    }
    timers.advance(60_000);
  }
  await send('GET', '/state');
  expect(counts()).toMatchObject({ foreign_origin: 1500, foreign_host: 1500, token_missing: 1500, malformed: 1500 });
  // One line a kind when it appears, and one summary a minute.
  expect(lines.filter(({ event }) => event === 'control_refused')).toHaveLength(7);
  const summaries = lines.filter(({ event }) => event === 'control_refusals');
  expect(summaries).toHaveLength(MINUTES);
  expect(summaries[0]?.fields).toMatchObject({ foreign_origin: 500, token_missing: 500, token_wrong: 500 });
  for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(400);
  expect(refused.length).toBeLessThanOrEqual(20 * (MINUTES + 1));
});

test('a kind that comes back after a quiet minute has a line again', async () => {
  const { send, timers, lines } = make();
  await send('GET', '/state', { authorization: null });
  timers.advance(60_000);
  await send('GET', '/state', { authorization: null });
  timers.advance(120_000);
  await send('GET', '/state', { authorization: null });
  expect(lines.map(({ event }) => event)).toEqual([
    'control_refused',
    'control_refusals',
    'control_refusals',
    'control_refused',
  ]);
});

test('a viewer reads and may do nothing; the attempt is counted, and recorded under the name of the token', async () => {
  const { send, acts, refused, counts } = make();
  expect((await send('GET', '/state', bearer(VIEWER_TOKEN))).status).toBe(200);
  for (const path of ['/part/pause', '/part/disarm']) {
    const answer = await send('POST', path, bearer(VIEWER_TOKEN));
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body).type).toBe('urn:unrip:problem:role-too-low');
  }
  expect(acts).toEqual([]);
  expect(refused[0]).toMatchObject({
    path: '/part/pause',
    status: 403,
    caller: { actor: 'anna', remote: '127.0.0.1' },
  });
  await send('GET', '/state');
  expect(counts()).toMatchObject({ role_too_low: 2, token_wrong: 0 });
});

test('a token of another account is refused everywhere but on open routes, and makes no connection trusted', async () => {
  const { send, reads, front, counts } = make();
  for (const [method, path] of [
    ['GET', '/state'],
    ['POST', '/part/disarm'],
    ['GET', '/nothing'],
  ] as const) {
    const answer = await send(method, path, bearer(FOREIGN_TOKEN));
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('other-account');
  }
  expect(reads).toEqual([]);
  expect((await send('GET', '/livez', bearer(FOREIGN_TOKEN))).status).toBe(200);
  const head = {
    method: 'GET',
    path: '/state',
    query: null,
    websocket: null,
    host: null,
    origin: null,
    contentType: null,
    contentLength: 0,
  };
  const roleOf = (token: string) =>
    front.roleOf({ ...head, keepAlive: true, expectsContinue: false, ...bearer(token) });
  expect([FOREIGN_TOKEN, VIEWER_TOKEN, 'x'.repeat(40), TEST_TOKEN].map(roleOf)).toEqual([
    null,
    'viewer',
    null,
    'operator',
  ]);
  await send('GET', '/state');
  expect(counts()).toMatchObject({ other_account: 3 });
});
