import { afterEach, expect, spyOn, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { waitFor } from '../../../ops/testing/wait.ts';
import { type Clock, machineClock } from '../clock.ts';
import { keptLog } from '../log/kept-log.fixture.ts';
import { startLoopDelay } from '../process/health/event-loop-lag.ts';
import { createHealth, partHealth } from '../process/health/health.ts';
import { createMetrics } from '../process/metrics.ts';
import { leaveRealTime, realTimeOf, takeRealTime } from '../process/scheduling/scheduling.ts';
import { createControlApp } from './app.ts';
import { controlToken } from './auth.ts';
import { NoBody } from './body.ts';
import { breakFronts } from './breaking.fixture.ts';
import { startControl } from './bridge.ts';
import { TEST_TOKEN } from './control.fixture.ts';
import { openRaw, sendRaw } from './front/raw-http.fixture.ts';
import { actionRoute, shown } from './route.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function makeApp() {
  const kept = keptLog();
  const loopDelay = startLoopDelay(machineClock);
  const disarmed: string[] = [];
  let reads = 0;
  const app = createControlApp({
    service: 'engine',
    version: '1',
    host: '127.0.0.1',
    health: createHealth({
      service: 'engine',
      instanceId: 'i',
      version: '1',
      timers: machineClock,
      parts: { part: () => partHealth([]) },
    }),
    loopDelay,
    metrics: createMetrics({ service: 'engine', version: '1', startedAtMs: 0, loopDelay }),
    state: shown(Type.Object({ reads: Type.Integer() }), () => ({ reads: ++reads })),
    routes: [
      actionRoute({
        method: 'POST',
        path: '/strategy/disarm',
        part: 'strategy',
        action: 'disarm',
        summary: 'disarms',
        body: NoBody,
        bodyOptional: true,
        from: Type.Literal('1'),
        to: Type.Literal('2'),
        act: (_body, { actor, remote }) => {
          disarmed.push(`${actor} ${remote}`);
          return { ok: true, from: '1', to: '2' };
        },
      }),
    ],
    audit: () => {},
    newId: () => 'id',
    log: kept.log,
    timers: machineClock,
  });
  stops.push(async () => loopDelay.stop());
  return { app, kept, disarmed, reads: () => reads };
}

async function serve(port = 0, worker?: URL, timers: Clock = machineClock) {
  const made = makeApp();
  const tokens = [controlToken('operator', TEST_TOKEN)];
  const options = { app: made.app, tokens, host: '127.0.0.1', port, log: made.kept.log, timers };
  const listening = await startControl(worker === undefined ? options : { ...options, worker });
  if (listening.ok) stops.push(listening.stop);
  return { ...made, listening, port: listening.ok ? listening.port : 0, url: listening.ok ? listening.url : '' };
}

/** Sent only while a front is meant to fail, and then ten times as often: on a busy machine alone none may seem to hang. */
function pingsWhen(isMeantToFail: () => boolean): Clock {
  const every = (ms: number, run: () => void) => machineClock.every(ms / 10, () => isMeantToFail() && run());
  return { ...machineClock, every };
}

const authorization = `Bearer ${TEST_TOKEN}`;

test('a control API in a Worker answers reads and actions of the main thread, and refuses what it should', async () => {
  const { url, disarmed, kept } = await serve();
  expect(await (await fetch(`${url}/livez`)).json()).toEqual({ alive: true });
  expect((await fetch(`${url}/state`)).status).toBe(401);
  expect(await (await fetch(`${url}/state`, { headers: { authorization } })).json()).toEqual({ reads: 1 });
  const done = await fetch(`${url}/strategy/disarm`, { method: 'POST', headers: { authorization } });
  expect(await done.json()).toEqual({ part: 'strategy', action: 'disarm', from: '1', to: '2' });
  expect(disarmed).toEqual(['operator 127.0.0.1']);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('unrip_control_refused_total{kind="token_missing",program="engine"} 1');
  // Of the Worker, which has loaded the front.
  const heapBytes = Number(/^unrip_control_heap_bytes\{program="engine"\} (\S+)$/m.exec(metrics)?.[1]);
  expect(heapBytes).toBeGreaterThan(100_000);
  expect(kept.events()).toContain('control_refused');
  expect(kept.lines.join('')).not.toContain(TEST_TOKEN);
});

const controlThreads = () =>
  readdirSync('/proc/self/task').filter(
    (thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'latin1') === 'control\n',
  );

test.if(process.platform === 'linux')(
  'the thread that serves clients takes the processor behind the one that trades',
  async () => {
    await serve();
    const nicenessOf = (thread: string) => {
      // The name, in parentheses, may hold blanks; niceness is the 17th field behind it.
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    };
    const own = nicenessOf(String(process.pid));
    expect(Math.max(...controlThreads().map(nicenessOf))).toBe(Math.min(19, own + 10));
  },
);

const mayTakeRealTime = takeRealTime(process.pid, 1) && leaveRealTime(process.pid);

test.if(mayTakeRealTime)('that thread has no real-time priority, also when the one that made it has', async () => {
  takeRealTime(process.pid, 1);
  try {
    await serve();
  } finally {
    leaveRealTime(process.pid);
  }
  expect(controlThreads()).not.toBeEmpty();
  for (const thread of controlThreads()) expect(realTimeOf(Number(thread))).toBe(0);
});

