import { afterEach, expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { waitFor } from '../testing/wait.ts';
import { REPOSITORY_TAPE } from './tape/make.ts';
import { SOLVER, signIntents } from './verifier/fixtures.ts';
import { accountOf } from './verifier/state.ts';
import { NS_PER_MS } from './verifier/text/deadline.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

const KEY = 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy';
const ACCOUNT = 'maker.near';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

function start(options: Partial<WorldOptions> = {}): World {
  const world = startWorld({
    account: { accountId: ACCOUNT, publicKey: KEY },
    balances: { [BTC.id]: 1_000_000n, [EURE.id]: 10n ** 20n },
    ...options,
  });
  worlds.push(world);
  return world;
}

const balanceOf = (world: World, tokenId: string): bigint =>
  accountOf(world.chain.state(), ACCOUNT).balances.get(tokenId) ?? 0n;

/** Frames of a websocket as they come, after the first of them. */
async function listen(url: string, first: unknown, headers: Record<string, string> = {}): Promise<string[]> {
  const socket = new WebSocket(url, { headers });
  const texts: string[] = [];
  await new Promise<void>((settle, fail) => {
    socket.onopen = () => socket.send(JSON.stringify(first));
    socket.onerror = () => fail(new Error(`${url} does not open`));
    socket.onmessage = ({ data }) => {
      texts.push(String(data));
      settle();
    };
  });
  return texts;
}

test('every part answers under the variable that a process reads', async () => {
  const { urls } = start();
  const rpc = (url: string, method: string, params: unknown): Promise<Response> =>
    fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
  const replies = await Promise.all([
    rpc(urls.NEAR_RPC_URL, 'block', { finality: 'final' }),
    rpc(urls.RELAY_RPC_URL, 'get_status', [{ intent_hash: 'x' }]),
    rpc(urls.POA_BRIDGE_URL, 'supported_tokens', [{}]),
    rpc(urls.GNOSIS_RPC_URL, 'eth_chainId', []),
    fetch(`${urls.BTC_OBSERVER_URL}/blocks/tip/height`),
    fetch(`${urls.COINGECKO_URL}/simple/price?ids=bitcoin&vs_currencies=eur`),
  ]);
  expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200, 200, 200]);
  await listen(urls.KRAKEN_WS_URL, { method: 'ping' });
  await listen(urls.RELAY_WS_URL, { jsonrpc: '2.0', id: 1, method: 'subscribe', params: ['quote'] });
  expect(new Set(Object.values(urls).map((url) => new URL(url).port)).size).toBe(8);
});

test('the relay requires the token when there is one', async () => {
  const { urls } = start({ relayToken: 'secret' });
  const first = { jsonrpc: '2.0', id: 1, method: 'subscribe', params: ['quote'] };
  await expect(listen(urls.RELAY_WS_URL, first)).rejects.toThrow('does not open');
  expect(await listen(urls.RELAY_WS_URL, first, { authorization: 'Bearer secret' })).toHaveLength(1);
});

test('the account starts with its key and its balances, and a wrong key is refused', () => {
  const world = start();
  expect(balanceOf(world, BTC.id)).toBe(1_000_000n);
  expect(accountOf(world.chain.state(), ACCOUNT).balances.get(EURE.id)).toBe(10n ** 20n);
  expect(() => start({ account: { accountId: ACCOUNT, publicKey: 'nonsense' } })).toThrow();
  expect(() => world.credit('no token', 1n)).toThrow();
});

test('a deposit goes from the outside chain over the bridge into the verifier', () => {
  const world = start();
  world.deposit({ chain: 'btc:mainnet', amountUnits: 50_000n });
  world.deposit({ chain: 'eth:100', amountUnits: 5n * 10n ** 18n });
  expect(balanceOf(world, BTC.id)).toBe(1_000_000n);
  world.mine('btc:mainnet', 2);
  world.mine('eth:100', 5);
  expect(balanceOf(world, BTC.id)).toBe(1_050_000n);
  expect(balanceOf(world, EURE.id)).toBe(105n * 10n ** 18n);
});

