import { expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { UnitsText } from '../../envelope.ts';
import { OpsControlAction } from '../../topics/ops-control-action.ts';
import { keptLog } from '../log/kept-log.fixture.ts';
import { ManualClock } from '../manual-clock.fixture.ts';
import { startLoopDelay } from '../process/health/event-loop-lag.ts';
import { createHealth, type PartHealth, partHealth, type TradingHealth } from '../process/health/health.ts';
import { createMetrics } from '../process/metrics.ts';
import { createControlApp } from './app.ts';
import { controlCaller, TEST_TOKEN as TOKEN } from './control.fixture.ts';
import { actionRoute, type ControlRoute, shown } from './route.ts';

const isControlAction = TypeCompiler.Compile(OpsControlAction);

/** A bigint travels as text. */
const Amount = Type.Object({ amount: Type.Unsafe<bigint>(UnitsText) });
const UNTIL = '2026-01-01T00:00:00.000Z';

const Threshold = Type.Object(
  { least: Type.String({ pattern: '^[0-9]+$', description: 'digits' }) },
  { additionalProperties: false },
);

function makeApp(
  over: {
    onLoopback?: boolean;
    part?: () => PartHealth;
    state?: () => { amount: bigint };
    trading?: () => TradingHealth;
    audit?: () => void;
  } = {},
) {
  const host = (over.onLoopback ?? true) ? '127.0.0.1' : '0.0.0.0';
  const timers = new ManualClock();
  const kept = keptLog();
  const audited: OpsControlAction[] = [];
  const ran: string[] = [];
  const loopDelay = startLoopDelay(timers);
  const part = over.part ?? (() => partHealth([], ['disarmed']));
  let least = '1';
  const routes: ControlRoute[] = [
    {
      kind: 'read',
      path: '/part/state',
      part: 'part',
      summary: 'state',
      answer: shown(Amount, () => ({ amount: 12n })),
    },
    { kind: 'health', path: '/part/healthz', part: 'part', summary: 'health', read: part },
    actionRoute({
      method: 'PUT',
      path: '/part/threshold',
      part: 'part',
      action: 'threshold',
      summary: 'changes the threshold',
      body: Threshold,
      bodyOptional: false,
      from: Threshold,
      to: Threshold,
      act(body) {
        const from = { least };
        least = body.least;
        return { ok: true, from, to: { least }, afterwards: () => void ran.push('afterwards') };
      },
    }),
    actionRoute({
      method: 'POST',
      path: '/part/never',
      part: 'part',
      action: 'never',
      summary: 'is refused',
      body: Type.Object({}, { additionalProperties: false }),
      bodyOptional: true,
      from: Type.String(),
      to: Type.String(),
      refusals: [409],
      act: () => ({
        ok: false,
        problem: { status: 409, code: 'not-now', title: 'Not now', detail: 'wait', more: { until: UNTIL } },
        from: 'a',
        to: 'b',
      }),
    }),
    actionRoute({
      method: 'POST',
      path: '/part/boom',
      part: 'part',
      action: 'boom',
      summary: 'fails',
      body: Type.Object({}),
      bodyOptional: true,
      from: Type.String(),
      to: Type.String(),
      recorded: () => 'without the secret',
      act: () => {
        throw new Error('something inside');
      },
    }),
    actionRoute({
      method: 'POST',
      path: '/part/stop',
      part: 'part',
      action: 'stop',
      summary: 'takes risk away',
      body: Type.Object({}, { additionalProperties: false }),
      bodyOptional: true,
      urgent: true,
      from: Type.String(),
      to: Type.String(),
      act: () => ({ ok: true, from: 'on', to: 'off' }),
    }),
    {
      kind: 'read',
      path: '/part/broken',
      part: 'part',
      summary: 'x',
      answer: shown(Amount, () => JSON.parse('something inside')),
    },
  ];
  const app = createControlApp({
    service: 'engine',
    version: '1.2.3',
    host,
    health: createHealth({
      service: 'engine',
      instanceId: 'i',
      version: '1.2.3',
      timers,
      parts: { part },
      ...(over.trading === undefined ? {} : { trading: over.trading }),
    }),
    loopDelay,
    metrics: createMetrics({ service: 'engine', version: '1.2.3', startedAtMs: 0, loopDelay }),
    state: shown(Amount, over.state ?? (() => ({ amount: 5n }))),
    routes,
    audit(action) {
      over.audit?.();
      audited.push(action);
    },
    newId: () => 'id-1',
    log: kept.log,
    timers,
  });
  return { app, call: controlCaller(app, timers, { host }), timers, audited, kept, ran };
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const body: Record<string, unknown> = JSON.parse(await response.text());
  expect(body['status']).toBe(response.status);
  expect(body['type']).toMatch(/^urn:unrip:problem:/);
  expect(String(body['detail']).length).toBeGreaterThan(3);
  return body;
}

test('liveness, health and metrics need no token on loopback, everything else does', async () => {
  const { call } = makeApp();
  for (const path of ['/livez', '/healthz', '/metrics'])
    expect((await call('GET', path, { token: null })).status).toBe(200);
  for (const path of ['/state', '/internal/health', '/openapi', '/part/state', '/part/healthz', '/nowhere']) {
    const refused = await call('GET', path, { token: null });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    await problemOf(refused);
  }
  for (const path of ['/state', '/internal/health', '/openapi', '/part/state', '/part/healthz'])
    expect((await call('GET', path)).status).toBe(200);
});

test('off loopback metrics want a token and health tells codes only', async () => {
  const { call } = makeApp({ onLoopback: false });
  expect((await call('GET', '/metrics', { token: null })).status).toBe(401);
  expect((await call('GET', '/metrics')).status).toBe(200);
  expect(await (await call('GET', '/healthz', { token: null })).json()).toEqual({
    healthy: true,
    reasons: [],
    notes: ['part.disarmed'],
  });
});

test('health says whether it trades and why not, by codes, and a check that fails is no trading', async () => {
  const trading = () => ({ trading: false, notTrading: ['strategy_disarmed'] });
  for (const onLoopback of [true, false]) {
    const response = await makeApp({ onLoopback, trading }).call('GET', '/healthz', { token: null });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ healthy: true, trading: false, not_trading: ['strategy_disarmed'] });
  }
  const broken = makeApp({
    trading: () => {
      throw new Error('something inside');
    },
  });
  expect(await (await broken.call('GET', '/healthz')).json()).toMatchObject({
    trading: false,
    not_trading: ['check_failed'],
  });
  expect(await (await makeApp().call('GET', '/healthz')).json()).not.toHaveProperty('trading');
});

