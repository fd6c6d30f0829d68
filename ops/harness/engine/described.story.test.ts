// The control API of a whole engine against its own OpenAPI document: every route, before and while it trades. The caller throws
// on an answer that is not as described.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { BTC } from '../../../contracts/assets.ts';
import { EngineStateAnswer } from '../../../contracts/control/engine-state.ts';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { createControlApp } from '../../../contracts/runtime/control/app.ts';
import { type ControlCaller, controlCaller } from '../../../contracts/runtime/control/control.fixture.ts';
import { shown } from '../../../contracts/runtime/control/route.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../../contracts/runtime/process/health/event-loop-lag.ts';
import { createHealth } from '../../../contracts/runtime/process/health/health.ts';
import { createMetrics } from '../../../contracts/runtime/process/metrics.ts';
import { createGates } from '../../../engine/control/gates.ts';
import { healthReaders } from '../../../engine/control/health.ts';
import { engineRoutes } from '../../../engine/control/routes.ts';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;

let rig: RunningEngine;
let call: ControlCaller;
let stop: () => void = () => {};

beforeAll(async () => {
  rig = await startEngineRig();
  const timers = machineClock;
  const loopDelay = startLoopDelay(timers);
  stop = () => loopDelay.stop();
  const gates = createGates(rig.engine.parts);
  const names = { service: 'engine', instanceId: 'i', version: '1' } as const;
  const app = createControlApp({
    ...names,
    host: '127.0.0.1',
    health: createHealth({
      ...names,
      timers,
      parts: healthReaders(rig.control),
      trading: gates.trading,
      asOne: gates.asOne,
    }),
    loopDelay,
    metrics: createMetrics({ ...names, startedAtMs: timers.nowMs(), loopDelay }),
    state: shown(EngineStateAnswer, () => rig.control.state()),
    routes: engineRoutes(rig.control),
    audit: () => {},
    newId: () => 'id',
    log: keptLog().log,
    timers,
  });
  call = controlCaller(app, timers);
}, LIMIT_MS);

afterAll(async () => {
  stop();
  await rig.close();
}, LIMIT_MS);

type Operations = Readonly<Record<string, { readonly requestBody?: object }>>;

async function operations(): Promise<[string, string][]> {
  const { paths } = JSON.parse(await (await call('GET', '/openapi')).text()) as { paths: Record<string, Operations> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [method.toUpperCase(), path]),
  );
}

/** Bodies that are taken; every other action takes none. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /strategy/arm': { forever: true },
  'POST /executor/arm': { for_minutes: 60, fresh_account: true },
  'PUT /ingest/pair-filter': { enabled: false, pairs: [] },
  'PUT /strategy/threshold': { min_edge_pct: '1.5' },
  'PUT /strategy/limits': { max_notional_eur: '50' },
  'PUT /executor/mode': { mode: 'shadow' },
  'POST /bus/republish': { from: 1 },
  'POST /inventory/reservations': { reservation_id: 'withdrawal-1', asset: BTC.id, amount: '1' },
  'DELETE /inventory/reservations': { reservation_id: 'withdrawal-1' },
};

async function callEach(kind: 'reads' | 'actions', init: { token?: null } = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (const [method, path] of await operations()) {
    if ((method === 'GET') !== (kind === 'reads') || path === '/executor/drain') continue;
    const body = BODIES[`${method} ${path}`];
    statuses.push((await call(method, path, { ...init, ...(body && { body: JSON.stringify(body) }) })).status);
  }
  return statuses;
}

test(
  'every answer of a whole engine is as its OpenAPI document describes it, before and while it trades',
  async () => {
    // Before the first price and balance.
    await callEach('reads');
    await rig.ready();
    await callEach('reads', { token: null });
    rig.arm();
    expect(await rig.answered()).toBeString();
    rig.ask('malformed', { exact_amount_in: undefined });
    const statuses = await callEach('reads');
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(15);
    expect(await callEach('actions', { token: null })).not.toContain(200);
    expect(new Set(await callEach('actions'))).toEqual(new Set([200, 202]));
    const refused = [
      call('POST', '/executor/arm', { body: '{"forever":true}' }),
      call('POST', '/inventory/refresh', { body: '{"accept_new_chain":true}' }),
      call('POST', '/bus/republish', { body: '{"from":0}' }),
      call('POST', '/bus/republish/cancel'),
      call('DELETE', '/inventory/reservations', { body: '{"reservation_id":"never"}' }),
      call('PUT', '/strategy/limits', { body: '{"max_notional_eur":"1e9"}' }),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([409, 409, 409, 409, 404, 400]);
    // Paused and resumed, disarmed, with other limits.
    await callEach('reads');
    // One part of which nothing can be read.
    const { pulls } = rig.engine.parts;
    Object.assign(pulls, {
      underWay() {
        throw new Error('a slip');
      },
    });
    // After so many reads a path may answer what it answered a moment before.
    const said = async (path: string, text: string): Promise<[number, unknown]> =>
      await waitFor(
        async () => {
          const answer = await call('GET', path);
          const body = await answer.text();
          return body.includes(text) ? [answer.status, JSON.parse(body)] : null;
        },
        { what: `${path} to say ${text}`, limitMs: LIMIT_MS },
      );
    expect(await said('/state', '"unreadable":["executor"]')).toMatchObject([
      200,
      { executor: null, strategy: { arm: { armed: false } }, inventory: { paused: false } },
    ]);
    expect((await said('/healthz', '"executor.check_failed"'))[0]).toBe(503);
    await callEach('reads');
    Reflect.deleteProperty(pulls, 'underWay');
    expect((await call('POST', '/executor/drain')).status).toBe(202);
  },
  LIMIT_MS,
);
