import { describe, expect, test } from 'bun:test';
import { eurE18 } from '../../contracts/amounts.ts';
import { BTC, EURE } from '../../contracts/assets.ts';
import { EngineStateAnswer } from '../../contracts/control/engine-state.ts';
import { createControlApp } from '../../contracts/runtime/control/app.ts';
import { controlCaller } from '../../contracts/runtime/control/control.fixture.ts';
import { shown } from '../../contracts/runtime/control/route.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../contracts/runtime/process/health/event-loop-lag.ts';
import { createHealth } from '../../contracts/runtime/process/health/health.ts';
import { createMetrics } from '../../contracts/runtime/process/metrics.ts';
import type { OpsControlAction } from '../../contracts/topics/ops-control-action.ts';
import { makeLimits } from '../model/fixtures.ts';
import type { ChainAcceptance } from '../model/values.ts';
import { type FakeControlOptions, fakeControl } from './control.fixture.ts';
import { engineRoutes } from './routes.ts';

const PARTS = ['ingest', 'reference', 'inventory', 'strategy', 'executor'] as const;

function make(over: FakeControlOptions = {}) {
  const fake = fakeControl(over);
  const { control, timers } = fake;
  const audited: OpsControlAction[] = [];
  const loopDelay = startLoopDelay(timers);
  const app = createControlApp({
    service: 'engine',
    version: '1',
    host: '127.0.0.1',
    health: createHealth({ service: 'engine', instanceId: 'i', version: '1', timers, parts: {} }),
    loopDelay,
    metrics: createMetrics({ service: 'engine', version: '1', startedAtMs: fake.startedAtMs, loopDelay }),
    state: shown(EngineStateAnswer, control.state),
    routes: engineRoutes(control),
    audit: (action) => void audited.push(action),
    newId: () => 'id',
    log: keptLog().log,
    timers,
  });
  const invented = ['/state', ...PARTS.map((part) => `/${part}/state`)];
  const send = controlCaller(app, timers, { invented });
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await send(method, path, body === undefined ? {} : { body: JSON.stringify(body) });
    const answer: Record<string, unknown> = JSON.parse(await response.text());
    return { status: response.status, answer };
  };
  return { ...fake, call, audited };
}

test.each(PARTS)('%s tells health and state, pauses and resumes', async (name) => {
  const { call, calls, audited } = make();
  expect(await call('GET', `/${name}/healthz`)).toMatchObject({ status: 200, answer: { healthy: true } });
  expect(await call('POST', `/${name}/pause`)).toMatchObject({
    status: 200,
    answer: { part: name, action: 'pause', from: { paused: false }, to: { paused: true } },
  });
  expect(await call('GET', `/${name}/healthz`)).toMatchObject({ status: 200, answer: { notes: ['paused'] } });
  expect(await call('GET', `/${name}/state`)).toMatchObject({ status: 200, answer: { part: name, paused: true } });
  expect((await call('POST', `/${name}/resume`)).answer['to']).toEqual({ paused: false });
  expect(calls).toEqual([`${name} paused by operator`, `${name} resumed by operator`]);
  expect(audited.map(({ part: of, action }) => `${of} ${action}`)).toEqual([`${name} pause`, `${name} resume`]);
});

