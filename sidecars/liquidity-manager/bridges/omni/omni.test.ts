import { afterEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Asset, KNOWN_ASSETS } from '../../../../contracts/assets.ts';
import { machineClock } from '../../../../contracts/runtime/clock.ts';
import { startWorld } from '../../../../ops/sim/world.ts';
import { FUZZ, mutatedText } from '../../../../ops/testing/mutated.ts';
import { readAnswer } from '../ask.ts';
import { createOmniBridge } from './omni.ts';
import { readMinimum, readOk, readOmniAddress, readOmniCost, readOmniDeposit, readOmniWithdrawal } from './reply.ts';

const ACCOUNT = 'maker.near';
const BTC_CHAIN = 'btc:mainnet';
const TO = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const NBTC = KNOWN_ASSETS.find(({ bridge }) => bridge === 'omni') as Asset;
const SENT = { destination: TO, amountUnits: 20_000n };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function start() {
  const world = startWorld({
    account: { accountId: ACCOUNT, publicKey: 'ed25519:2RM3EotCzEiVobm6aMjaup43k8cFffR4KHFtrqbZ79Qy' },
  });
  const bridge = createOmniBridge({
    url: world.urls.OMNI_BRIDGE_URL,
    nearRpcUrls: [world.urls.NEAR_RPC_URL],
    verifier: 'intents.near',
    account: ACCOUNT,
    assets: KNOWN_ASSETS,
    clock: machineClock,
  });
  ends.push(
    () => world.close(),
    () => bridge.close(),
  );
  return { world, bridge };
}

async function addressOf({ bridge }: ReturnType<typeof start>): Promise<string> {
  const address = await bridge.depositAddress(BTC_CHAIN);
  if (!address.ok) throw new Error(address.detail);
  return address.value;
}

test('an address of the order that credits the account; terms by the word of the connector', async () => {
  const run = start();
  expect(run.bridge.assets).toEqual([NBTC]);
  expect(await addressOf(run)).toMatch(/^bc1q/);
  expect(await addressOf(run)).toBe(await addressOf(run));
  expect(await run.bridge.terms()).toMatchObject({ ok: true, value: [{ assetId: NBTC.id, minDepositUnits: 2_500n }] });
});

test('an address of another order is not taken: coins paid to it would be credited to somebody else', async () => {
  const { bridge, world } = start();
  world.omniApi.faults.otherOrder(true);
  expect(await bridge.depositAddress(BTC_CHAIN)).toMatchObject({ ok: false, reason: 'refused' });
  world.omniApi.faults.otherOrder(false);
  world.near.faults.fail('500');
  // What cannot be checked is not paid either.
  expect(await bridge.depositAddress(BTC_CHAIN)).toMatchObject({ ok: false, reason: 'unreachable' });
});

test('a deposit that an observer saw is pending, then credited with its transaction on NEAR', async () => {
  const run = start();
  const { bridge, world } = run;
  const address = await addressOf(run);
  const txHash = world.bitcoin.chain.pay({ address, sats: 50_000 });
  const known = [{ txHash, address, amountUnits: 50_000n }];
  const seen = await bridge.deposits(BTC_CHAIN, known);
  world.mine(BTC_CHAIN, 2);
  const credited = await bridge.deposits(BTC_CHAIN, known);
  if (!seen.ok || !credited.ok) throw new Error('no deposits');
  expect(seen.value.deposits).toMatchObject([{ outcome: 'pending', txHash, creditTxHash: null }]);
  expect(credited.value.deposits).toMatchObject([{ outcome: 'credited', txHash, amountUnits: 50_000n, address }]);
  expect(credited.value.deposits[0]?.creditTxHash).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
  expect(credited.value.deposits[0]?.creditId).toBe(seen.value.deposits[0]?.creditId ?? '');
  expect(await bridge.deposits(BTC_CHAIN, [])).toEqual({ ok: true, value: { deposits: [], unread: 0 } });
});

test('what a withdrawal costs, and that there are too few coins', async () => {
  const { bridge, world } = start();
  expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toEqual({
    ok: true,
    value: { feeUnits: 1_500n, minimumUnits: 2_500n, problem: null },
  });
  world.omniApi.faults.fewCoins(true);
  expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toMatchObject({
    value: { problem: expect.stringContaining('insufficient_utxo') },
  });
});