test('a withdrawal leaves the verifier and arrives outside, less the fee', () => {
  const world = start();
  const address = '0x3333333333333333333333333333333333333333';
  const { burnTxHash } = world.withdraw({ tokenId: EURE.id, amountUnits: 3n * 10n ** 18n, address });
  expect(balanceOf(world, EURE.id)).toBe(97n * 10n ** 18n);
  world.mine('eth:100');
  expect(world.gnosis.chain.eureTo(address)[0]?.units).toBe(29n * 10n ** 17n);
  expect(world.bridge.bridge.withdrawalsOf(burnTxHash)[0]?.transferTxHash).not.toBeNull();
  expect(() => world.withdraw({ tokenId: EURE.id, amountUnits: 10n ** 30n, address })).toThrow('cannot withdraw');
});

test('a signed withdrawal reaches the bridge with its block: pending, then paid on the outside chain', async () => {
  const world = start({ account: { accountId: ACCOUNT, publicKey: SOLVER.publicKey } });
  const [eth, btc] = ['0x4444444444444444444444444444444444444444', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'];
  const withdraw = (token: string, amount: string, memo: string, receiver = token) => ({
    intent: 'ft_withdraw',
    token,
    receiver_id: receiver,
    amount,
    memo,
  });
  const intents = [
    withdraw(EURE.nearToken, '3000000000000000000', `WITHDRAW_TO:${eth}`),
    withdraw(BTC.nearToken, '50000', `WITHDRAW_TO:${btc}`),
    withdraw(BTC.nearToken, '1000', `WITHDRAW_TO:${btc}`, 'somebody.near'),
  ];
  const deadlineNs = BigInt(Date.now() + 60_000) * NS_PER_MS;
  const signed = signIntents({ ...SOLVER, accountId: ACCOUNT }, intents, { deadlineNs });
  const { hash, error } = world.chain.execute([signed], 'relay.near');
  expect(error).toBeUndefined();
  const status = async () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'withdrawal_status', params: [{ withdrawal_hash: hash }] };
    const reply = await fetch(world.urls.POA_BRIDGE_URL, { method: 'POST', body: JSON.stringify(body) });
    return JSON.parse(await reply.text());
  };
  expect((await status()).error).toBe('Withdrawals not found');
  world.chain.mine(1);
  expect((await status()).result.withdrawals).toMatchObject([
    { status: 'PENDING', data: { near_token_id: EURE.nearToken, address: eth } },
    { status: 'PENDING', data: { near_token_id: BTC.nearToken, address: btc } },
  ]);
  world.mine('eth:100');
  world.mine('btc:mainnet');
  const paid = (await status()).result.withdrawals;
  expect(paid.map((each: { status: string }) => each.status)).toEqual(['COMPLETED', 'COMPLETED']);
  expect(world.gnosis.chain.eureTo(eth ?? '')[0]).toMatchObject({ txHash: paid[0].data.transfer_tx_hash });
  expect(world.bitcoin.chain.ofAddress(btc ?? '')[0]?.txid).toBe(paid[1].data.transfer_tx_hash);
});

