import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { WithdrawalBody } from '../../contracts/control/withdrawals.ts';
import { lockStateDir } from '../../sidecars/liquidity-manager/store/lock.ts';
import { throwAwayKey } from '../harness/key.ts';
import { startWorld } from '../sim/world.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { withdraw } from './withdraw.ts';

const ACCOUNT = 'maker.near';
const TO = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const OTHER = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';
const TOKEN = 'token-of-the-manager-for-the-test-of-it';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Answer = { readonly status: number; readonly body: unknown };

/** A manager that answers what it likes, a verifier, and a shell that keeps what is written. */
function start(answer: (body: WithdrawalBody) => Answer = honest) {
  const dir = tempDir('withdraw');
  const key = throwAwayKey(join(dir.path, 'key.json'), ACCOUNT);
  const world = startWorld({ account: { accountId: ACCOUNT, publicKey: key.publicKey } });
  const bodies: WithdrawalBody[] = [];
  const tokens: (string | null)[] = [];
  /** Of its list. */
  const listed = { withdrawals: [] as unknown };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      if (request.method === 'GET') return new Response(JSON.stringify(listed));
      const body: unknown = JSON.parse(await request.text());
      if (!Value.Check(WithdrawalBody, body)) return new Response('{}', { status: 400 });
      bodies.push(body);
      tokens.push(request.headers.get('authorization'));
      const given = answer(body);
      return new Response(JSON.stringify(given.body), { status: given.status });
    },
  });
  const release = lockStateDir(dir.path);
  const url = `http://127.0.0.1:${server.port}`;
  const addressFile = join(dir.path, 'liquidity-manager.json');
  writeFileSync(addressFile, JSON.stringify({ pid: process.pid, url }), { mode: 0o600 });
  ends.push(
    () => dir.remove(),
    () => world.close(),
    () => server.stop(true),
    () => release?.(),
  );
  const written = { out: '', err: '' };
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    withdraw(args, {
      env: {
        NEAR_ACCOUNT_ID: ACCOUNT,
        NEAR_KEY_FILE: key.file,
        NEAR_RPC_URL: world.urls.NEAR_RPC_URL,
        STATE_DIR: dir.path,
        CONTROL_TOKEN: TOKEN,
        WITHDRAWAL_ALLOWLIST: `btc:mainnet=${TO}`,
        ...env,
      },
      directory: dir.path,
      out: (text) => {
        written.out += text;
      },
      err: (text) => {
        written.err += text;
      },
    });
  return { run, written, bodies, tokens, listed, url, world, release, addressFile };
}

const quote = { fee: '1500', minimum: '700', arrives: '48500' };
function honest({ withdrawal_id, signed }: WithdrawalBody): Answer {
  const golden = readFileSync(
    join(import.meta.dir, '../../contracts/fixtures/golden/ops.liquidity_action.v1.json'),
    'utf8',
  );
  const action = {
    ...JSON.parse(golden).payload,
    liquidity_action_id: withdrawal_id,
    kind: 'withdrawal',
    status: 'submitted',
  };
  return { status: 200, body: { to: { withdrawal_id, quote, action: signed === null ? null : action } } };
}

const ARGS = ['--asset', 'BTC', '--amount', '0.0005', '--to', TO.toUpperCase()];

/** The signed text. */
function messageOf(body: WithdrawalBody | undefined): Record<string, unknown> {
  const data = body?.signed?.signed_data;
  if (data?.standard !== 'nep413') throw new Error('nothing was signed');
  return JSON.parse(data.payload.message);
}

test('shows what would be signed, and signs nothing without --send', async () => {
  const { run, written, bodies } = start();
  expect(await run(ARGS, { NEAR_KEY_FILE: '/nowhere' })).toBe(0);
  expect(written.out).toContain(`WITHDRAW_TO:${TO}`);
  expect(written.out).toContain('nothing was signed');
  expect(bodies.map(({ signed }) => signed)).toEqual([null]);
});

test('a manager that is named by its address needs no state of it here, and gets the token that was given', async () => {
  const { run, written, bodies, tokens, url, release } = start();
  release?.();
  const elsewhere = { STATE_DIR: '/nowhere', LIQUIDITY_MANAGER_URL: url };
  expect(await run(ARGS, { ...elsewhere, CONTROL_TOKEN: '' })).toBe(1);
  expect(written.err).toContain('CONTROL_TOKEN_FILE');
  expect(bodies).toEqual([]);
  expect(await run([...ARGS, '--send'], elsewhere)).toBe(0);
  expect(tokens).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
});