describe('what goes wrong is named', () => {
  test.each([
    [503, 'unreachable'],
    [429, 'unreachable'],
    [400, 'refused'],
  ] as const)('HTTP status %d is %s', async (status, reason) => {
    const { bridge, world } = start();
    world.omniApi.faults.fail({ requests: 1, status, body: 'no' });
    expect(await bridge.depositAddress(BTC_CHAIN)).toMatchObject({ ok: false, reason });
  });

  test('a chain that it does not serve, a withdrawal that it does not know yet', async () => {
    const { bridge, world } = start();
    expect(await bridge.depositAddress('eth:100')).toMatchObject({ ok: false, reason: 'chain_unsupported' });
    expect(await bridge.withdrawal(NBTC, '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj', SENT)).toEqual({
      ok: true,
      value: null,
    });
    world.omniApi.faults.fail({ requests: 1, status: 404, body: 'Resource not found' });
    expect(await bridge.withdrawal(NBTC, 'x', SENT)).toEqual({ ok: true, value: null });
  });
});

test('any answer gives values within bounds or a named failure, and never an exception', () => {
  const seeds = [
    `{"address":"${TO}"}`,
    '{"min_deposit_amount":"2500","other":1}',
    '{"native_token_fee":"0","gas_fee":"1200","protocol_fee":300,"usd_fee":1.5,"min_amount":"2500","insufficient_utxo":false}',
    '[{"id":{"origin_chain":"Btc","kind":{"Utxo":{"tx_hash":"tx","vout":1}}},"finalised_on_near":{"NearReceipt":{"transaction_hash":"mint","block_timestamp_seconds":1}},"finalised":null,"utxo_transfer":{"amount":"5000","recipient":"a"},"transfer_message":null}]',
    '[{"id":null,"finalised":{"UtxoLog":{"transaction_hash":"paid"}},"transfer_message":{"token":"near:nbtc.bridge.near","recipient":"btc:x","amount":"1"}}]',
  ];
  const known = { txHash: 'tx', address: TO, amountUnits: 5_000n };
  fc.assert(
    fc.property(mutatedText(seeds), fc.constantFrom(200, 404, 503), (body, status) => {
      const read = readOk(readAnswer({ status, body, retryAfter: null }, 0));
      if (!read.ok) return;
      const address = readOmniAddress(read.value, BTC_CHAIN);
      if (address.ok) expect(address.value).toMatch(/^(?:bc1|[13])/);
      const minimum = readMinimum(read.value);
      if (minimum.ok) expect(minimum.value >= 0n).toBe(true);
      const cost = readOmniCost(read.value);
      if (cost.ok) expect(cost.value.feeUnits >= 0n).toBe(true);
      const deposit = readOmniDeposit(read.value, known, { asset: NBTC, nowMs: 1 });
      if (deposit !== null) expect((deposit.creditTxHash ?? 'x').length).toBeLessThanOrEqual(128);
      const withdrawal = readOmniWithdrawal(read.value, NBTC, SENT);
      if (withdrawal !== null) expect((withdrawal.txHash ?? 'x').length).toBeLessThanOrEqual(128);
    }),
    FUZZ,
  );
  const [, , fee = '', deposit = '', withdrawal = ''] = seeds;
  expect(readOmniCost(JSON.parse(fee))).toMatchObject({ ok: true, value: { feeUnits: 1_500n } });
  expect(readOmniDeposit(JSON.parse(deposit), known, { asset: NBTC, nowMs: 1 })).toMatchObject({ outcome: 'credited' });
  expect(readOmniWithdrawal(JSON.parse(withdrawal), NBTC, { destination: 'x' })).toMatchObject({
    outcome: 'completed',
    txHash: 'paid',
  });
});

test('a withdrawal of somebody else in the same transaction is not taken for ours', () => {
  const transfer = (recipient: string, hash: string | null) => ({
    id: null,
    finalised: hash === null ? null : { UtxoLog: { transaction_hash: hash } },
    transfer_message: { token: 'near:nbtc.bridge.near', recipient, amount: '1' },
  });
  const others = [transfer('btc:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', 'paid to another')];
  expect(readOmniWithdrawal(others, NBTC, { destination: TO })).toBeNull();
  const both = [...others, transfer(`btc:${TO}`, null)];
  expect(readOmniWithdrawal(both, NBTC, { destination: TO })).toMatchObject({ outcome: 'pending' });
});
