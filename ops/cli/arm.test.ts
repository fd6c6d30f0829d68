import { describe, expect, spyOn, test } from 'bun:test';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { asUser, IS_ROOT, STRANGER } from '../../contracts/runtime/process/as-user.fixture.ts';
import { arm, parse } from './arm.ts';
import { disarm } from './disarm.ts';
import { makeShell, serve, stops, TOKEN } from './engine-call.fixture.ts';
import { findEngine } from './engine-call.ts';

const armedOf = ({ control }: Awaited<ReturnType<typeof serve>>) =>
  [control.executor, control.strategy].map(({ arming }) => arming.state().armed);

describe('arm', () => {
  test('arms both parts for a time, and says that it trades', async () => {
    const engine = await serve();
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(0);
    expect(armedOf(engine)).toEqual([true, true]);
    const until = new Date(engine.timers.nowMs() + 300_000).toISOString();
    expect(engine.out()).toBe(`armed until ${until}: executor and strategy\ntrading: yes\n`);
    expect(engine.err()).toBe('');
  });

  test('arms both without an end when that is asked for', async () => {
    const engine = await serve();
    expect(await arm(['--forever'], engine.shell)).toBe(0);
    expect(engine.control.executor.arming.state().untilMs).toBeNull();
    expect(engine.out()).toContain('armed until it is disarmed');
  });

  test('on a young journal arms neither, says why, and what helps', async () => {
    const engine = await serve({ armableInMs: 600_000 });
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(1);
    expect(armedOf(engine)).toEqual([false, false]);
    expect(engine.calls).toEqual([]);
    expect(engine.err()).toContain('refused, nothing was changed. The journal is less than ten minutes old: ');
    expect(engine.err()).toContain('./unrip arm --fresh-account');
    expect(engine.err()).toEndWith('trading: no (strategy_disarmed)\n');
    expect(await arm(['--minutes', '5', '--fresh-account'], engine.shell)).toBe(0);
    expect(armedOf(engine)).toEqual([true, true]);
  });

  test('armed without trading, says where the codes are explained', async () => {
    const engine = await serve({ trading: { trading: false, notTrading: ['signer_unauthorized'] } });
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(0);
    expect(engine.out()).toContain('trading: no (signer_unauthorized)\neach code, and what to do: ops/OPERATIONS.md');
  });

  test('refused while it is armed already, says that it still trades', async () => {
    const engine = await serve({ armableInMs: 600_000 });
    await arm(['--forever', '--fresh-account'], engine.shell);
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(1);
    expect(armedOf(engine)).toEqual([true, true]);
    expect(engine.err()).toEndWith('trading: yes\n');
  });

  test('instead of an arming with ends of its own, says which are gone', async () => {
    const engine = await serve();
    await arm(['--minutes', '60', '--max-eur', '50', '--max-trades', '3'], engine.shell);
    expect(engine.out()).not.toContain('in place of');
    const since = new Date(engine.timers.nowMs()).toISOString();
    const until = new Date(engine.timers.nowMs() + 3_600_000).toISOString();
    await arm(['--forever'], engine.shell);
    expect(engine.out()).toEndWith(
      `in place of an arming by operator since ${since}, to end at ${until} or at 50 EUR (0 filled) or after 3 trades (0 made)\ntrading: yes\n`,
    );
    await arm(['--minutes', '5'], engine.shell);
    expect(engine.out()).toContain(`in place of an arming by operator since ${since}, without an end\n`);
  });

  test('passes on that findings of recovery were looked into', async () => {
    const engine = await serve({ findings: ['something'] });
    expect(await arm(['--forever'], engine.shell)).toBe(1);
    expect(await arm(['--forever', '--accept-recovery-findings'], engine.shell)).toBe(0);
    expect(engine.acceptedBy).toEqual(['operator']);
  });

  test('when the strategy does not arm, the executor is disarmed again', async () => {
    const engine = await serve();
    engine.control.strategy.arming.arm = () => {
      throw new Error('something inside');
    };
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(1);
    expect(armedOf(engine)).toEqual([false, false]);
    expect(engine.err()).toContain('nothing is armed: the strategy did not arm');
    expect(engine.err()).toContain('both were disarmed');
  });

  test('when it cannot be disarmed again either, says that it may be armed', async () => {
    const engine = await serve();
    for (const { arming } of [engine.control.strategy, engine.control.executor]) {
      arming.disarm = () => {
        throw new Error('something inside');
      };
    }
    engine.control.strategy.arming.arm = () => {
      throw new Error('something inside');
    };
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(1);
    expect(engine.err()).toContain('it may be armed');
  });

  test('a wrong token arms nothing, and the token is written nowhere', async () => {
    const engine = await serve();
    const wrong = 'another-token-of-32-characters-and-more';
    writeFileSync(join(engine.dir, 'control-token'), wrong);
    expect(await arm(['--minutes', '5'], engine.shell)).toBe(1);
    expect(armedOf(engine)).toEqual([false, false]);
    expect(engine.err()).toContain('Bearer token not accepted');
    const env = { ...engine.shell.env, CONTROL_TOKEN: TOKEN };
    expect(await arm(['--minutes', '5'], { ...engine.shell, env })).toBe(0);
    for (const text of [engine.out(), engine.err()]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(wrong);
    }
  });

  test.each([
    [[], 'either --minutes N or --forever'],
    [['--minutes', '5', '--forever'], 'either --minutes N or --forever'],
    [['--minutes', '0'], 'whole number'],
    [['--minutes', '5', '--max-eur', 'x'], '--max-eur takes'],
    [['--minutes', '5', '--max-eur', '0.00'], '--max-eur takes a decimal number of EUR above 0'],
    [['--minutes', '5', '--max-trades', '0'], '--max-trades takes'],
    [['--max-eur', '5'], 'either --minutes N or --forever'],
    [['--minutes', '1.5'], 'whole number'],
    [['--minutes', '10081'], 'whole number'],
    [['--minutes', 'x'], 'whole number'],
    [['--for-ever'], '--for-ever'],
    [['now'], 'now'],
  ])('%p is wrong usage', async (args, said) => {
    const { shell, err } = makeShell(null);
    expect(parse(args)).toBeString();
    expect(await arm(args, shell)).toBe(2);
    expect(err()).toContain(said);
  });
});

