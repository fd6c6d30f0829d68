// Every route of the engine over a real port, by a table made from its OpenAPI document: tokens, roles, and every kind of wrong body.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { EngineStateAnswer } from '../../contracts/control/engine-state.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { createControlApp } from '../../contracts/runtime/control/app.ts';
import { controlToken } from '../../contracts/runtime/control/auth.ts';
import { startControl } from '../../contracts/runtime/control/bridge.ts';
import { createEventFeed } from '../../contracts/runtime/control/events/feed.ts';
import { shown } from '../../contracts/runtime/control/route.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../contracts/runtime/process/health/event-loop-lag.ts';
import { createHealth, HEALTHY } from '../../contracts/runtime/process/health/health.ts';
import { createMetrics } from '../../contracts/runtime/process/metrics.ts';
import type { OpsControlAction } from '../../contracts/topics/ops-control-action.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { eventValueOf } from '../observe/live-events.ts';
import { fakeControl } from './control.fixture.ts';
import { engineRoutes } from './routes.ts';

const OPERATOR = 'token-of-the-operator-of-this-test';
const VIEWER = 'token-of-a-viewer-of-this-test-only';
const RESERVER = 'token-of-a-reserver-of-this-test-only';
const FOREIGN = 'token-of-another-account-of-this-test';

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly not?: object;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
};
type Operation = {
  readonly security?: readonly object[];
  readonly 'x-required-role'?: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: object;
};
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
type Row = { readonly method: string; readonly path: string; readonly operation: Operation };

const fake = fakeControl();
const audited: OpsControlAction[] = [];
let url = '';
let stop: () => Promise<void> = async () => {};
let rows: readonly Row[] = [];

beforeAll(async () => {
  const timers = machineClock;
  const loopDelay = startLoopDelay(timers);
  const names = { service: 'engine', instanceId: 'i', version: '1' } as const;
  const { log } = keptLog();
  const app = createControlApp({
    ...names,
    host: '127.0.0.1',
    health: createHealth({ ...names, timers, parts: { part: () => HEALTHY } }),
    loopDelay,
    metrics: createMetrics({ ...names, startedAtMs: 0, loopDelay }),
    state: shown(EngineStateAnswer, fake.control.state),
    routes: engineRoutes(fake.control),
    events: createEventFeed({ clock: timers, toValue: eventValueOf }),
    audit: (action) => void audited.push(action),
    newId: () => 'id',
    log,
    timers,
  });
  const tokens = [
    controlToken('operator', OPERATOR),
    controlToken('anna', VIEWER, 'viewer'),
    controlToken('manager', RESERVER, 'reserver'),
    { ...controlToken('eve', FOREIGN), role: null },
  ];
  const listening = await startControl({ app, tokens, host: '127.0.0.1', port: 0, log, timers });
  if (!listening.ok) throw new Error(listening.problem.problem);
  url = listening.url;
  stop = async () => {
    await listening.stop();
    loopDelay.stop();
  };
  const { paths } = (await (await call('GET', '/openapi')).json()) as Document;
  rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});
afterAll(() => stop());

type Sent = { readonly token?: string | null; readonly body?: string; readonly type?: string };

async function call(method: string, path: string, { token = OPERATOR, body, type = 'application/json' }: Sent = {}) {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': type };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  return await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
}

const isOpen = ({ operation }: Row): boolean => operation.security?.length === 0;
const bodyOf = ({ operation }: Row): Schema | null =>
  operation.requestBody?.content['application/json']?.schema ?? null;
const name = ({ method, path }: Row): string => `${method} ${path}`;

test('the document has every route of the interface', () => {
  const parts = ['ingest', 'reference', 'inventory', 'strategy', 'executor'];
  const expected = [
    ...['livez', 'healthz', 'state', 'metrics', 'internal/health', 'events', 'openapi'].map((path) => `GET /${path}`),
    ...parts.flatMap((part) => [`GET /${part}/healthz`, `GET /${part}/state`]),
    ...parts.flatMap((part) => [`POST /${part}/pause`, `POST /${part}/resume`]),
    ...['GET', 'PUT'].map((method) => `${method} /ingest/pair-filter`),
    ...['/events/ticket', '/ingest/pair-filter/reset', '/reference/refresh', '/inventory/refresh'].map(
      (p) => `POST ${p}`,
    ),
    ...['GET', 'POST', 'DELETE'].map((method) => `${method} /inventory/reservations`),
    ...['strategy', 'executor'].flatMap((part) => [`POST /${part}/arm`, `POST /${part}/disarm`]),
    ...['/strategy/threshold', '/strategy/limits', '/executor/mode'].map((path) => `PUT ${path}`),
    ...['/executor/drain', '/executor/pull'].map((path) => `POST ${path}`),
  ];
  const found = new Set(rows.map(name));
  expect(expected.filter((route) => !found.has(route))).toEqual([]);
});

test('without a token, with a wrong one, and with one of another account, only open routes answer', async () => {
  for (const row of rows) {
    const { method, path } = row;
    const without = (await call(method, path, { token: null })).status;
    const foreign = (await call(method, path, { token: FOREIGN })).status;
    expect([name(row), without === 401, foreign === 403]).toEqual([name(row), !isOpen(row), !isOpen(row)]);
  }
  expect(fake.calls).toEqual([]);
});