test('an unhealthy part gives 503 with its reason, and is read again each time', async () => {
  let reasons = ['relay_down'];
  const { call } = makeApp({ part: () => partHealth(reasons) });
  const sick = await call('GET', '/healthz', { token: null });
  expect(sick.status).toBe(503);
  expect(await sick.json()).toMatchObject({ healthy: false, reasons: ['part.relay_down'] });
  expect((await call('GET', '/part/healthz')).status).toBe(503);
  const detail = await (await call('GET', '/internal/health')).json();
  expect(detail).toMatchObject({
    healthy: false,
    parts: { part: { reasons: ['relay_down'] } },
    loop_delay: { samples: 0 },
  });
  reasons = [];
  expect((await call('GET', '/healthz', { token: null })).status).toBe(200);
});

test('an action is done, answered and recorded with what it was and is', async () => {
  const { call, audited, timers, ran } = makeApp();
  const done = await call('PUT', '/part/threshold', { body: '{"least":"3"}' });
  expect(done.status).toBe(200);
  expect(await done.json()).toEqual({ part: 'part', action: 'threshold', from: { least: '1' }, to: { least: '3' } });
  expect(audited).toHaveLength(1);
  expect(isControlAction.Check(audited[0])).toBe(true);
  expect(audited[0]).toMatchObject({
    actor: 'operator',
    remote: 'local',
    outcome: 'done',
    http_status: 200,
    to: { least: '3' },
  });
  expect(ran).toEqual([]);
  timers.advance(0);
  expect(ran).toEqual(['afterwards']);
});

test.each([
  ['an unknown field', '{"least":"3","more":1}', {}, 400, '/more'],
  ['a wrong shape', '{"least":"x"}', {}, 400, 'digits'],
  ['a number for text', '{"least":3}', {}, 400, '/least'],
  ['a missing field', '{}', {}, 400, '/least'],
  ['no object', '[]', {}, 400, 'object'],
  ['no JSON', '{', {}, 400, 'JSON'],
  ['an empty body', '', {}, 400, 'JSON'],
  ['another content type', '{"least":"3"}', { 'content-type': 'text/plain' }, 415, 'application/json'],
  [
    'a form, as curl sends it',
    'least=3',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'application/json',
  ],
])(
  'a body with %s is refused, said, and recorded as refused',
  async (_name, body, headers: Record<string, string>, status, said) => {
    const { call, audited } = makeApp();
    const refused = await call('PUT', '/part/threshold', { body, headers });
    expect(refused.status).toBe(status);
    expect(JSON.stringify(await problemOf(refused))).toContain(said);
    expect(audited.map(({ outcome, http_status }) => [outcome, http_status])).toEqual([['refused', status]]);
    expect(isControlAction.Check(audited[0])).toBe(true);
  },
);