describe('disarm', () => {
  test('disarms both parts', async () => {
    const engine = await serve();
    await arm(['--forever'], engine.shell);
    expect(await disarm([], engine.shell)).toBe(0);
    expect(armedOf(engine)).toEqual([false, false]);
    expect(engine.out()).toEndWith('disarmed: executor and strategy\ntrading: no (strategy_disarmed)\n');
    expect(await disarm(['now'], engine.shell)).toBe(2);
  });

  test('is possible with variables that keep an engine from starting', async () => {
    const engine = await serve();
    const env = { ...engine.shell.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', BUN_CONFIG_VERBOSE_FETCH: '1' };
    expect(await disarm([], { ...engine.shell, env })).toBe(0);
  });

  test('disarms one part also when the other fails, and says which', async () => {
    const engine = await serve();
    await arm(['--forever'], engine.shell);
    engine.control.executor.arming.disarm = () => {
      throw new Error('something inside');
    };
    expect(await disarm([], engine.shell)).toBe(1);
    expect(armedOf(engine)).toEqual([true, false]);
    expect(engine.err()).toContain('the executor may still be armed');
  });
});

describe('disarm, at a control API that', () => {
  type Way = (path: string) => Response | Promise<Response>;
  /** Answers calls of disarm in this way, one after the other; the last way stays. */
  function answering(...ways: readonly Way[]) {
    const asked: string[] = [];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        const path = new URL(request.url).pathname;
        const before = asked.filter((one) => one === path).length;
        asked.push(path);
        return ways[Math.min(before, ways.length - 1)]?.(path) ?? new Response();
      },
    });
    stops.push(() => server.stop(true));
    return { asked, ...makeShell({ pid: process.pid, url: `http://127.0.0.1:${server.port}` }) };
  }
  const failing = () => new Response('', { status: 503 });
  const done = () => Response.json({ to: { armed: false } });

  test('fails for a moment: asks again', async () => {
    const { shell, out, asked } = answering(failing, failing, done);
    expect(await disarm([], shell)).toBe(0);
    expect(out()).toStartWith('disarmed: executor and strategy');
    expect(asked.filter((path) => path === '/executor/disarm')).toHaveLength(3);
  });

  test('fails after a long time, as one that hangs and is replaced: asks again', async () => {
    let laterUs = 0;
    const clock = spyOn(machineClock, 'elapsedUs').mockImplementation(() => performance.now() * 1000 + laterUs);
    const failingLate = () => {
      laterUs += 15_000_000;
      return failing();
    };
    const { shell, out, asked } = answering(failingLate, done);
    const code = await disarm([], shell).finally(() => clock.mockRestore());
    expect(code).toBe(0);
    expect(out()).toStartWith('disarmed: executor and strategy');
    expect(asked.filter((path) => path === '/executor/disarm')).toHaveLength(2);
  });

  test('hangs with the strategy: quotes are withdrawn all the same, and once more while that is not known', async () => {
    const pulled = Promise.withResolvers<void>();
    const nothingLive = { to: { begun: [], under_way: 0 } };
    let pulls = 0;
    const { shell, out, asked } = answering(async (path) => {
      if (path === '/strategy/disarm') await pulled.promise;
      if (path !== '/executor/pull') return done();
      if (++pulls === 1) return failing();
      pulled.resolve();
      return Response.json(nothingLive, { status: 202 });
    });
    expect(await disarm(['--pull'], shell)).toBe(0);
    expect(out()).toContain('no live quotes\ndisarmed: executor and strategy');
    expect(asked.filter((path) => path === '/executor/pull')).toHaveLength(2);
    expect(asked.indexOf('/executor/pull')).toBeGreaterThan(asked.indexOf('/executor/disarm'));
  });

  test.each([
    ['says something else', () => Response.json({})],
    ['says that it is armed', () => Response.json({ to: { armed: true } })],
    ['is no control API', () => new Response('<html>')],
  ])('%s: nothing is called disarmed', async (_name, way) => {
    const { shell, out, err } = answering(way);
    expect(await disarm([], shell)).toBe(1);
    expect(out()).toBe('');
    expect(err()).toContain('the executor may still be armed');
  });
});