test('a wrong token is refused on every route, and a right one is not slowed down by it', async () => {
  for (const row of rows.filter((one) => !isOpen(one))) {
    expect([name(row), (await call(row.method, row.path, { token: 'x'.repeat(40) })).status]).toEqual([name(row), 401]);
    expect((await call('GET', '/livez')).status).toBe(200);
  }
  expect(fake.calls).toEqual([]);
});

test('a viewer reads everything and changes nothing', async () => {
  const needed = rows.filter((row) => !isOpen(row)).map(({ operation }) => operation['x-required-role']);
  expect(new Set(needed)).toEqual(new Set(['viewer', 'reserver', 'operator']));
  for (const row of rows) {
    const { status } = await call(row.method, row.path, { token: VIEWER });
    const isAction = row.method !== 'GET' && row.path !== '/events/ticket';
    expect([name(row), status === 403]).toEqual([name(row), isAction]);
    if (isAction) expect([name(row), row.operation['x-required-role']]).not.toEqual([name(row), 'viewer']);
  }
  expect(fake.calls).toEqual([]);
  expect(audited.some(({ actor, http_status }) => actor === 'anna' && http_status === 403)).toBe(true);
});

test('a reserver keeps amounts back and reads; it arms nothing, gives nothing back and ends nothing', async () => {
  const forOperators = rows.filter(({ operation }) => operation['x-required-role'] === 'operator').map(name);
  const actions = rows.filter(({ method, path }) => method !== 'GET' && path !== '/events/ticket').map(name);
  expect(actions.filter((action) => !forOperators.includes(action))).toEqual(['POST /inventory/reservations']);
  for (const row of rows) {
    const { status } = await call(row.method, row.path, { token: RESERVER });
    expect([name(row), status === 403]).toEqual([name(row), forOperators.includes(name(row))]);
  }
  expect((await call('POST', '/inventory/reservations', { token: RESERVER, body: '{}' })).status).toBe(400);
  expect(fake.calls).toEqual([]);
});

/** Values that a field of this schema does not take. */
function wrongValues(schema: Schema): unknown[] {
  if (schema.not !== undefined) return ['5', 5];
  if (schema.const !== undefined) return ['other', typeof schema.const === 'boolean' ? !schema.const : null];
  switch (schema.type) {
    case 'integer':
      return [
        '5',
        1.5,
        ...(schema.minimum === undefined ? [] : [schema.minimum - 1]),
        ...(schema.maximum === undefined ? [] : [schema.maximum + 1]),
      ];
    case 'boolean':
      return ['true'];
    case 'string': {
      const isWrong = (text: string) => !new RegExp(schema.pattern ?? '^$').test(text);
      return [5, ...['', 'not\u0000of this form', '1e9', `9${'9'.repeat(400)}`].filter(isWrong)];
    }
    case 'array': {
      const tooMany = schema.maxItems === undefined ? [] : [Array(schema.maxItems + 1).fill('x')];
      return ['x', [5], ...tooMany];
    }
    default:
      return [null];
  }
}

/** A body that the schema takes, as far as its fields are required. */
const requiredOf = ({ required = [], properties = {} }: Schema): Record<string, unknown> =>
  Object.fromEntries(required.map((field) => [field, sampleOf(properties[field] ?? {})]));

function sampleOf(schema: Schema): unknown {
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return schema.minimum ?? 0;
  if (schema.type === 'array') return [];
  return '2.0';
}

function wrongBodies(schema: Schema): string[] {
  const required = requiredOf(schema);
  const fields = Object.entries(schema.properties ?? {}).flatMap(([field, of]) =>
    wrongValues(of).map((value) => JSON.stringify({ ...required, [field]: value })),
  );
  const missing = (schema.required ?? []).map((field) => JSON.stringify({ ...required, [field]: undefined }));
  const known = JSON.stringify({ ...required, unknown_field: 1 });
  return ['{', '[]', '"text"', 'null', '{"a":1,"a":2}', known, ...missing, ...fields];
}

test('a body that is malformed, has an unknown field, or a value out of bounds is refused on every action, with its place', async () => {
  let refused = 0;
  for (const row of rows) {
    const schema = bodyOf(row);
    if (schema === null) continue;
    for (const body of wrongBodies(schema)) {
      const answer = await untilLetPass(() => call(row.method, row.path, { body }));
      expect([name(row), body, answer.status]).toEqual([name(row), body, 400]);
      expect(answer.headers.get('content-type')).toStartWith('application/problem+json');
      expect(await answer.json()).toMatchObject({ errors: expect.any(Array) });
      refused++;
    }
    const text = await untilLetPass(() => call(row.method, row.path, { body: 'x', type: 'text/plain' }));
    expect([name(row), text.status]).toEqual([name(row), 415]);
  }
  expect(refused).toBeGreaterThan(100);
  expect(fake.calls).toEqual([]);
  expect(audited.filter(({ outcome }) => outcome === 'done')).toEqual([]);
});

/** The rate of each action is bounded: what is turned away is sent again. */
async function untilLetPass(send: () => Promise<Response>): Promise<Response> {
  return await waitFor(
    async () => {
      const answer = await send();
      if (answer.status !== 429) return answer;
      await answer.body?.cancel();
      return null;
    },
    { what: 'a call within the rate' },
  );
}