describe('a withdrawal of the same amount to the same address', () => {
  const other = {
    liquidity_action_id: 'wd-00000001',
    asset_id: 'nep141:btc.omft.near',
    amount: '50000',
    destination: TO,
    status: 'requested',
    requested_at: '2026-01-01T00:00:00.000Z',
  };

  test('that is not over is shown, and is not made a second time unless that is asked for', async () => {
    const { run, written, bodies, listed } = start();
    listed.withdrawals = [other];
    expect(await run(ARGS)).toBe(0);
    expect(written.out).toContain(
      'note       withdrawal wd-00000001 of 2026-01-01T00:00:00.000Z is of the same amount',
    );
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('is not over: requested. Nothing was signed; to pay once more: --again');
    expect(bodies.every(({ signed }) => signed === null)).toBe(true);
    expect(await run([...ARGS, '--send', '--again'])).toBe(0);
    expect(bodies.at(-1)).toMatchObject({ again: true, signed: {} });
  });

  test.each([
    ['is completed', { status: 'completed' }],
    ['has failed', { status: 'failed' }],
    ['is of another amount', { amount: '50001' }],
    ['is of another asset', { asset_id: 'nep141:nbtc.bridge.near' }],
    ['goes elsewhere', { destination: OTHER }],
  ])('keeps from nothing if it %s', async (_what, over) => {
    const { run, listed } = start();
    listed.withdrawals = [{ ...other, ...over }];
    expect(await run([...ARGS, '--send'])).toBe(0);
  });

  test('may be there while the list cannot be read: nothing is signed', async () => {
    const { run, written, bodies, listed } = start();
    listed.withdrawals = 'none';
    expect(await run([...ARGS, '--send', '--again'])).toBe(1);
    expect(written.err).toContain('the withdrawals under way cannot be read');
    expect(bodies.every(({ signed }) => signed === null)).toBe(true);
  });
});

test('signs what its arguments say, and the verifier executes it', async () => {
  const { run, bodies, world } = start();
  world.credit('nep141:btc.omft.near', 100_000n);
  world.mine('near', 3);
  expect(await run([...ARGS, '--send'])).toBe(0);
  expect(messageOf(bodies[1])).toMatchObject({
    signer_id: ACCOUNT,
    intents: [
      {
        intent: 'ft_withdraw',
        token: 'btc.omft.near',
        receiver_id: 'btc.omft.near',
        amount: '50000',
        memo: `WITHDRAW_TO:${TO}`,
      },
    ],
  });
  const data = bodies[1]?.signed?.signed_data;
  const body = { jsonrpc: '2.0', id: 1, method: 'publish_intent', params: [{ quote_hashes: [], signed_data: data }] };
  const reply = await fetch(world.urls.RELAY_RPC_URL, { method: 'POST', body: JSON.stringify(body) });
  // Its hash is the one that the command gave.
  expect(await reply.json()).toMatchObject({ result: { status: 'OK', intent_hash: bodies[1]?.signed?.intent_hash } });
});

describe('a manager that lies', () => {
  test.each([
    ['another amount', { amount: '999999', quote: { ...quote, arrives: '1' } }],
    ['another destination', { destination: OTHER, action: null }],
    ['a text to sign', { message: '{"intents":[]}', signed: { message: 'x' } }],
  ])('with %s in its answer makes it sign nothing but its own arguments', async (_what, lie) => {
    const { run, bodies, written } = start(({ withdrawal_id }) => ({
      status: 200,
      body: { to: { withdrawal_id, quote, action: null, ...lie }, ...lie },
    }));
    const code = await run([...ARGS, '--send']);
    // Whatever it made of the answer: what it sent, and what it signed, is what it was asked for.
    for (const sent of bodies)
      expect(sent).toMatchObject({ amount: '50000', destination: TO, asset: 'nep141:btc.omft.near' });
    for (const sent of bodies.filter(({ signed }) => signed !== null)) {
      expect(messageOf(sent)).toMatchObject({ intents: [{ amount: '50000', memo: `WITHDRAW_TO:${TO}` }] });
    }
    expect(written.out + written.err).not.toContain(OTHER);
    expect([0, 1]).toContain(code);
  });

  test('about the outcome is not believed: an answer that is none is not known', async () => {
    const { run, written } = start(({ signed, withdrawal_id }) =>
      signed === null
        ? { status: 200, body: { to: { withdrawal_id, quote, action: null } } }
        : { status: 200, body: {} },
    );
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('not known whether it was taken');
  });

  test('that shows no withdrawal after it was sent is no success', async () => {
    const { run, written } = start(({ withdrawal_id }) => ({
      status: 200,
      body: { to: { withdrawal_id, quote, action: null } },
    }));
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('not known whether it was taken');
  });
});

