import { afterEach, describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { waitFor } from '../testing/wait.ts';
import { startWorldControl } from './control.ts';
import { REPOSITORY_TAPE } from './tape/make.ts';
import { accountOf } from './verifier/state.ts';
import { startWorld } from './world.ts';

const KEY = 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

function start() {
  const world = startWorld({ account: { accountId: 'maker.near', publicKey: KEY }, balances: { [BTC.id]: 5n } });
  open.push(world);
  const control = startWorldControl(world);
  open.push(control);
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${control.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: await response.json() };
  };
  const balance = (tokenId: string) => accountOf(world.chain.state(), 'maker.near').balances.get(tokenId) ?? 0n;
  return { world, url: control.url, call, balance };
}

/** A solver that hears quotes and never answers. */
async function connectSolver(url: string): Promise<void> {
  const socket = new WebSocket(url);
  open.push(socket);
  await new Promise<void>((settle) => {
    socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":1,"method":"subscribe","params":["quote"]}');
    socket.onmessage = () => settle();
  });
}

describe('tape', () => {
  const body = { path: REPOSITORY_TAPE.path, speed: 'max' };

  test('is played to the engine that is connected, and its progress told', async () => {
    const { world, call } = start();
    await connectSolver(world.urls.RELAY_WS_URL);
    const started = await call('POST', '/tape', body);
    expect(started).toMatchObject({ status: 202, body: { state: 'playing', frames: { coingecko: 10 } } });
    await waitFor(() => world.tape().state !== 'playing', { what: 'the end of the tape' });
    const { total } = world.tape();
    expect((await call('GET', '/tape')).body).toMatchObject({ state: 'complete', played: total, duration_ms: 600_000 });
    expect((await call('GET', '/counts')).body).toMatchObject({ answers: 0, refusals: {}, failures: {} });
  });

  test('is refused without an engine, when another plays, and when it is damaged', async () => {
    const { world, call } = start();
    expect(await call('POST', '/tape', body)).toMatchObject({
      status: 409,
      body: { detail: 'no engine is connected: nobody is subscribed to quotes at the relay' },
    });
    await connectSolver(world.urls.RELAY_WS_URL);
    expect(await call('POST', '/tape', { path: '/nowhere.tape' })).toMatchObject({
      status: 422,
      body: { detail: 'there is no tape at /nowhere.tape' },
    });
    expect((await call('POST', '/tape', { ...body, speed: 0.001 })).status).toBe(202);
    expect(await call('POST', '/tape', body)).toMatchObject({ status: 409, body: { detail: 'a tape is playing' } });
    expect((await call('DELETE', '/tape')).body).toMatchObject({ state: 'stopped' });
    expect((await call('POST', '/tape', { ...body, speed: 0 })).status).toBe(400);
  });

  test('can be played to nobody when that is asked for', async () => {
    const { world, call } = start();
    expect((await call('POST', '/tape', { ...body, without_engine: true })).status).toBe(202);
    await call('DELETE', '/tape');
    expect(world.tape().state).not.toBe('playing');
  });
});

describe('acts', () => {
  test('credit, deposit, blocks, withdrawal', async () => {
    const { call, balance } = start();
    expect((await call('POST', '/credit', { token: EURE.id, units: '10000000000000000000' })).status).toBe(200);
    expect(balance(EURE.id)).toBe(10n ** 19n);
    const deposit = await call('POST', '/deposit', { chain: 'btc:mainnet', amount_units: '20000' });
    expect(deposit).toMatchObject({ status: 200, body: { address: expect.stringMatching(/^bc1q/) } });
    await call('POST', '/mine', { chain: 'btc:mainnet', blocks: 2 });
    expect(balance(BTC.id)).toBe(20_005n);
    const address = '0x3333333333333333333333333333333333333333';
    const out = { token: EURE.id, amount_units: '3000000000000000000', address };
    expect((await call('POST', '/withdraw', out)).status).toBe(200);
    expect(balance(EURE.id)).toBe(7n * 10n ** 18n);
    expect(await call('POST', '/withdraw', { ...out, amount_units: '9000000000000000000' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('cannot withdraw') },
    });
  });

  test('salts', async () => {
    const { world, call } = start();
    const old = world.chain.state().currentSaltHex;
    const { body } = await call('POST', '/salt/rotate');
    expect(body).toEqual({ salt: world.chain.state().currentSaltHex });
    expect(world.chain.state().currentSaltHex).not.toBe(old);
    expect((await call('POST', '/salt/invalidate', { salt: old })).status).toBe(200);
    expect((await call('POST', '/salt/invalidate', { salt: old })).status).toBe(422);
  });

  test('prices and the state of the market', async () => {
    const { call } = start();
    expect((await call('POST', '/price', { mid_eur: '40000', spread_eur: '0.4' })).body).toEqual({
      system: 'online',
      bid: '39999.8',
      ask: '40000.2',
    });
    expect((await call('POST', '/kraken/system', { system: 'maintenance' })).body).toMatchObject({
      system: 'maintenance',
    });
    expect((await call('POST', '/price', { mid_eur: '1.23' })).status).toBe(422);
  });

  test('faults, by part and name', async () => {
    const { world, call } = start();
    await connectSolver(world.urls.RELAY_WS_URL);
    expect(await call('POST', '/faults', { part: 'relay', fault: 'drop' })).toMatchObject({ body: { result: 1 } });
    await call('POST', '/faults', { part: 'bitcoin', fault: 'fail', args: [{ requests: 1, status: 500, body: 'x' }] });
    expect((await fetch(`${world.urls.BTC_OBSERVER_URL}/blocks/tip/height`)).status).toBe(500);
    expect(await call('POST', '/faults', { part: 'kraken', fault: 'silence' })).toMatchObject({
      status: 422,
      body: { detail: 'silence takes arguments: send them as "args", for instance [true] to switch it on' },
    });
    expect(await call('POST', '/faults', { part: 'kraken', fault: 'constructor' })).toMatchObject({
      status: 422,
      body: {
        detail: 'kraken has no fault constructor: it has drop, silence, stall, wrongChecksum, refuse, rateLimit',
      },
    });
  });
});

test('the state has no secrets and no bigints that JSON cannot hold', async () => {
  const { call, world } = start();
  const { status, body } = await call('GET', '/state');
  expect(status).toBe(200);
  expect(body).toMatchObject({ account_id: 'maker.near', urls: world.urls, clients: { relay: 0 } });
  expect((await call('GET', '/answers')).body).toEqual([]);
  expect((await call('GET', '/settlements?limit=5')).body).toEqual([]);
});

test.each([
  ['GET', '/nothing', undefined, 404],
  ['POST', '/credit', { token: 'x', units: 5 }, 400],
  ['POST', '/mine', { chain: 'doge' }, 400],
  ['GET', '/answers?limit=0', undefined, 400],
])('%s %s is a problem', async (method, path, body, status) => {
  const reply = await start().call(method, path, body);
  expect(reply).toMatchObject({ status, body: { status, detail: expect.any(String) } });
});

test('a page in a browser is turned away', async () => {
  const { url } = start();
  expect((await fetch(`${url}/state`, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
});
