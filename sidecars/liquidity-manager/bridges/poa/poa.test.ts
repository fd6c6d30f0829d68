import { afterEach, describe, expect, test } from 'bun:test';
import { KNOWN_ASSETS } from '../../../../contracts/assets.ts';
import { machineClock } from '../../../../contracts/runtime/clock.ts';
import { createPoaBridge } from './poa.ts';
import { startPoaWorld } from './poa-world.fixture.ts';

const ACCOUNT = 'maker.near';
const BTC = 'btc:mainnet';
const GNOSIS = 'eth:100';

type World = ReturnType<typeof startPoaWorld>;

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start() {
  const world = startPoaWorld();
  const bridge = createPoaBridge({ url: world.url, account: ACCOUNT, assets: KNOWN_ASSETS, clock: machineClock });
  open.push(bridge, world);
  return { world, bridge };
}

test('terms of its own assets, and none of the other bridge', async () => {
  const { bridge } = start();
  expect(bridge.assets.map(({ nearToken }) => nearToken)).not.toContain('nbtc.bridge.near');
  const terms = await bridge.terms();
  if (!terms.ok) throw new Error(terms.detail);
  expect(terms.value).toEqual([
    {
      assetId: 'nep141:btc.omft.near',
      minDepositUnits: 10_000n,
      minWithdrawalUnits: 700n,
      withdrawalFeeUnits: 1_500n,
    },
    expect.objectContaining({ minDepositUnits: 10n ** 18n, withdrawalFeeUnits: 10n ** 17n }),
  ]);
});

test('deposits of both chains with every digit, from the first sign to the credit, under one id', async () => {
  const { bridge, world } = start();
  const address = await bridge.depositAddress(GNOSIS);
  if (!address.ok) throw new Error(address.detail);
  const units = 123_456_789_012_345_678_901n;
  const txHash = world.gnosis.transfer({ to: address.value, units });
  world.gnosis.mine();
  const seen = await bridge.deposits(GNOSIS, []);
  world.gnosis.mine(5);
  const credited = await bridge.deposits(GNOSIS, []);
  if (!seen.ok || !credited.ok) throw new Error('no deposits');
  expect(seen.value.deposits).toMatchObject([{ txHash, amountUnits: units, outcome: 'pending', creditTxHash: null }]);
  expect(credited.value.deposits).toMatchObject([
    { txHash, amountUnits: units, outcome: 'credited', creditTxHash: 'mint-1' },
  ]);
  expect(credited.value.deposits[0]?.creditId).toBe(seen.value.deposits[0]?.creditId);
});

test('two equal deposits of one moment are two, whatever page they are on', async () => {
  const { bridge, world } = start();
  const address = await bridge.depositAddress(BTC);
  if (!address.ok) throw new Error(address.detail);
  world.stopClock();
  for (let count = 0; count < 130; count++) world.bitcoin.pay({ address: address.value, sats: 20_000 });
  const read = await bridge.deposits(BTC, []);
  if (!read.ok) throw new Error(read.detail);
  expect(new Set(read.value.deposits.map(({ creditId }) => creditId)).size).toBe(130);
});

test('a deposit that comes while the pages are read makes no other one two', async () => {
  const item = (number: number) => ({
    chain: BTC,
    defuse_asset_identifier: 'btc:mainnet:native',
    near_token_id: 'btc.omft.near',
    decimals: 8,
    amount: 20_000 + number,
    account_id: ACCOUNT,
    address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    status: 'CREDITED',
    created_at: '2026-04-22T00:00:00.000Z',
  });
  let requests = 0;
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { params } = JSON.parse(await request.text());
      const { offset, limit } = params[0];
      requests += 1;
      // The newest first, and one more after the first page was given.
      const total = requests === 1 ? 130 : 131;
      const all = Array.from({ length: total }, (_, index) => item(total - index));
      const result = { deposits: all.slice(offset, offset + limit), total, limit, offset };
      return Response.json({ jsonrpc: '2.0', id: 1, result });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const bridge = createPoaBridge({ url, account: ACCOUNT, assets: KNOWN_ASSETS, clock: machineClock });
  open.push(bridge, { close: () => server.stop(true) });
  const read = await bridge.deposits(BTC, []);
  if (!read.ok) throw new Error(read.detail);
  expect(read.value.deposits.length).toBe(131);
  expect(read.value.deposits.filter(({ creditId }) => creditId.includes('#'))).toEqual([]);
});