test('as a program: the token goes to the engine alone, whatever proxy is set', async () => {
  const engine = await serve();
  const proxied: string[] = [];
  const proxy = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      proxied.push(request.url);
      return new Response('{}');
    },
  });
  stops.push(() => proxy.stop(true));
  const url = `http://127.0.0.1:${proxy.port}`;
  const child = Bun.spawn([process.execPath, '--no-env-file', join(import.meta.dir, 'main.ts'), 'arm', '--forever'], {
    cwd: engine.dir,
    env: { STATE_DIR: engine.dir, http_proxy: url, HTTP_PROXY: url, no_proxy: 'elsewhere.example' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(await new Response(child.stdout).text()).toContain('armed until it is disarmed');
  expect(await child.exited).toBe(0);
  expect(armedOf(engine)).toEqual([true, true]);
  expect(proxied).toEqual([]);
});

describe('without an engine to call', () => {
  test.each([
    ['no file', null],
    ['a file of a process that is gone', { pid: 2 ** 22 + 1, url: 'http://127.0.0.1:1' }],
    ['a file of another shape', { url: 'http://127.0.0.1:1' }],
  ])('%s: exit 1, with what to do', async (_name, file) => {
    const { shell, err } = makeShell(file, { locked: false });
    expect(await arm(['--forever'], shell)).toBe(1);
    expect(await disarm([], shell)).toBe(1);
    expect(err()).toContain('no engine runs with STATE_DIR');
    // One that has the directory runs, and may be armed: only its address is missing.
    const held = makeShell(file, { locked: true });
    expect(await disarm([], held.shell)).toBe(1);
    expect(held.err()).toContain(
      `an engine runs with STATE_DIR ${held.dir}, and ${join(held.dir, 'control.json')} does not say where`,
    );
    expect(held.err()).toContain('end it with SIGTERM');
    expect(held.err()).not.toContain('no engine runs');
  });

  test.if(IS_ROOT)('a directory of another user: it is not said that no engine runs, but as whom to call', async () => {
    const file = { pid: process.pid, url: 'http://127.0.0.1:1' };
    const owner = STRANGER.uid + 1;
    // Root's own is looked for in a directory within, as on a volume.
    for (const uid of [owner, 0]) {
      const { shell, dir, err } = makeShell(file);
      chownSync(dir, uid, uid);
      expect(asUser(STRANGER, () => findEngine('disarm', { ...shell, directory: '/' }))).toBe(1);
      expect(err()).toContain(`whether an engine runs with STATE_DIR ${dir}`);
      expect(err()).toContain(`control.json cannot be read by this user. Run this command as its user (uid ${uid})`);
      expect(err()).not.toContain('no engine runs');
    }
    // Root reads it all, and a token that it made its own could not be read by the engine any more.
    const { shell, dir, err } = makeShell(file);
    for (const path of [dir, join(dir, 'control.json'), join(dir, 'control-token')])
      chownSync(path, STRANGER.uid, STRANGER.gid);
    expect(await disarm([], shell)).toBe(78);
    expect(err()).toContain(`run this command as the user of that process: sudo -u '#${STRANGER.uid}'`);
    expect(err()).not.toContain('chown');
  });

  test('a relative STATE_DIR is shown as the directory that it means', async () => {
    const { shell, err } = makeShell(null);
    expect(await disarm([], { ...shell, env: { ...shell.env, STATE_DIR: './no/such' } })).toBe(1);
    expect(err()).toContain(`no engine runs with STATE_DIR ${resolve('no/such')}.`);
  });

  test('the token does not go to whoever has the port of an engine that was killed', async () => {
    const asked: string[] = [];
    const stranger = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        asked.push(request.headers.get('authorization') ?? '');
        return Response.json({});
      },
    });
    stops.push(() => stranger.stop(true));
    const file = { pid: process.pid, url: `http://127.0.0.1:${stranger.port}` };
    const unlocked = makeShell(file, { locked: false });
    const another = makeShell(file);
    writeFileSync(join(another.dir, 'lock.pid'), `${process.ppid}\n`);
    for (const { shell } of [unlocked, another]) expect(await disarm([], shell)).toBe(1);
    expect(unlocked.err()).toContain('no engine runs with STATE_DIR');
    expect(another.err()).toContain('does not say where it can be called');
    expect(asked).toEqual([]);
    writeFileSync(join(another.dir, 'lock.pid'), `${process.pid}\n`);
    await disarm([], another.shell);
    expect(asked[0]).toStartWith('Bearer ');
  });

  test('one that does not answer: exit 1, and nothing is called disarmed', async () => {
    const { shell, err, out } = makeShell({ pid: process.pid, url: 'http://127.0.0.1:1' });
    expect(await disarm([], shell)).toBe(1);
    expect(err()).toContain('may still be armed');
    expect(out()).toBe('');
  });

  test('a token that others can read, or none: exit 78, naming the file', async () => {
    const file = { pid: process.pid, url: 'http://127.0.0.1:1' };
    const open = makeShell(file);
    chmodSync(join(open.dir, 'control-token'), 0o644);
    const none = makeShell(file, { token: null });
    const short = makeShell(file, { env: { CONTROL_TOKEN: 'short' } });
    for (const { shell } of [open, none, short]) expect(await disarm([], shell)).toBe(78);
    expect(open.err()).toContain('control-token');
    expect(short.err()).toContain('CONTROL_TOKEN');
    expect(short.err()).not.toContain('short"');
  });
});
