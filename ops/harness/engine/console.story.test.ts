// What an operator sees of a whole engine: `./unrip state`, `./unrip top` and /events, over the control API in its Worker.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { EngineState, EngineStateAnswer, isComplete, PART_NAMES } from '../../../contracts/control/engine-state.ts';
import type { EventMessage } from '../../../contracts/control/events.ts';
import { machineClock } from '../../../contracts/runtime/clock.ts';
import { createControlApp } from '../../../contracts/runtime/control/app.ts';
import { controlToken } from '../../../contracts/runtime/control/auth.ts';
import { startControl } from '../../../contracts/runtime/control/bridge.ts';
import { followEvents } from '../../../contracts/runtime/control/events/client.ts';
import { shown } from '../../../contracts/runtime/control/route.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { startLoopDelay } from '../../../contracts/runtime/process/health/event-loop-lag.ts';
import { createHealth } from '../../../contracts/runtime/process/health/health.ts';
import { createMetrics } from '../../../contracts/runtime/process/metrics.ts';
import { healthReaders } from '../../../engine/control/health.ts';
import { engineRoutes } from '../../../engine/control/routes.ts';
import { tradingOf } from '../../../engine/control/trading.ts';
import { arm } from '../../cli/arm.ts';
import { disarm } from '../../cli/disarm.ts';
import { makeShell, stops } from '../../cli/engine-call.fixture.ts';
import { state } from '../../cli/state.ts';
import { top } from '../../cli/top.ts';
import type { Terminal } from '../../console/terminal.ts';
import { PLAIN_SIZE } from '../../console/terminal.ts';
import { waitFor } from '../../testing/wait.ts';
import { type RunningEngine, startEngineRig } from './engine.fixture.ts';

const LIMIT_MS = 60_000;
const VIEWER = 'token-of-a-viewer-for-this-test-only';
const FOREIGN = 'token-of-another-account-for-this-test';

let rig: RunningEngine;
let url = '';
let stop: () => Promise<void> = async () => {};

beforeAll(async () => {
  rig = await startEngineRig();
  await rig.ready();
  const timers = machineClock;
  const loopDelay = startLoopDelay(timers);
  const { parts } = rig.engine;
  const names = { service: 'engine', instanceId: 'i', version: '1' } as const;
  const log = keptLog().log;
  const app = createControlApp({
    ...names,
    host: '127.0.0.1',
    health: createHealth({ ...names, timers, parts: healthReaders(rig.control), trading: () => tradingOf(parts) }),
    loopDelay,
    metrics: createMetrics({ ...names, startedAtMs: timers.nowMs(), loopDelay }),
    state: shown(EngineStateAnswer, () => rig.control.state()),
    routes: engineRoutes(rig.control),
    events: parts.observer.events,
    audit: (payload) => parts.observer.events.push({ kind: 'action', payload }),
    newId: () => 'id',
    log,
    timers,
  });
  const foreign = { ...controlToken('eve', FOREIGN), role: null };
  const tokens = [controlToken('anna', VIEWER, 'viewer'), controlToken('operator', 'o'.repeat(40)), foreign];
  const listening = await startControl({ app, tokens, host: '127.0.0.1', port: 0, log, timers });
  if (!listening.ok) throw new Error(listening.problem.problem);
  url = listening.url;
  stop = async () => {
    await listening.stop();
    loopDelay.stop();
  };
}, LIMIT_MS);

afterAll(async () => {
  await stop();
  await rig.close();
}, LIMIT_MS);

const shellWith = (token: string) => makeShell({ pid: process.pid, url }, { token });

test('the state is one screen: whether it trades, and each part with its answers', async () => {
  const { shell, out } = shellWith(VIEWER);
  expect(await state([], shell)).toBe(0);
  const lines = out().trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines[1]).toBe('trading: no (strategy_disarmed, executor_disarmed)');
  for (const part of PART_NAMES) expect(lines.filter((line) => line.startsWith(`${part} `)).length).toBeGreaterThan(0);
  expect(lines.find((line) => line.startsWith('ingest '))).toMatch(/healthy +yes +authoritative/);
  expect(lines.find((line) => line.startsWith('strategy  '))).toContain('blocked: strategy_disarmed');
  expect(lines.find((line) => line.startsWith('BTC '))).toContain('0.1 BTC credited');
});

test('every part answers the same questions, as its input is', async () => {
  const answer = rig.control.state();
  if (!isComplete(answer)) throw new Error(`cannot be read: ${answer.unreadable}`);
  const { ingest, reference, inventory, strategy, executor, bus, history } = answer;
  for (const part of [ingest, reference, inventory, executor]) expect(part.connected).toBe(true);
  for (const part of [ingest, reference, inventory]) {
    expect(part).toMatchObject({ freshness: 'authoritative', blocked_by: [] });
    expect(part.input).toBeString();
  }
  for (const part of [reference, inventory]) expect(Date.parse(part.last_success_at ?? '')).not.toBeNaN();
  expect(strategy).toMatchObject({ connected: null, blocked_by: ['strategy_disarmed'] });
  expect(executor.blocked_by).toEqual(['executor_disarmed']);
  // No broker is there, so nobody has heard of history.
  expect(bus.connected).toBe(false);
  expect(history).toMatchObject({ connected: false, freshness: 'unknown', healthy: false, input: null });
  rig.control.reference.pause('test');
  expect(rig.control.reference.state().blocked_by).toContain('paused');
  expect(rig.control.strategy.state().blocked_by).toContain('reference_paused');
  rig.control.reference.resume('test');
  await rig.ready();
});