test.each([
  ['gives half of a page is asked for the rest of its list', true, 150],
  ['gives its first page again is asked no further', false, 50],
])('a bridge that %s, and what is left then is counted', async (_what, knowsOffset, shown) => {
  const all = Array.from({ length: 180 }, (_, amount) => ({
    near_token_id: 'btc.omft.near',
    chain: BTC,
    amount: amount + 1,
    account_id: ACCOUNT,
    address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    status: 'CREDITED',
    created_at: '2026-04-22T00:00:00.000Z',
  }));
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { params } = JSON.parse(await request.text());
      const offset = knowsOffset ? params[0].offset : 0;
      const result = { deposits: all.slice(offset, offset + 50), total: all.length, limit: 50, offset };
      return Response.json({ jsonrpc: '2.0', id: 1, result });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const bridge = createPoaBridge({ url, account: ACCOUNT, assets: KNOWN_ASSETS, clock: machineClock });
  open.push(bridge, { close: () => server.stop(true) });
  const read = await bridge.deposits(BTC, []);
  if (!read.ok) throw new Error(read.detail);
  expect(read.value.deposits.length).toBe(shown);
  expect(read.value.unread).toBe(all.length - shown);
  expect(read.value.deposits.filter(({ creditId }) => creditId.includes('#'))).toEqual([]);
});

describe('what goes wrong is named', () => {
  test.each([
    ['a chain that it does not serve', 'chain_unsupported', (): void => undefined, 'doge'],
    ['an error as an object', 'chain_unsupported', (world: World): void => world.faults.objectErrors(true), 'doge'],
    [
      'HTTP 503 with a text',
      'unreachable',
      (world: World): void => world.faults.fail({ requests: 1, status: 503, body: 'busy', retryAfterS: 7 }),
      BTC,
    ],
    [
      'a body that is no reply',
      'malformed',
      (world: World): void => world.faults.fail({ requests: 1, status: 200, body: '<html>' }),
      BTC,
    ],
    [
      'an address with a wrong checksum',
      'malformed',
      (world: World): void =>
        world.faults.fail({
          requests: 1,
          status: 200,
          body: '{"jsonrpc":"2.0","id":"unrip","result":{"address":"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5","chain":"btc:mainnet"}}',
        }),
      BTC,
    ],
    [
      'an address of another chain',
      'malformed',
      (world: World): void =>
        world.faults.fail({
          requests: 1,
          status: 200,
          body: '{"jsonrpc":"2.0","id":"unrip","result":{"address":"0x8ba1f109551bd432803012645ac136ddd64dba72","chain":"eth:1"}}',
        }),
      GNOSIS,
    ],
    [
      'an address that needs a memo',
      'refused',
      (world: World): void =>
        world.faults.fail({
          requests: 1,
          status: 200,
          body: '{"jsonrpc":"2.0","id":"unrip","result":{"address":"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4","chain":"btc:mainnet","memo":"7"}}',
        }),
      BTC,
    ],
  ] as const)('%s: %s', async (_what, reason, spoil, chain) => {
    const { bridge, world } = start();
    spoil(world);
    expect(await bridge.depositAddress(chain)).toMatchObject({ ok: false, reason });
  });

  test('how long the bridge asks to be left alone', async () => {
    const { bridge, world } = start();
    world.faults.fail({ requests: 1, status: 429, body: 'slow down', retryAfterS: 7 });
    expect(await bridge.terms()).toMatchObject({ ok: false, reason: 'unreachable', retryAfterMs: 7_000 });
  });

  test('a bridge that is gone, and one that was closed', async () => {
    const { bridge, world } = start();
    await world.close();
    expect(await bridge.terms()).toMatchObject({ ok: false, reason: 'unreachable' });
    bridge.close();
    expect(await bridge.terms()).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  test('a deposit that cannot be read costs itself alone', async () => {
    const { bridge, world } = start();
    const good = {
      chain: BTC,
      defuse_asset_identifier: 'btc:mainnet:native',
      near_token_id: 'btc.omft.near',
      decimals: 8,
      amount: 100_000,
      account_id: ACCOUNT,
      address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      status: 'SWEEPING',
      created_at: '2026-04-22T00:00:00.000Z',
    };
    const deposits = [
      good,
      { ...good, amount: 1.5 },
      { ...good, amount: '-1' },
      { ...good, account_id: 'other.near' },
      { ...good, chain: GNOSIS },
      { ...good, address: 'nowhere' },
      { ...good, created_at: 'yesterday' },
      { ...good, status: 'x'.repeat(129) },
      null,
    ];
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { deposits, total: 9, limit: 100, offset: 0 } });
    world.faults.fail({ requests: 1, status: 200, body });
    const read = await bridge.deposits(BTC, []);
    if (!read.ok) throw new Error(read.detail);
    // A word that nobody knows is not over.
    expect(read.value.deposits).toMatchObject([
      { amountUnits: 100_000n, bridgeStatus: 'SWEEPING', outcome: 'pending' },
    ]);
    expect(read.value.unread).toBe(8);
  });
});