describe('refused before anything is signed', () => {
  test.each([
    [
      'an address that is not on its own list',
      [...ARGS.slice(0, 5), OTHER, '--send'],
      {},
      'WITHDRAWAL_ALLOWLIST of this command',
    ],
    ['an empty list', [...ARGS, '--send'], { WITHDRAWAL_ALLOWLIST: '' }, 'WITHDRAWAL_ALLOWLIST of this command'],
    [
      'a mistyped address',
      ['--asset', 'BTC', '--amount', '1', '--to', `${TO.slice(0, -1)}5`, '--send'],
      {},
      'wrong checksum',
    ],
    [
      'too many decimals',
      ['--asset', 'BTC', '--amount', '0.000000001', '--to', TO, '--send'],
      {},
      'at most 8 decimals',
    ],
    ['nothing', ['--asset', 'BTC', '--amount', '0', '--to', TO, '--send'], {}, '--amount takes'],
    [
      'an unknown asset',
      ['--asset', 'DOGE', '--amount', '1', '--to', TO, '--send'],
      {},
      'neither BTC, EURe nor a known',
    ],
    ['a fee of everything', [...ARGS, '--max-fee', '0.0005', '--send'], {}, 'nothing would arrive'],
  ] as const)('%s', async (_what, args, env, problem) => {
    const { run, written, bodies } = start();
    expect(await run(args, env)).toBe(1);
    expect(written.err).toContain(problem);
    expect(bodies).toEqual([]);
  });

  test('what the manager refuses, with its reason', async () => {
    const detail = 'withdrawals_frozen: an operator has frozen withdrawals and moves between chains.';
    const { run, written, bodies } = start(() => ({
      status: 409,
      body: { title: 'The withdrawal was refused', detail },
    }));
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('withdrawals_frozen');
    expect(bodies.every(({ signed }) => signed === null)).toBe(true);
  });

  test('a manager that is down, at once and by name', async () => {
    const { run, written, release, bodies } = start();
    release?.();
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('no liquidity-manager runs');
    expect(written.err).toContain('funded trading goes on');
    // What a killed one left behind gets no token.
    expect(bodies).toEqual([]);
  });

  test('a manager that runs without an address to be found at: it is not said that none runs', async () => {
    const { run, written, addressFile, bodies } = start();
    rmSync(addressFile);
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('a liquidity-manager runs with STATE_DIR');
    expect(written.err).toContain(`${addressFile} does not say where it can be called`);
    expect(written.err).not.toContain('no liquidity-manager runs');
    expect(bodies).toEqual([]);
  });

  test('a manager that is named by its address and is down, at once and by name', async () => {
    const { run, written, url, bodies } = start();
    const away = url.replace(/[0-9]+$/, '9');
    expect(await run([...ARGS, '--send'], { LIQUIDITY_MANAGER_URL: away })).toBe(1);
    expect(written.err).toContain(`the liquidity-manager at ${away} does not answer`);
    expect(written.err).toContain('funded trading goes on');
    expect(bodies).toEqual([]);
  });

  test('a bridge that is away, with the reason: nothing was taken that could be in doubt', async () => {
    const detail = 'bridge_unreachable: the bridge does not answer.';
    const { run, written, bodies } = start(() => ({
      status: 502,
      body: { title: 'The withdrawal was refused', detail },
    }));
    expect(await run([...ARGS, '--send'])).toBe(1);
    expect(written.err).toContain('bridge_unreachable');
    expect(written.err).not.toContain('not known');
    expect(bodies).toHaveLength(1);
  });

  test('arguments that are none', async () => {
    const { run } = start();
    expect(await run(['--asset', 'BTC'])).toBe(2);
    expect(await run([...ARGS, '--sned'])).toBe(2);
  });
});