test("an action's own refusal carries its members and is recorded", async () => {
  const { call, audited } = makeApp();
  const refused = await call('POST', '/part/never');
  expect(await problemOf(refused)).toMatchObject({ status: 409, detail: 'wait', until: UNTIL, title: 'Not now' });
  expect(audited[0]).toMatchObject({ outcome: 'refused', http_status: 409, from: 'a', to: 'b', note: 'wait' });
});

test('the line of an action names the service once, and every field in snake_case', async () => {
  const { call, kept } = makeApp();
  await call('POST', '/part/never');
  await call('PUT', '/part/threshold', { body: '{"least":"3"}' });
  const lines = kept.lines.map((text) => JSON.parse(text)).filter(({ event }) => event === 'control_action');
  const of = { part: 'part', actor: 'operator' };
  expect(lines).toMatchObject([
    { ...of, level: 'warn', action: 'never', outcome: 'refused', http_status: 409 },
    { ...of, level: 'info', action: 'threshold', outcome: 'done', from: { least: '1' }, to: { least: '3' } },
  ]);
  for (const line of lines) {
    expect(Object.keys(line).filter((name) => !/^[a-z]+(?:_[a-z]+)*$/.test(name))).toEqual([]);
  }
});

test('an action that cannot be recorded is done, and the answer and the log say so', async () => {
  const audit = () => {
    throw new Error('no space left on device');
  };
  const { call, kept } = makeApp({ audit });
  const done = await call('POST', '/part/stop');
  expect(done.status).toBe(200);
  expect(await done.json()).toMatchObject({ to: 'off', note: expect.stringContaining('could not be recorded') });
  expect(kept.events()).toContain('control_action_not_recorded');
  expect((await call('POST', '/part/never')).status).toBe(409);
  const metrics = await (await call('GET', '/metrics')).text();
  expect(metrics).toContain('unrip_control_actions_not_recorded_total{program="engine"} 2');
});

test('an internal fault is a 500 that tells nothing of the inside, but logs it', async () => {
  const { call, audited, kept } = makeApp();
  for (const [method, path] of [
    ['POST', '/part/boom'],
    ['GET', '/part/broken'],
  ] as const) {
    const failed = await call(method, path);
    expect(failed.status).toBe(500);
    const text = JSON.stringify(await problemOf(failed));
    expect(text).not.toContain('something');
  }
  expect(audited).toMatchObject([{ http_status: 500, to: 'without the secret' }]);
  expect(audited[0]?.note).toContain('may have been done in part');
  expect(kept.events()).toContain('control_action_failed');
  expect(kept.events()).toContain('control_fault');
});

test('a call that is taken up after its answer was given up changes nothing, unless it takes risk away; either is recorded', async () => {
  const { app, audited, timers } = makeApp();
  const ask = async (method: 'PUT' | 'POST', path: string, value: object, leftMs: number): Promise<number> => {
    const caller = { actor: 'operator', remote: 'local' };
    const call = { method, path, caller, body: { ok: true, value } as const, givenUpAtMs: timers.nowMs() + leftMs };
    return (await app.act(call)).status;
  };
  expect(await ask('PUT', '/part/threshold', { least: '3' }, 0)).toBe(504);
  expect(await ask('POST', '/part/stop', {}, 0)).toBe(200);
  expect(await ask('PUT', '/part/threshold', { least: '4' }, 1)).toBe(200);
  expect(audited).toMatchObject([
    { action: 'threshold', outcome: 'refused', http_status: 504, from: null, to: { least: '3' } },
    { action: 'stop', outcome: 'done' },
    { action: 'threshold', outcome: 'done', from: { least: '1' }, to: { least: '4' } },
  ]);
});

test('unknown routes are 404, wrong methods 405 with what is allowed', async () => {
  const { call } = makeApp();
  await problemOf(await call('GET', '/nowhere'));
  expect((await call('GET', '/nowhere')).status).toBe(404);
  const wrong = await call('DELETE', '/part/threshold');
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get('allow')).toBe('PUT');
  expect((await call('POST', '/state')).headers.get('allow')).toBe('GET, HEAD');
});

test('a method that an open path does not take is 405 without a token too', async () => {
  const { call } = makeApp();
  const wrong = await call('DELETE', '/healthz', { token: null });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await call('DELETE', '/state', { token: null })).status).toBe(401);
});

