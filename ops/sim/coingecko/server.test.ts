import { afterEach, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { CoinGeckoError, CoinGeckoSimplePrice, coinGeckoReviver } from '../../../contracts/wire/coingecko.ts';
import { type CoinGeckoSimOptions, startCoinGeckoSim } from './server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start(options: CoinGeckoSimOptions = {}) {
  const sim = startCoinGeckoSim(options);
  open.push(sim);
  return sim;
}

const QUERY = 'ids=bitcoin,monerium-eur-money-2&vs_currencies=eur&include_last_updated_at=true&precision=full';
const get = (url: string, headers: Record<string, string> = {}) => fetch(`${url}/simple/price?${QUERY}`, { headers });

test('prices keep their digits and carry their time in seconds', async () => {
  const sim = start({ now: () => 1_767_225_610_000 });
  expect(sim.setPrice('bitcoin', '94750.123000000000000001', 20_000)).toEqual({ ok: true });
  const text = await (await get(sim.url)).text();
  const body: unknown = JSON.parse(text, coinGeckoReviver);
  expect(Value.Check(CoinGeckoSimplePrice, body)).toBe(true);
  expect(body).toEqual({
    bitcoin: { eur: '94750.123000000000000001', last_updated_at: 1_767_225_590 },
    'monerium-eur-money-2': { eur: '1.0002', last_updated_at: 1_767_225_590 },
  });
});

test.each([
  ['full', '94750.125'],
  ['18', '94750.125'],
  ['2', '94750.13'],
  ['0', '94750'],
])('precision %s: %s', async (precision, expected) => {
  const sim = start();
  sim.setPrice('bitcoin', '94750.125');
  const query = `ids=bitcoin&vs_currencies=eur&precision=${precision}`;
  expect(await (await fetch(`${sim.url}/simple/price?${query}`)).text()).toBe(`{"bitcoin":{"eur":${expected}}}`);
});

test('a coin that is not known is absent', async () => {
  const sim = start();
  sim.removeCoin('bitcoin');
  const response = await fetch(`${sim.url}/simple/price?ids=bitcoin,nonsense&vs_currencies=eur`);
  expect([response.status, await response.text()]).toEqual([200, '{}']);
});

test('a price stays as old as it was set, until it is frozen', async () => {
  let nowMs = 1_000_000_000;
  const sim = start({ now: () => nowMs });
  const updatedAt = async (): Promise<number | undefined> => {
    const body: unknown = JSON.parse(await (await get(sim.url)).text(), coinGeckoReviver);
    return Value.Check(CoinGeckoSimplePrice, body) ? body['bitcoin']?.last_updated_at : undefined;
  };
  nowMs += 600_000;
  expect(await updatedAt()).toBe((nowMs - 20_000) / 1000);
  sim.faults.freeze(true);
  const frozen = await updatedAt();
  nowMs += 600_000;
  expect(await updatedAt()).toBe(frozen);
  sim.faults.freeze(false);
  expect(await updatedAt()).toBe((nowMs - 20_000) / 1000);
});

test('rate limit: 429 with Retry-After for as many requests as said', async () => {
  const sim = start();
  sim.faults.rateLimit(2, 60);
  const first = await get(sim.url);
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '60']);
  expect(Value.Check(CoinGeckoError, await first.json())).toBe(true);
  expect((await get(sim.url)).status).toBe(429);
  expect((await get(sim.url)).status).toBe(200);
  expect(sim.requests()).toBe(3);
});

test.each([
  ['no key', {}, 401, 10_002],
  ['a wrong key', { 'x-cg-demo-api-key': 'other' }, 401, 10_010],
  ['a key of the other plan', { 'x-cg-pro-api-key': 'right' }, 401, 10_010],
])('%s is refused', async (_name, headers, status, code) => {
  const sim = start({ apiKey: 'right' });
  const response = await get(sim.url, headers);
  const body: unknown = await response.json();
  expect(response.status).toBe(status);
  expect(Value.Check(CoinGeckoError, body)).toBe(true);
  expect(body).toMatchObject({ error: { status: { error_code: code } } });
});

test('the right key passes, by header or by query', async () => {
  const sim = start({ apiKey: 'right', plan: 'pro' });
  expect((await get(sim.url, { 'x-cg-pro-api-key': 'right' })).status).toBe(200);
  expect((await fetch(`${sim.url}/simple/price?${QUERY}&x_cg_pro_api_key=right`)).status).toBe(200);
});

test.each([
  ['simple/price?vs_currencies=eur', 422, 'Missing parameter ids'],
  ['simple/price?ids=bitcoin', 422, 'Missing parameter vs_currencies'],
  ['simple/price?ids=bitcoin&vs_currencies=eur&precision=19', 422, 'precision is full or 0 to 18'],
  ['coins/list', 404, 'Not Found'],
])('%s is refused', async (path, status, error) => {
  const response = await fetch(`${start().url}/${path}`);
  expect([response.status, await response.json()]).toEqual([status, { error }]);
});

test('any other failure can be asked for', async () => {
  const sim = start();
  sim.faults.fail(1, 503, '<html>');
  const response = await get(sim.url);
  expect([response.status, await response.text()]).toEqual([503, '<html>']);
});

test('a recorded body is served with the age that it had', async () => {
  const sim = start({ now: () => 2_000_000_000_000 });
  const body = '{"bitcoin":{"eur":39000.10,"last_updated_at":1628553590}}';
  expect(sim.body(body, 1_628_553_600_000)).toEqual({ ok: true });
  const text = await (await get(sim.url)).text();
  expect(text).toContain('"bitcoin":{"eur":39000.10,"last_updated_at":1999999990}');
  expect(sim.body('[]', 0)).toEqual({ ok: false, reason: 'not a body of /simple/price' });
  expect(sim.body('{', 0)).toEqual({ ok: false, reason: 'not JSON' });
  expect(sim.setPrice('bitcoin', '1e5')).toEqual({
    ok: false,
    reason: 'price of bitcoin: "1e5" is not a plain decimal number',
  });
});
