// Both commands as processes: started as the launcher would, spoken to over sockets, ended by a signal.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDotEnv } from '../../contracts/runtime/config/dot-env.ts';
import { readSimFile } from '../sim/sim-file.ts';
import { progressLine, summaryOf } from './replay.ts';
import { assignment } from './sim.ts';

const MAIN = join(import.meta.dir, 'main.ts');
const TAPE = join(import.meta.dir, '../sim/tape/tapes/btc-eure-10min.tape');
const SHELL = `import { main } from ${JSON.stringify(MAIN)}; process.exit(await main(process.argv.slice(1)));`;

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unrip-sim-'));
});
afterAll(() => rm(dir, { recursive: true }));

function unrip(...args: string[]) {
  return Bun.spawn([process.execPath, '-e', SHELL, ...args], { cwd: dir, stdout: 'pipe', stderr: 'pipe' });
}

async function outcome(child: ReturnType<typeof unrip>): Promise<{ code: number; out: string; err: string }> {
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

/** Reads NAME=value lines until the last of them is there. */
async function environmentOf(child: ReturnType<typeof unrip>): Promise<Record<string, string>> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (/SIM_CONTROL_URL=.*\n/.test(text)) break;
  }
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );
}

test('a whole run: start, addresses, refusals, an engine connects, a tape at full speed, stop', async () => {
  const sim = unrip('sim', '--relay-token', 'secret');
  try {
    const environment = await environmentOf(sim);
    const read = await readSimFile(join(dir, '.unrip/sim.json'));
    if (!read.ok) throw new Error(read.reason);
    const { SIM_CONTROL_URL: controlUrl, ...others } = environment;
    expect(read.file).toMatchObject({ control_url: controlUrl ?? '', environment: others });
    expect((await stat(join(dir, '.unrip/sim.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, '.unrip/sim-key.json'))).mode & 0o777).toBe(0o600);
    expect(Object.keys(environment).sort()).toEqual([
      'BTC_OBSERVER_URL',
      'COINGECKO_URL',
      'GNOSIS_RPC_URL',
      'KRAKEN_WS_URL',
      'NEAR_ACCOUNT_ID',
      'NEAR_KEY_FILE',
      'NEAR_RPC_URL',
      'OMNI_BRIDGE_URL',
      'POA_BRIDGE_URL',
      'RELAY_API_KEY',
      'RELAY_RPC_URL',
      'RELAY_WS_URL',
      'SIM_CONTROL_URL',
    ]);

    expect(await outcome(unrip('sim'))).toMatchObject({ code: 1, err: expect.stringContaining('one runs already') });
    expect(await outcome(unrip('replay', TAPE))).toMatchObject({
      code: 1,
      err: expect.stringContaining('no engine is connected'),
    });

    const solver = new WebSocket(environment['RELAY_WS_URL'] ?? '', { headers: { authorization: 'Bearer secret' } });
    await new Promise<void>((settle) => {
      solver.onopen = () => solver.send('{"jsonrpc":"2.0","id":1,"method":"subscribe","params":["quote"]}');
      solver.onmessage = () => settle();
    });
    expect(await outcome(unrip('replay', MAIN))).toMatchObject({
      code: 1,
      err: expect.stringContaining('not a whole zstd stream'),
    });
    const played = await outcome(unrip('replay', TAPE, '--speed', 'max'));
    solver.close();
    expect(played).toMatchObject({ code: 0 });
    expect(played.out).toMatch(/^played {4}(\d+) of \1 frames/);
    expect(played.out).toContain('answered  0\n');
  } finally {
    sim.kill('SIGTERM');
  }
  expect(await sim.exited).toBe(0);
  expect((await readSimFile(join(dir, '.unrip/sim.json'))).ok).toBe(false);
});

test.each([
  [['replay', TAPE], 1, 'no simulator runs here'],
  [['replay', TAPE, '--sim', 'http://127.0.0.1:1'], 1, 'no simulator answers at http://127.0.0.1:1'],
  [['replay'], 2, 'which tape?'],
  [['sim', '--port', 'moon=1'], 2, 'the name is one of'],
  [['sim', 'verify', 'x'], 2, 'verify takes no arguments'],
])('%p ends with %d', async (args, code, err) => {
  expect(await outcome(unrip(...args))).toMatchObject({ code, err: expect.stringContaining(err) });
});

test('the summary counts the run alone', () => {
  const before = {
    asked: 10,
    answers: 5,
    accepted: 4,
    refused: 1,
    refusals: { quote_gone: 1 },
    settled: 1,
    failed_settlements: 0,
    failures: {},
  };
  const after = {
    asked: 20,
    answers: 14,
    accepted: 10,
    refused: 4,
    refusals: { quote_gone: 2, reused_nonce: 2 },
    settled: 3,
    failed_settlements: 1,
    failures: { 'no answer': 1 },
  };
  expect(summaryOf(before, after)).toBe(
    'asked     10\nanswered  9\naccepted  6\nrefused   3: reused_nonce 2, quote_gone 1\nsettled   2\n' +
      'chosen but not settled  1: no answer 1\n',
  );
});

test('progress in one line', () => {
  const status = { played: 5, total: 9, elapsed_ms: 2400, tape_ms: 24_000, duration_ms: 600_000 };
  const rest = { state: 'playing', reason: null, refused: 0, first_refusal: null };
  expect(progressLine({ ...status, ...rest })).toBe('5 of 9 frames, 24 s of 600 s of the tape, 2 s passed');
});

test.each([['/plain/key-1.json'], ['/a checkout/key.json'], ["/it's $HOME/key"], ['; echo "$(id)" #']])(
  'what it prints of %j is read as that by a shell, and from a file of settings',
  (value) => {
    const line = assignment('NAME', value);
    const read = Bun.spawnSync(['/bin/sh', '-c', `${line}\nprintf %s "$NAME"`], { env: {} });
    expect(read.stdout.toString()).toBe(value);
    expect(parseDotEnv(line)).toEqual({ entries: [{ name: 'NAME', value, line: 1 }], badLines: [] });
  },
);