test('wrong tokens wait longer each time, a right one never, and all are counted', async () => {
  const { call, timers, audited } = makeApp();
  const waits: number[] = [];
  for (let round = 0; round < 8; round++) {
    const before = timers.nowMs();
    let answered: Response | null = null;
    const pending = call('POST', '/part/never', { token: 'wrong-token-wrong' }).then((response) => {
      answered = response;
    });
    for (let step = 0; step < 200 && answered === null; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (answered === null) timers.advance(100);
    }
    await pending;
    waits.push(timers.nowMs() - before);
  }
  expect(waits.every((wait, index) => index === 0 || wait >= (waits[index - 1] ?? 0))).toBe(true);
  expect(waits[0]).toBeGreaterThanOrEqual(100);
  expect(waits[7]).toBeGreaterThanOrEqual(5000);
  expect(waits[7]).toBeLessThan(5600);
  expect(await (await call('GET', '/metrics')).text()).toContain(
    'unrip_control_failed_tokens_total{program="engine"} 8',
  );
  expect(audited.every(({ actor, outcome }) => actor === 'unauthenticated' && outcome === 'refused')).toBe(true);
  const before = timers.nowMs();
  expect((await call('GET', '/state')).status).toBe(200);
  expect(timers.nowMs()).toBe(before);
});

test('of many wrong tokens at once only a few wait, and few are recorded', async () => {
  const { call, timers, audited } = makeApp();
  const pending = Array.from({ length: 30 }, () => call('POST', '/part/never', { token: 'wrong-token-wrong' }));
  const results = pending.map((response) => response.then(({ status }) => status));
  for (let step = 0; step < 20; step++) await new Promise((resolve) => setImmediate(resolve));
  timers.advance(6000);
  const statuses = await Promise.all(results);
  expect(statuses.filter((status) => status === 401)).toHaveLength(8);
  expect(statuses.filter((status) => status === 429)).toHaveLength(22);
  expect(audited.length).toBeLessThanOrEqual(10);
});

test.each([
  ['a foreign host name', { host: 'evil.example' }, true, 403],
  ['a foreign origin', { origin: 'https://evil.example' }, true, 403],
  ['an opaque origin', { origin: 'null' }, true, 403],
  ['its own origin', { host: '127.0.0.1:7070', origin: 'http://127.0.0.1:7070' }, true, 200],
  ['an IPv6 host', { host: '[::1]:7070' }, true, 200],
  ['a service name, off loopback', { host: 'unrip.svc:7070' }, false, 200],
  ['a foreign origin, off loopback', { host: 'unrip.svc:7070', origin: 'https://evil.example' }, false, 403],
])('a request with %s', async (_name, headers: Record<string, string>, onLoopback, status) => {
  const { call } = makeApp({ onLoopback });
  expect((await call('GET', '/state', { headers })).status).toBe(status);
  expect((await call('GET', '/livez', { headers, token: null })).status).toBe(status);
});

test('the OpenAPI document lists every route with its body', async () => {
  const { call } = makeApp();
  const document = JSON.parse(await (await call('GET', '/openapi')).text());
  expect(document.openapi).toStartWith('3.');
  const paths = Object.keys(document.paths);
  for (const path of ['/livez', '/healthz', '/state', '/metrics', '/internal/health', '/part/state', '/part/threshold'])
    expect(paths).toContain(path);
  const body = document.paths['/part/threshold'].put.requestBody;
  expect(body.content['application/json'].schema.properties.least.pattern).toBe('^[0-9]+$');
  expect(document.paths['/part/state'].get.responses['401']).toBeDefined();
  expect(document.components.securitySchemes.bearer.scheme).toBe('bearer');
  expect(document.paths['/livez'].get.security).toEqual([]);
});

test('the token shows in no answer, log line or record', async () => {
  const { call, audited, kept, timers } = makeApp({ state: () => ({ amount: 1n }) });
  const texts: string[] = [];
  for (const path of ['/state', '/internal/health', '/metrics', '/openapi', '/nowhere', '/part/broken'])
    texts.push(await (await call('GET', path)).text());
  texts.push(await (await call('PUT', '/part/threshold', { body: `{"least":"${TOKEN}"}` })).text());
  const pending = call('POST', '/part/never', { token: `${TOKEN}-almost` });
  await new Promise((resolve) => setImmediate(resolve));
  timers.advance(10_000);
  texts.push(await (await pending).text());
  for (const text of [...texts, ...kept.lines, JSON.stringify(audited)]) expect(text).not.toContain(TOKEN);
});