test.each(['strategy', 'executor'] as const)('%s is disarmed at first, armed and disarmed by call', async (name) => {
  const { control, call, audited } = make();
  const armed = () => control[name].arming.state().armed;
  expect(armed()).toBe(false);
  const { status, answer } = await call('POST', `/${name}/arm`, { forever: true });
  expect(status).toBe(200);
  expect(answer).toMatchObject({ from: { armed: false }, to: { armed: true, by: 'operator', until: null } });
  expect(armed()).toBe(true);
  expect((await call('POST', `/${name}/disarm`)).answer).toMatchObject({ from: { armed: true }, to: { armed: false } });
  expect(armed()).toBe(false);
  expect(audited.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(['arm done', 'disarm done']);
});

test.each(['strategy', 'executor'] as const)('%s armed for some minutes disarms by itself', async (name) => {
  const { control, call, timers } = make();
  const { answer } = await call('POST', `/${name}/arm`, { for_minutes: 2 });
  expect(answer['to']).toMatchObject({ armed: true, until: new Date(timers.nowMs() + 120_000).toISOString() });
  timers.advance(119_999);
  expect(control[name].arming.state().armed).toBe(true);
  timers.advance(1);
  expect(control[name].arming.state().armed).toBe(false);
});

test.each(['strategy', 'executor'] as const)('%s is armed with ends by value and by trades', async (name) => {
  const { control, call } = make();
  const { answer } = await call('POST', `/${name}/arm`, { for_minutes: 60, max_eur: '50', max_trades: 10 });
  expect(answer['to']).toMatchObject({ armed: true, max_eur: '50.000000000000000000', max_trades: 10, trades: 0 });
  expect(control[name].arming.state().caps).toEqual({ maxEurE18: 50n * 10n ** 18n, maxTrades: 10 });
  await call('POST', `/${name}/arm`, { forever: true });
  expect(control[name].arming.state().caps).toBeNull();
});

test.each([
  [{ max_eur: '50' }, 'for_minutes', 'forever'],
  [{ for_minutes: 5, max_eur: '5 EUR' }, 'max_eur', 'EUR'],
  [{ for_minutes: 5, max_trades: 0 }, 'max_trades', 'settled quotes'],
  [{ for_minutes: 0 }, 'for_minutes', 'minutes'],
  [{ for_minutes: 1.5 }, 'for_minutes', 'minutes'],
  [{ for_ever: true }, 'for_ever', 'Unexpected'],
  [{}, 'for_minutes', 'forever'],
  [undefined, 'for_minutes', 'forever'],
  [{ fresh_account: true }, 'for_minutes', 'forever'],
  [{ forever: false }, 'forever', 'true'],
  [{ forever: true, for_minutes: 5 }, 'for_minutes', 'forever'],
])('arming with %p is refused and arms nothing', async (body, field, said) => {
  const { control, call, audited } = make();
  for (const name of ['strategy', 'executor'] as const) {
    const { status, answer } = await call('POST', `/${name}/arm`, body);
    expect(status).toBe(400);
    expect(JSON.stringify(answer['errors'])).toContain(field);
    expect(JSON.stringify(answer)).toContain(said);
    expect(control[name].arming.state().armed).toBe(false);
  }
  expect(audited.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
});

test('the executor is switched between live and shadow, on record with who did it and from what to what', async () => {
  const { control, call, audited, calls } = make();
  const { status, answer } = await call('PUT', '/executor/mode', { mode: 'shadow' });
  expect(status).toBe(200);
  expect(answer).toMatchObject({ from: { mode: 'live' }, to: { mode: 'shadow' } });
  expect(control.executor.mode()).toBe('shadow');
  await call('PUT', '/executor/mode', { mode: 'live' });
  expect(calls.filter((line) => line.startsWith('mode'))).toEqual([
    'mode shadow set by operator',
    'mode live set by operator',
  ]);
  expect(audited).toMatchObject([
    {
      part: 'executor',
      action: 'mode',
      actor: 'operator',
      from: { mode: 'live' },
      to: { mode: 'shadow' },
      outcome: 'done',
    },
    {
      part: 'executor',
      action: 'mode',
      actor: 'operator',
      from: { mode: 'shadow' },
      to: { mode: 'live' },
      outcome: 'done',
    },
  ]);
});

test('a switch to live says that the executor is armed: perhaps it was for shadow mode alone', async () => {
  const { call, audited } = make();
  const switched = async (mode: string) => (await call('PUT', '/executor/mode', { mode })).answer['note'];
  expect([await switched('shadow'), await switched('live')]).toEqual([undefined, undefined]);
  await switched('shadow');
  await call('POST', '/executor/arm', { for_minutes: 1440 });
  expect([await switched('shadow'), await switched('live'), await switched('live')]).toEqual([
    undefined,
    expect.stringMatching(/^Armed by operator since .*: quotes are signed from now on\.$/),
    undefined,
  ]);
  expect(audited.filter(({ note }) => note.includes('Armed by'))).toHaveLength(1);
});

test.each([[{ mode: 'dry' }], [{ mode: true }], [{}], [{ mode: 'shadow', for_minutes: 5 }]])(
  'the mode %p is refused and switches nothing',
  async (body) => {
    const { control, call, audited } = make();
    expect((await call('PUT', '/executor/mode', body)).status).toBe(400);
    expect(control.executor.mode()).toBe('live');
    expect(audited.map(({ outcome }) => outcome)).toEqual(['refused']);
  },
);

test('a young journal keeps the executor from being armed, until it is confirmed to be fresh or old enough', async () => {
  const { control, call, timers, startedAtMs, audited } = make({ armableInMs: 600_000 });
  const until = new Date(startedAtMs + 600_000).toISOString();
  const early = await call('POST', '/executor/arm', { for_minutes: 5 });
  expect(early).toMatchObject({ status: 409, answer: { until, type: 'urn:unrip:problem:journal-young' } });
  expect(String(early.answer['detail'])).toContain(until);
  expect((await call('POST', '/executor/arm', { forever: true, fresh_account: false })).status).toBe(409);
  expect(control.executor.arming.state().armed).toBe(false);
  expect(audited[0]).toMatchObject({ outcome: 'refused', http_status: 409, to: { armed: true, for_minutes: 5 } });
  expect((await call('POST', '/strategy/arm', { forever: true })).status).toBe(200);
  const armed = await call('POST', '/executor/arm', { forever: true, fresh_account: true });
  expect(armed).toMatchObject({ status: 200, answer: { to: { armed: true, fresh_account: true } } });
  await call('POST', '/executor/disarm');
  timers.advance(599_999);
  expect((await call('POST', '/executor/arm', { forever: true })).status).toBe(409);
  timers.advance(1);
  expect((await call('POST', '/executor/arm', { forever: true })).status).toBe(200);
});

test('findings of recovery keep the executor from being armed until somebody accepts them by name', async () => {
  const findings = ['quote q1 was signed before', 'no nonce n is open'];
  const { control, call, audited, acceptedBy } = make({ findings });
  const refused = await call('POST', '/executor/arm', { for_minutes: 5 });
  expect(refused).toMatchObject({ status: 409, answer: { type: 'urn:unrip:problem:recovery-findings', findings } });
  expect(String(refused.answer['detail'])).toContain('2 findings, of which the first is: quote q1 was signed before');
  expect((await call('POST', '/executor/arm', { forever: true, accept_recovery_findings: false })).status).toBe(409);
  expect((await call('POST', '/executor/arm', { forever: true, fresh_account: true })).status).toBe(409);
  expect(control.executor.arming.state().armed).toBe(false);
  expect(acceptedBy).toEqual([]);
  const accepted = await call('POST', '/executor/arm', { forever: true, accept_recovery_findings: true });
  expect(accepted).toMatchObject({ status: 200, answer: { to: { armed: true, accept_recovery_findings: true } } });
  expect(acceptedBy).toEqual(['operator']);
  expect(audited.at(-1)).toMatchObject({ outcome: 'done', to: { accept_recovery_findings: true } });
  await call('POST', '/executor/disarm');
  expect((await call('POST', '/executor/arm', { forever: true })).status).toBe(200);
});

test('while more is promised than is credited the executor is not armed, whatever the call says', async () => {
  let breach: string | null =
    'capital of x: 900 reserved for quotes and 0 for settlements under way, but only 100 credited';
  const { control, call, acceptedBy } = make({ breach: () => breach, findings: ['something'] });
  for (const vouched of [{ forever: true }, { fresh_account: true, accept_recovery_findings: true, for_minutes: 5 }]) {
    const refused = await call('POST', '/executor/arm', vouched);
    expect(refused).toMatchObject({ status: 409, answer: { type: 'urn:unrip:problem:capital-breach' } });
    expect(String(refused.answer['detail'])).toContain('900 reserved');
  }
  expect(control.executor.arming.state().armed).toBe(false);
  expect(acceptedBy).toEqual([]);
  expect((await call('POST', '/executor/disarm')).status).toBe(200);
  breach = null;
  expect((await call('POST', '/executor/arm', { forever: true, accept_recovery_findings: true })).status).toBe(200);
});

test('findings are not accepted by an arming that is refused for another reason', async () => {
  const { call, acceptedBy } = make({ findings: ['something'], armableInMs: 600_000 });
  expect((await call('POST', '/executor/arm', { forever: true, accept_recovery_findings: true })).status).toBe(409);
  expect(acceptedBy).toEqual([]);
});

test('the minimum edge moves a target that follows it, and lifts one that lies below', async () => {
  const follows = make();
  expect((await follows.call('PUT', '/strategy/threshold', { min_edge_pct: '3.5' })).answer).toMatchObject({
    from: { min_edge_pct: '2.0000', target_edge_pct: '2.0000' },
    to: { min_edge_pct: '3.5000', target_edge_pct: '3.5000' },
  });
  const fixed = make({ configuredTarget: 30_000n });
  await fixed.call('PUT', '/strategy/threshold', { min_edge_pct: '2.5' });
  expect(fixed.control.strategy.limits()).toMatchObject({ minEdgePctE4: 25_000n, targetEdgePctE4: 30_000n });
  await fixed.call('PUT', '/strategy/threshold', { min_edge_pct: '4' });
  expect(fixed.control.strategy.limits()).toMatchObject({ minEdgePctE4: 40_000n, targetEdgePctE4: 40_000n });
});

test('the maximum notional is set and recorded', async () => {
  const { call, control, audited } = make();
  expect((await call('PUT', '/strategy/limits', { max_notional_eur: '7.25' })).status).toBe(200);
  expect(control.strategy.limits().maxNotionalEurE18).toBe(eurE18(7_250_000_000_000_000_000n));
  expect(audited[0]).toMatchObject({ action: 'limits', from: { max_notional_eur: '5.000000000000000000' } });
});

test.each([
  ['threshold', { min_edge_pct: '-1' }],
  ['threshold', { min_edge_pct: '100' }],
  ['threshold', { min_edge_pct: '2,5' }],
  ['threshold', { min_edge_pct: '2.00001' }],
  ['threshold', { min_edge_pct: 2 }],
  ['threshold', {}],
  ['limits', { max_notional_eur: '1e3' }],
  ['limits', { max_notional_eur: '-5' }],
  ['limits', { max_notional_eur: '99999999999999' }],
])('%s %p is refused, named, recorded, and changes nothing', async (path, body) => {
  const { call, control, audited } = make();
  const { status, answer } = await call('PUT', `/strategy/${path}`, body);
  expect(status).toBe(400);
  expect(JSON.stringify(answer['errors'])).toMatch(/min_edge_pct|max_notional_eur/);
  expect(control.strategy.limits()).toEqual(makeLimits());
  expect(audited.map(({ outcome }) => outcome)).toEqual(['refused']);
});

test('the pair filter is read, set and reset', async () => {
  const { call, control, audited } = make();
  const before = (await call('GET', '/ingest/pair-filter')).answer;
  expect(before).toEqual({
    enabled: true,
    pairs: [
      { asset_in: BTC.id, asset_out: EURE.id },
      { asset_in: EURE.id, asset_out: BTC.id },
    ],
  });
  const wanted = { enabled: true, pairs: [{ asset_in: BTC.id, asset_out: 'nep141:other.near' }] };
  expect((await call('PUT', '/ingest/pair-filter', wanted)).answer['to']).toEqual(wanted);
  const { pairs } = control.ingest.pairFilter.setting();
  expect(pairs).toEqual([{ assetIn: BTC.id, assetOut: 'nep141:other.near' }]);
  expect((await call('PUT', '/ingest/pair-filter', { enabled: true, pairs: [{ asset_in: BTC.id }] })).status).toBe(400);
  expect((await call('POST', '/ingest/pair-filter/reset')).answer['to']).toEqual(before);
  expect(audited.map(({ outcome }) => outcome)).toEqual(['done', 'refused', 'done']);
});

test('a pair filter that cannot be recorded says that a restart loses it', async () => {
  const { call } = make({ journalFailure: 'no space left on device' });
  const note = 'It ends with this run, since it cannot be recorded: no space left on device.';
  expect((await call('PUT', '/ingest/pair-filter', { enabled: true, pairs: [] })).answer).toMatchObject({ note });
  expect((await call('POST', '/ingest/pair-filter/reset')).answer).toMatchObject({ note });
  expect((await make().call('POST', '/ingest/pair-filter/reset')).answer).not.toHaveProperty('note');
});

describe('a chain that went back', () => {
  const accept = (acceptance?: ChainAcceptance) => {
    const rig = make(acceptance === undefined ? {} : { acceptance });
    return rig.call('POST', '/inventory/refresh', { accept_new_chain: true }).then((answer) => ({ answer, ...rig }));
  };

  test('is accepted by a call that says so, and by no other', async () => {
    const { answer, calls } = await accept();
    expect(answer.status).toBe(200);
    expect(calls).toContainEqual(expect.stringContaining('chain accepted by'));
    const other = make();
    await other.call('POST', '/inventory/refresh', { accept_new_chain: false });
    await other.call('POST', '/inventory/refresh');
    expect(other.calls).not.toContainEqual(expect.stringContaining('chain accepted'));
  });

  test('is accepted, and on record as that, also when the poll behind it fails', async () => {
    const { call, audited } = make({ refreshFailure: 'timeout of rpc.example' });
    const { status, answer } = await call('POST', '/inventory/refresh', { accept_new_chain: true });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      to: { accepted_new_chain: true, refreshed: false },
      note: expect.stringContaining('timeout of rpc.example'),
    });
    expect(audited).toMatchObject([{ outcome: 'done', to: { accepted_new_chain: true } }]);
  });

  test('is refused while a quote can settle, with the time from which it can be accepted', async () => {
    const { answer } = await accept({ kind: 'too_early', fromMs: Date.parse('2026-01-01T00:01:05.001Z') });
    expect(answer).toMatchObject({
      status: 409,
      answer: { type: 'urn:unrip:problem:quotes-can-settle', until: '2026-01-01T00:01:05.001Z' },
    });
  });

  test('is refused when the chain did not go back', async () => {
    const { answer } = await accept({ kind: 'not_back' });
    expect(answer).toMatchObject({ status: 409, answer: { type: 'urn:unrip:problem:chain-not-replaced' } });
  });
});