test('a signed withdrawal of nBTC goes over the Omni bridge: pending, then paid; what it cannot pay is stuck', () => {
  const world = start({ account: { accountId: ACCOUNT, publicKey: SOLVER.publicKey } });
  const nbtc = 'nbtc.bridge.near';
  world.credit(`nep141:${nbtc}`, 100_000n);
  const address = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
  const withdraw = (recipient: string, id: string, gas: object = { MaxGasFee: '1500' }) => ({
    intent: 'ft_withdraw',
    token: nbtc,
    receiver_id: 'omni.bridge.near',
    amount: '20000',
    msg: JSON.stringify({ recipient, fee: '0', native_token_fee: '0', external_id: id, msg: JSON.stringify(gas) }),
  });
  const intents = [
    withdraw(`btc:${address}`, 'first'),
    withdraw(`btc:${address}`, 'first'),
    withdraw(`btc:${address.toUpperCase()}`, 'second'),
    withdraw(`btc:${address}`, 'third', {}),
    { ...withdraw(`btc:${address}`, 'fourth', { MaxGasFee: '1' }), amount: '2499' },
  ];
  const deadlineNs = BigInt(Date.now() + 60_000) * NS_PER_MS;
  const signed = signIntents({ ...SOLVER, accountId: ACCOUNT }, intents, { deadlineNs });
  const { hash, error } = world.chain.execute([signed], 'relay.near');
  expect(error).toBeUndefined();
  expect(world.omni.transfers()).toEqual([]);
  world.chain.mine(1);
  const statuses = () => world.omni.transfers().map(({ status }) => status);
  expect(statuses()).toEqual(['PENDING', 'STUCK', 'STUCK', 'STUCK', 'STUCK']);
  world.mine('btc:mainnet');
  expect(statuses()).toEqual(['COMPLETED', 'STUCK', 'STUCK', 'STUCK', 'STUCK']);
  const [paid] = world.bitcoin.chain.ofAddress(address);
  expect(world.omni.transfers()[0]).toMatchObject({ burnTxHash: hash, sats: 18_200n, transferTxHash: paid?.txid });
  expect(world.bridge.bridge.withdrawalsOf(hash)).toEqual([]);
});

test('a withdrawal that the fee would use up is rejected and never paid', async () => {
  const world = start();
  const address = '0x5555555555555555555555555555555555555555';
  const { burnTxHash } = world.withdraw({ tokenId: EURE.id, amountUnits: 10n ** 17n, address });
  world.mine('eth:100', 3);
  expect(world.bridge.bridge.withdrawalsOf(burnTxHash)).toMatchObject([{ rejected: true, transferTxHash: null }]);
  expect(world.gnosis.chain.eureTo(address)).toEqual([]);
});

test('a price moves both sources', async () => {
  const world = start();
  world.setPrice(400_000n, 4n);
  const { bids, asks } = world.kraken.market().book;
  expect([bids[0]?.priceE1, asks[0]?.priceE1]).toEqual([399_998n, 400_002n]);
  const response = await fetch(`${world.urls.COINGECKO_URL}/simple/price?ids=bitcoin&vs_currencies=eur`);
  expect(await response.text()).toBe('{"bitcoin":{"eur":40000.0}}');
});

test('chains that make blocks by themselves', async () => {
  const world = start({ bitcoinBlockMs: 2, gnosisBlockMs: 2 });
  const [btc, eth] = [world.bitcoin.chain.tip().height, world.gnosis.chain.headNumber()];
  await waitFor(() => world.bitcoin.chain.tip().height >= btc + 3, { what: 'three blocks of Bitcoin' });
  await waitFor(() => world.gnosis.chain.headNumber() >= eth + 3, { what: 'three blocks of Gnosis' });
});

test('the tape of the repository reaches clients over both sockets, whole and in order', async () => {
  const world = start();
  const quotes = await listen(world.urls.RELAY_WS_URL, {
    jsonrpc: '2.0',
    id: 1,
    method: 'subscribe',
    params: ['quote'],
  });
  const params = { channel: 'book', symbol: ['BTC/EUR'] };
  const book = await listen(world.urls.KRAKEN_WS_URL, { method: 'subscribe', params });
  const play = await world.play(REPOSITORY_TAPE.path, { speed: 'max' });
  if (!play.ok) throw new Error(play.reason);
  expect(await play.done).toMatchObject({ ended: 'complete', refused: 0, firstRefusal: null });
  await world.relay.flushed();
  await world.kraken.flushed();
  // All but the reply to the subscription.
  expect(quotes.length - 1).toBe(play.summary.framesBySource.relay);
  expect(book.filter((text) => text.includes('"update"')).length).toBeGreaterThan(500);
  const { book: last } = world.kraken.market();
  const close = 388_135n;
  expect(Number((last.bids[0]?.priceE1 ?? 0n) - close)).toBeWithin(-50, 50);
  expect(world.relay.counts()).toMatchObject({ answers: 0 });
  expect(world.tape().state).toBe('complete');
});