test('one part is shown in full, and all of it as JSON', async () => {
  const one = shellWith(VIEWER);
  expect(await state(['reference'], one.shell)).toBe(0);
  for (const text of ['healthy: true', 'freshness: authoritative', 'kraken:', '  bid: '])
    expect(one.out()).toContain(text);
  const json = shellWith(VIEWER);
  expect(await state(['--json'], json.shell)).toBe(0);
  expect(Value.Check(EngineState, JSON.parse(json.out()))).toBe(true);
  const part = shellWith(VIEWER);
  expect(await state(['executor', '--json'], part.shell)).toBe(0);
  expect(JSON.parse(part.out()).arm.armed).toBe(false);
});

test.each([
  ['a wrong token', 'x'.repeat(40), 'Bearer token not accepted'],
  ['a token of another account', FOREIGN, 'Token of another account'],
])('with %s state and top say so', async (_name, token, problem) => {
  for (const run of [
    state,
    (args: readonly string[], shell: Parameters<typeof state>[1]) => top(args, shell, () => null),
  ]) {
    const { shell, err, out } = shellWith(token);
    expect(await run([], shell)).toBe(1);
    expect(err()).toContain(problem);
    expect(out()).toBe('');
  }
});

test('a viewer can neither arm nor disarm by command, and reads which role it takes', async () => {
  const { shell, err } = shellWith(VIEWER);
  for (const run of [() => arm(['--minutes', '5'], shell), () => disarm([], shell)]) {
    expect(await run()).toBe(1);
  }
  expect(err().match(/Role too low/g)?.length).toBeGreaterThanOrEqual(2);
  expect(rig.control.executor.state().arm.armed).toBe(false);
});

test.each([
  [['nothing'], 'there is no part "nothing"'],
  [['ingest', 'bus'], 'takes one PART'],
  [['--xml'], '--xml'],
])('state %p is refused with the usage', async (args, problem) => {
  const { shell, err } = shellWith(VIEWER);
  expect(await state(args, shell)).toBe(2);
  expect(err()).toContain(problem);
});

/** A terminal that keeps its frames. */
function fakeTerminal() {
  const frames: (readonly string[])[] = [];
  let restored = 0;
  let type: (key: string) => void = () => {};
  const terminal: Terminal = {
    size: () => PLAIN_SIZE,
    draw: (lines) => void frames.push(lines),
    onKey(take) {
      type = take;
    },
    onResize() {},
    restore: () => void restored++,
  };
  return { terminal, frames, restored: () => restored, type: (key: string) => type(key) };
}

test('one frame of top fits a plain terminal and needs none', async () => {
  const { shell, out } = shellWith(VIEWER);
  expect(await top(['--once'], shell, () => null)).toBe(0);
  const lines = out().trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(PLAIN_SIZE.rows);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(PLAIN_SIZE.columns);
  expect(out()).toContain('trading: no');
  const without = shellWith(VIEWER);
  expect(await top([], without.shell, () => null)).toBe(2);
  expect(without.err()).toContain('needs a terminal');
});

test.each([
  ['q', 'request_malformed', { exact_amount_in: undefined }],
  ['\x03', 'notional_above_max', { exact_amount_in: '100000000' }],
])('top shows what happens, and ends on %p with the terminal restored', async (key, reason, fields) => {
  const { shell } = shellWith(VIEWER);
  const { terminal, frames, restored, type } = fakeTerminal();
  const running = top([], shell, () => terminal);
  const last = () => frames.at(-1) ?? [];
  await waitFor(() => last().at(-1)?.includes('events: live'), { what: 'the events' });
  rig.ask(`top-${reason}`, fields);
  await waitFor(() => last().some((line) => line.includes(` decision rejected ${reason} `)), {
    what: 'the decision on the screen',
  });
  type(key);
  expect(await running).toBe(0);
  expect(restored()).toBe(1);
  for (const frame of frames) {
    expect(frame.length).toBeLessThanOrEqual(PLAIN_SIZE.rows);
    for (const line of frame) expect(line.length).toBeLessThanOrEqual(PLAIN_SIZE.columns);
  }
});

test(
  'decisions, results and actions come over /events, without a signature, and cost nothing when nobody follows',
  async () => {
    const { events } = rig.engine.parts.observer;
    await waitFor(() => !events.isWanted, { what: 'nobody to follow' });
    const messages: EventMessage[] = [];
    const end = followEvents({ url, token: VIEWER, onMessage: (one) => void messages.push(one), onEnd: () => {} });
    stops.push(async () => end());
    await waitFor(() => messages.length > 0 && events.isWanted, { what: 'the greeting' });
    rig.arm();
    const quoteId = await rig.answered();
    const body = { method: 'POST', headers: { authorization: `Bearer ${'o'.repeat(40)}` } };
    expect((await fetch(`${url}/strategy/disarm`, body)).status).toBe(200);
    const of = (type: string) => messages.filter((message) => message.type === type);
    await waitFor(() => of('action').length > 0 && of('result').length > 1, { what: 'the events' });
    const decision = messages.find((message) => message.type === 'decision' && message.quote_id === quoteId);
    expect(decision).toMatchObject({ decision: 'accepted', quote_hash: expect.any(String), refusal: null });
    expect(of('result')).toContainEqual(expect.objectContaining({ quote_id: quoteId, state: 'accepted' }));
    expect(of('action')[0]).toMatchObject({ action: { part: 'strategy', action: 'disarm', actor: 'operator' } });
    expect(JSON.stringify(messages)).not.toMatch(/signature|ed25519:[1-9A-Za-z]{60,}/);
    end();
    await waitFor(() => !events.isWanted, { what: 'nobody to follow' });
  },
  LIMIT_MS,
);