test.each(['reference', 'inventory'])('%s refreshes, or says why not', async (name) => {
  expect((await make().call('POST', `/${name}/refresh`)).status).toBe(200);
  const failing = make({ refreshFailure: 'timeout of rpc.example' });
  expect(await failing.call('POST', `/${name}/refresh`)).toMatchObject({
    status: 502,
    answer: { detail: 'timeout of rpc.example' },
  });
});

test('a journal that cannot be written lets nothing be armed', async () => {
  const { call, audited } = make({ journalFailure: 'no space left on device' });
  for (const part of ['strategy', 'executor']) {
    expect(await call('POST', `/${part}/arm`, { forever: true, fresh_account: true })).toMatchObject({ status: 409 });
  }
  expect(audited.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
});

test('drain answers 202 first, then begins; while it runs nothing is armed', async () => {
  const { call, calls, timers } = make();
  expect(await call('POST', '/executor/drain')).toMatchObject({ status: 202, answer: { to: { draining: true } } });
  expect(calls).toEqual([]);
  timers.advance(0);
  expect(calls).toEqual(['drained by operator']);
  expect((await call('POST', '/executor/arm', { forever: true, fresh_account: true })).status).toBe(409);
  expect((await call('POST', '/strategy/arm', { forever: true })).status).toBe(409);
  expect((await call('POST', '/executor/disarm')).status).toBe(200);
});

describe('pulling quotes', () => {
  test.each([
    [undefined, 'all'],
    [{}, 'all'],
    [{ asset: 'BTC' }, 'BTC'],
    [{ asset: 'EURe' }, 'EURe'],
  ])('%p pulls %s, while disarmed and while the process drains, and is on record', async (body, pulled) => {
    const { call, calls, audited, timers } = make();
    await call('POST', '/executor/drain');
    timers.advance(0);
    const { status, answer } = await call('POST', '/executor/pull', body);
    expect(status).toBe(202);
    expect(answer['to']).toEqual({
      begun: [{ asset: 'asset', lane: 0, nonce: 'nonce', live_quotes: 3 }],
      under_way: 1,
    });
    expect(calls.at(-1)).toBe(`${pulled} pulled by operator: operator`);
    expect(audited.at(-1)).toMatchObject({
      action: 'pull',
      outcome: 'done',
      from: { armed: false },
      to: { under_way: 1 },
    });
  });

  test.each([[{ asset: 'ETH' }], [{ asset: null }], [{ assets: 'BTC' }]])('%p pulls nothing', async (body) => {
    const { call, calls } = make();
    expect((await call('POST', '/executor/pull', body)).status).toBe(400);
    expect(calls).toEqual([]);
  });

  test('goes with a disarm that asks for it, and with no other', async () => {
    const { call, calls, audited } = make();
    expect((await call('POST', '/executor/disarm')).answer).toMatchObject({ to: { armed: false, pull: null } });
    expect((await call('POST', '/executor/disarm', { pull: false })).answer).toMatchObject({ to: { pull: null } });
    expect(calls.filter((text) => text.includes('pulled'))).toEqual([]);
    const { answer } = await call('POST', '/executor/disarm', { pull: true });
    expect(answer).toMatchObject({ to: { armed: false, pull: { under_way: 1 } } });
    expect(calls.at(-1)).toBe('all pulled by operator: disarm');
    expect(audited.at(-1)).toMatchObject({ action: 'disarm', outcome: 'done', to: { pull: { under_way: 1 } } });
    expect((await call('POST', '/strategy/disarm', { pull: true })).status).toBe(400);
  });

  test('is refused once the process is about to end; the disarm is done all the same, and says so', async () => {
    const { call, calls, audited } = make({ pullsAreStopped: true });
    const { status, answer } = await call('POST', '/executor/pull');
    expect([status, answer['title']]).toEqual([409, 'The process is ending']);
    expect((await call('POST', '/executor/disarm', { pull: true })).answer).toMatchObject({
      to: { armed: false, pull: null },
    });
    expect(calls.filter((text) => text.includes('pulled'))).toEqual([]);
    expect(audited.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(['pull refused', 'disarm done']);
    expect(audited.at(-1)?.note).toContain('Nothing is sent any more');
  });

  test('is refused when the journal fails with its record; the disarm is done all the same, and on record as done', async () => {
    const over: FakeControlOptions = {};
    const { call, audited, control } = make(over);
    over.onPull = () => {
      over.journalFailure = 'no space left on device';
      throw new Error('the journal cannot be written');
    };
    await call('POST', '/executor/arm', { forever: true });
    expect(await call('POST', '/executor/disarm', { pull: true })).toMatchObject({
      status: 200,
      answer: { to: { armed: false, pull: null }, note: expect.stringContaining('no space left on device') },
    });
    expect(control.executor.arming.state().armed).toBe(false);
    delete over.journalFailure;
    expect((await call('POST', '/executor/pull')).status).toBe(409);
    expect(audited.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'arm done',
      'disarm done',
      'pull refused',
    ]);
  });

  test('is refused while the journal cannot be written; the disarm is done all the same', async () => {
    const { call, calls, audited, control } = make({ journalFailure: 'no space left on device' });
    expect((await call('POST', '/executor/pull')).status).toBe(409);
    expect((await call('POST', '/executor/disarm', { pull: true })).answer).toMatchObject({
      to: { armed: false, pull: null },
    });
    expect(control.executor.arming.state().armed).toBe(false);
    expect(calls.filter((text) => text.includes('pulled'))).toEqual([]);
    expect(audited.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(['pull refused', 'disarm done']);
    expect(audited.at(-1)?.note).toContain('no space left on device');
  });
});

test('the OpenAPI document has every route of the interface', async () => {
  const { call } = make();
  const document = (await call('GET', '/openapi')).answer;
  const paths = JSON.parse(JSON.stringify(document['paths']));
  const routes = Object.keys(paths).flatMap((path) =>
    Object.keys(paths[path]).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const wanted = [
    ...['livez', 'healthz', 'state', 'metrics', 'internal/health'].map((path) => `GET /${path}`),
    ...PARTS.flatMap((name) => [
      `GET /${name}/healthz`,
      `GET /${name}/state`,
      `POST /${name}/pause`,
      `POST /${name}/resume`,
    ]),
    'GET /ingest/pair-filter',
    'PUT /ingest/pair-filter',
    'POST /ingest/pair-filter/reset',
    'POST /reference/refresh',
    'POST /inventory/refresh',
    ...['strategy', 'executor'].flatMap((name) => [`POST /${name}/arm`, `POST /${name}/disarm`]),
    'PUT /strategy/threshold',
    'PUT /strategy/limits',
    'POST /executor/drain',
  ];
  expect(wanted.filter((route) => !routes.includes(route))).toEqual([]);
});

describe('a republish', () => {
  const PATH = '/bus/republish';

  test('begins with a position, goes on after the answer, is shown, and can be cancelled', async () => {
    const { call, republished, audited } = make();
    expect((await call('GET', PATH)).answer).toMatchObject({
      republish: { running: null },
      lost_records: { fix: null },
    });
    expect(await call('POST', `${PATH}/cancel`)).toMatchObject({
      status: 409,
      answer: { title: 'No republish is running' },
    });
    expect(await call('POST', PATH, { from: 3, to: 9, topics: ['exec.trade_result'] })).toMatchObject({
      status: 202,
      answer: { to: { from: 3, to: 9 } },
    });
    expect(republished).toEqual([{ from: 3, to: 9, topics: ['exec.trade_result'] }]);
    expect((await call('GET', PATH)).answer).toMatchObject({ republish: { running: { from: 3, acknowledged: 2 } } });
    expect(await call('POST', `${PATH}/cancel`)).toMatchObject({
      status: 200,
      answer: { to: { outcome: 'cancelled' } },
    });
    expect(audited.map(({ part, action, outcome }) => `${part} ${action} ${outcome}`)).toEqual([
      'bus republish-cancel refused',
      'bus republish done',
      'bus republish-cancel done',
    ]);
  });

  test.each([
    [{}],
    [{ from: -1 }],
    [{ from: 1.5 }],
    [{ from: 2 ** 53 }],
    [{ from: 1e300 }],
    [{ from: '1' }],
    [{ from: null }],
    [{ from: 1, to: -1 }],
    [{ from: 1, topics: [] }],
    [{ from: 1, topics: ['no.topic'] }],
    [{ from: 1, others: true }],
  ])('does not begin with %p', async (body) => {
    const { call, republished, audited } = make();
    expect((await call('POST', PATH, body)).status).toBe(400);
    expect(republished).toEqual([]);
    expect(audited).toMatchObject([{ action: 'republish', outcome: 'refused' }]);
  });

  test.each([
    ['busy', 'A republish is running'],
    ['not_kept', 'The journal no longer has these records'],
    ['beyond', 'The journal ends before this position'],
    ['empty', 'The range has no records'],
    ['ending', 'The process is ending'],
  ] as const)('that the bus refuses as %s gets 409 with its words', async (kind, title) => {
    const { call, audited } = make({ republishRefusal: { kind, detail: 'the words' } });
    const { status, answer } = await call('POST', PATH, { from: 1 });
    expect([status, answer['title'], answer['detail']]).toEqual([409, title, 'the words. Nothing was sent.']);
    expect(audited).toMatchObject([{ outcome: 'refused', http_status: 409, to: { from: 1, to: null } }]);
  });

  test('does not begin while the process is ending', async () => {
    const { call, control, republished } = make();
    control.drain('test');
    expect(await call('POST', PATH, { from: 1 })).toMatchObject({
      status: 409,
      answer: { title: 'The process is ending' },
    });
    expect(republished).toEqual([]);
  });
});