test('other tokens are accepted from when they are set, also by a front that is started after one that failed', async () => {
  const { listening, url, kept } = await serve(0, new URL('./failing-worker.fixture.ts', import.meta.url));
  if (!listening.ok) throw new Error('it does not listen');
  const next = 'operator-token-that-replaces-it-x';
  const statusOf = async (token: string): Promise<number> =>
    (await fetch(`${url}/state`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await statusOf(TEST_TOKEN)).toBe(200);
  await listening.setTokens([controlToken('operator', next)]);
  expect([await statusOf(next), await statusOf(TEST_TOKEN)]).toEqual([200, 401]);
  breakFronts();
  await waitFor(() => kept.events().includes('control_front_restarted'), { what: 'the next front' });
  expect([await statusOf(next), await statusOf(TEST_TOKEN)]).toEqual([200, 401]);
});

test('a port that is taken is a problem of the configuration, and a stopped one is free again', async () => {
  const first = await serve();
  const second = await serve(first.port);
  expect(second.listening.ok ? '' : second.listening.problem.variable).toBe('CONTROL_PORT');
  if (first.listening.ok) await first.listening.stop();
  expect(fetch(`${first.url}/livez`)).rejects.toThrow();
  expect((await serve(first.port)).listening.ok).toBe(true);
});

test('while clients flood every route, a disarm is done, and the main thread sees few of their requests', async () => {
  const { port, url, disarmed, reads } = await serve();
  const paths = ['/livez', '/state', '/metrics', '/healthz', '/nowhere', '/openapi'];
  const flood = paths
    .map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n\r\n`)
    .join('');
  const floods = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const connection = await openRaw(port);
      connection.socket.write(flood.replaceAll('Host: a', 'Host: localhost').repeat(100));
      return connection;
    }),
  );
  await Promise.all(floods.map((connection) => connection.until('HTTP/1.1 ', 50)));
  const done = await fetch(`${url}/strategy/disarm`, { method: 'POST', headers: { authorization } });
  expect(done.status).toBe(200);
  expect(disarmed).toHaveLength(1);
  const answered = floods.reduce((sum, connection) => sum + connection.received().split('HTTP/1.1 200').length - 1, 0);
  expect(answered).toBeGreaterThan(5 * reads());
  for (const { socket } of floods) socket.destroy();
});

test('the Worker that faces clients sees nothing of the environment, in which keys may be', async () => {
  const { listening } = await serve(0, new URL('./environment-worker.fixture.ts', import.meta.url));
  expect(listening.ok ? '' : listening.problem.problem).toContain('sees 0 variables');
});

test.each([
  ['throws', './failing-worker.fixture.ts', 'something broke'],
  ['ends', './ending-worker.fixture.ts', 'its Worker ended'],
  ['hangs', './hanging-worker.fixture.ts', 'its Worker did not answer'],
])('a front that fails is logged and replaced on the same port: one that %s', async (_way, worker, detail) => {
  let broken = false;
  const hasFailed = () => kept.events().includes('control_front_failed');
  const timers = pingsWhen(() => broken && !hasFailed());
  const { port, kept } = await serve(0, new URL(worker, import.meta.url), timers);
  const livez = 'GET /livez HTTP/1.0\r\n\r\n';
  expect(await sendRaw(port, livez)).toStartWith('HTTP/1.1 200 ');
  broken = true;
  breakFronts();
  await waitFor(hasFailed, { what: 'the front to fail' });
  expect(kept.lines.join('')).toContain(detail);
  const answers = () =>
    sendRaw(port, 'GET /metrics HTTP/1.0\r\n\r\n').then(
      (text) => /^unrip_control_front_failures_total\{[^}]*\} [1-9]/m.test(text),
      () => false,
    );
  await waitFor(answers, { what: 'the next front' });
  expect(kept.events()).toContain('control_front_restarted');
});

test('a front that goes on failing for one reason is started again each time, and logged once', async () => {
  const { kept, app } = await serve(0, new URL('./failing-worker.fixture.ts', import.meta.url));
  let failures = 0;
  spyOn(app, 'frontFailed').mockImplementation(() => void failures++);
  const fails = (): boolean => {
    breakFronts();
    return failures >= 3;
  };
  await waitFor(fails, { what: 'the front to fail three times' });
  expect(kept.events().filter((event) => event === 'control_front_failed')).toHaveLength(1);
});

test('while the main thread is blocked, clients are still refused, and none of them is left for it to serve', async () => {
  const { port, reads } = await serve();
  const text = 'GET /state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1', () => socket.write(${JSON.stringify(text)}));
    socket.on('data', (bytes) => console.log(String(bytes).slice(0, 12)));`;
  // Blocks this thread until the client has its answer.
  const client = Bun.spawnSync([process.execPath, '-e', script]);
  expect(client.stdout.toString()).toBe('HTTP/1.1 401\n');
  expect(reads()).toBe(0);
  expect(await sendRaw(port, 'GET /livez HTTP/1.0\r\n\r\n')).toStartWith('HTTP/1.1 200 ');
});
