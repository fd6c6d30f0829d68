import { afterEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Asset, KNOWN_ASSETS } from '../../../../contracts/assets.ts';
import { machineClock } from '../../../../contracts/runtime/clock.ts';
import { startWorld } from '../../../../ops/sim/world.ts';
import { FUZZ, mutatedText } from '../../../../ops/testing/mutated.ts';
import { readAnswer } from '../ask.ts';
import { createOmniBridge } from './omni.ts';
import {
  readMinimum,
  readOk,
  readOmniAddress,
  readOmniCost,
  readOmniDeposit,
  readOmniStorage,
  readOmniWithdrawal,
} from './reply.ts';

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
  const known = [{ txHash, outputIndex: 0, address, amountUnits: 50_000n }];
  const seen = await bridge.deposits(BTC_CHAIN, known);
  world.mine(BTC_CHAIN, 2);
  const credited = await bridge.deposits(BTC_CHAIN, known);
  if (!seen.ok || !credited.ok) throw new Error('no deposits');
  expect(seen.value.deposits).toMatchObject([
    { outcome: 'pending', txHash, creditTxHash: null, bridgeStatus: 'Initialised' },
  ]);
  expect(credited.value.deposits).toMatchObject([{ outcome: 'credited', txHash, amountUnits: 50_000n, address }]);
  expect(credited.value.deposits[0]?.creditTxHash).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
  expect(credited.value.deposits[0]?.creditId).toBe(seen.value.deposits[0]?.creditId ?? '');
  expect(await bridge.deposits(BTC_CHAIN, [])).toEqual({
    ok: true,
    value: { deposits: [], unread: 0, failure: null },
  });
});

test('two equal outputs of one transaction are two deposits, whichever of them is asked for', async () => {
  const run = start();
  const { bridge, world } = run;
  const address = await addressOf(run);
  const txHash = world.bitcoin.chain.pay({ address, sats: 50_000, also: [{ address, sats: 50_000 }] });
  world.mine(BTC_CHAIN, 2);
  const of = (outputIndex: number | null) => ({ txHash, outputIndex, address, amountUnits: 50_000n });
  const both = await bridge.deposits(BTC_CHAIN, [of(0), of(1)]);
  const second = await bridge.deposits(BTC_CHAIN, [of(1)]);
  if (!both.ok || !second.ok) throw new Error('no deposits');
  expect(both.value.deposits.map(({ creditId }) => creditId)).toEqual([`omni ${txHash} 0`, `omni ${txHash} 1`]);
  expect(second.value.deposits.map(({ creditId }) => creditId)).toEqual([`omni ${txHash} 1`]);
  // Which of the two it is cannot be known without its place.
  expect(await bridge.deposits(BTC_CHAIN, [of(null)])).toEqual({
    ok: true,
    value: { deposits: [], unread: 0, failure: null },
  });
});

test('a deposit of which the place in its transaction is not known is found while it is the only one', async () => {
  const run = start();
  const { bridge, world } = run;
  const address = await addressOf(run);
  const txHash = world.bitcoin.chain.pay({ address, sats: 50_000 });
  const known = { txHash, outputIndex: null, address, amountUnits: 50_000n };
  expect(await bridge.deposits(BTC_CHAIN, [known])).toMatchObject({ value: { deposits: [{ outputIndex: 0 }] } });
});

test('a deposit that cannot be asked for does not keep the others from their credit', async () => {
  const run = start();
  const { bridge, world } = run;
  const address = await addressOf(run);
  const known = [10_000, 20_000, 30_000].map((sats) => ({
    ...{ txHash: world.bitcoin.chain.pay({ address, sats }), outputIndex: 0, address, amountUnits: BigInt(sats) },
  }));
  world.mine(BTC_CHAIN, 2);
  world.omniApi.faults.fail({ requests: 1, status: 500, body: 'no' });
  const read = await bridge.deposits(BTC_CHAIN, known);
  if (!read.ok) throw new Error(read.detail);
  expect(read.value.deposits.map(({ txHash, outcome }) => [txHash, outcome])).toEqual(
    known.slice(1).map(({ txHash }) => [txHash, 'credited']),
  );
  expect(read.value.failure?.detail).toBe(`1 of 3 look-ups failed: HTTP status 500: ${known[0]?.txHash}:0`);
  expect(await bridge.deposits(BTC_CHAIN, known)).toMatchObject({ value: { failure: null } });
});

describe('what a withdrawal costs', () => {
  test('and that there are too few coins', async () => {
    const { bridge, world } = start();
    expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toEqual({
      ok: true,
      value: { feeUnits: 1_500n, apartUnits: 300n, minimumUnits: 2_500n, problem: null },
    });
    world.omniApi.faults.fewCoins(true);
    expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toMatchObject({
      value: { problem: expect.stringContaining('insufficient_utxo') },
    });
  });

  test('one that has to pay in NEAR as well is not made, since it pays none', async () => {
    const { bridge, world } = start();
    world.omniApi.faults.nativeFee(1n);
    expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toMatchObject({
      value: { problem: expect.stringContaining('native_token_fee') },
    });
  });

  test('nothing is withdrawn while what fails would come back to the verifier and not to the account', async () => {
    const { bridge, world } = start();
    const least = 5n * 10n ** 23n;
    for (const [availableYocto, problem] of [
      [least + 1n, null],
      [least, expect.stringContaining('storage')],
      [0n, expect.stringContaining('storage')],
    ] as const) {
      world.chain.omniStorage.availableYocto = availableYocto;
      expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toMatchObject({ ok: true, value: { problem } });
    }
    // What cannot be checked is not risked either.
    world.near.faults.fail('500');
    expect(await bridge.withdrawalCost(NBTC, 20_000n, TO)).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  test.each([
    ['without a fee in NEAR', { native_token_fee: undefined }],
    ['without a fee for the network', { gas_fee: null }],
    ['with no fee at all', { gas_fee: '0' }],
    ['without a minimum', { min_amount: '0' }],
    ['that does not say whether there are coins', { insufficient_utxo: undefined }],
  ])('an answer %s is none', (_what, over) => {
    const fees = { native_token_fee: '0', gas_fee: '1200', protocol_fee: 300, min_amount: '2500' };
    expect(readOmniCost({ ...fees, insufficient_utxo: false, ...over })).toMatchObject({
      ok: false,
      reason: 'malformed',
    });
  });

  test.each([
    [null, 'storage'],
    [{ total: '1', available: '0' }, 'storage'],
    [{ total: '9', available: '9000000000000000000000000' }, null],
  ])('a balance of storage of %p', (balance, problem) => {
    const read = readOmniStorage(balance);
    if (!read.ok) throw new Error(read.detail);
    expect(read.value === null ? null : read.value.includes(problem ?? '')).toBe(problem === null ? null : true);
  });

  test.each([[{}], ['5'], [{ available: 'all' }]])('a balance of storage of %p is none', (balance) => {
    expect(readOmniStorage(balance)).toMatchObject({ ok: false, reason: 'malformed' });
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
    // Another answer says nothing of the withdrawal.
    world.omniApi.faults.fail({ requests: 1, status: 403, body: 'no' });
    expect(await bridge.withdrawal(NBTC, 'x', SENT)).toMatchObject({ ok: false, reason: 'refused' });
    world.omniApi.faults.fail({ requests: 1, status: 200, body: '[]' });
    expect(await bridge.withdrawal(NBTC, 'x', SENT)).toMatchObject({ ok: false, reason: 'malformed' });
  });
});

test('a withdrawal that left the verifier is pending, then completed by its transaction', async () => {
  const { bridge, world } = start();
  const message = {
    recipient: `btc:${TO}`,
    fee: '0',
    native_token_fee: '0',
    external_id: 'one',
    msg: '{"MaxGasFee":"1"}',
  };
  const data = [{ account_id: ACCOUNT, token: 'nbtc.bridge.near', receiver_id: 'omni.bridge.near', amount: '20000' }];
  const event = {
    standard: 'dip4',
    event: 'ft_withdraw',
    data: data.map((each) => ({ ...each, msg: JSON.stringify(message) })),
  };
  world.omni.take('near-1', [`EVENT_JSON:${JSON.stringify(event)}`]);
  expect(await bridge.withdrawal(NBTC, 'near-1', SENT)).toMatchObject({ value: { outcome: 'pending', txHash: null } });
  world.mine(BTC_CHAIN);
  expect(await bridge.withdrawal(NBTC, 'near-1', SENT)).toMatchObject({
    value: { outcome: 'completed', bridgeStatus: 'Finalised', txHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});

const DEPOSIT =
  '{"transfers":[{"transfer_id":{"type":"utxo","chain":"Btc","tx_hash":"tx","vout":1},"status":"FinalisedOnNear","amount":"5000","finalised_on_near":{"transaction_hash":"mint","chain":"Near"},"signed":[]}]}';
const WITHDRAWAL =
  '{"transfers":[{"transfer_id":{"type":"nonce","chain":"Near","nonce":1},"recipient":"btc:x","amount":"1","status":"Settled","finalised":{"transaction_hash":"paid"}}]}';
const KNOWN = { txHash: 'tx', outputIndex: 1, address: TO, amountUnits: 5_000n };
const NOW = { asset: NBTC, nowMs: 1 };

test('any answer gives values within bounds or a named failure, and never an exception', () => {
  const seeds = [
    `{"address":"${TO}"}`,
    '{"min_deposit_amount":"2500","other":1}',
    '{"native_token_fee":"0","gas_fee":"1200","protocol_fee":300,"usd_fee":1.5,"min_amount":"2500","insufficient_utxo":false}',
    '{"total":"1","available":"900000000000000000000000"}',
    DEPOSIT,
    WITHDRAWAL,
  ];
  fc.assert(
    fc.property(mutatedText(seeds), fc.constantFrom(200, 404, 503), (body, status) => {
      const read = readOk(readAnswer({ status, body, retryAfter: null }, 0));
      if (!read.ok) return;
      const address = readOmniAddress(read.value, BTC_CHAIN);
      if (address.ok) expect(address.value).toMatch(/^(?:bc1|[13])/);
      const minimum = readMinimum(read.value);
      if (minimum.ok) expect(minimum.value >= 0n).toBe(true);
      const cost = readOmniCost(read.value);
      if (cost.ok) expect(cost.value.feeUnits > 0n).toBe(true);
      expect(typeof readOmniStorage(read.value).ok).toBe('boolean');
      const deposit = readOmniDeposit(read.value, KNOWN, NOW);
      if (deposit.ok && deposit.value.deposit !== null) {
        const { creditTxHash, amountUnits, bridgeStatus } = deposit.value.deposit;
        expect((creditTxHash ?? 'x').length).toBeLessThanOrEqual(128);
        expect(bridgeStatus.length).toBeLessThanOrEqual(128);
        expect(amountUnits > 0n && amountUnits <= KNOWN.amountUnits).toBe(true);
      }
      const withdrawal = readOmniWithdrawal(read.value, SENT);
      if (withdrawal.ok) expect((withdrawal.value?.txHash ?? 'x').length).toBeLessThanOrEqual(128);
    }),
    FUZZ,
  );
  expect(readOmniCost(JSON.parse(seeds[2] ?? ''))).toMatchObject({ ok: true, value: { feeUnits: 1_500n } });
  expect(readOmniDeposit(JSON.parse(DEPOSIT), KNOWN, NOW)).toMatchObject({
    value: { deposit: { outcome: 'credited', creditTxHash: 'mint', bridgeStatus: 'FinalisedOnNear' } },
  });
  expect(readOmniWithdrawal(JSON.parse(WITHDRAWAL), { ...SENT, destination: 'x' })).toMatchObject({
    value: { outcome: 'completed', txHash: 'paid', bridgeStatus: 'Settled' },
  });
});

describe('a list of transfers', () => {
  const transfer = (recipient: string, hash: string | null, amount = '1') => ({
    recipient,
    amount,
    status: 'Signed',
    ...(hash === null ? {} : { finalised: { transaction_hash: hash } }),
  });
  const OTHER = 'btc:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';

  test('may have withdrawals of somebody else in it: they are not taken for ours', () => {
    const others = [transfer(OTHER, 'paid to another')];
    expect(readOmniWithdrawal({ transfers: others }, SENT)).toEqual({ ok: true, value: null });
    const both = [...others, transfer(`btc:${TO}`, null)];
    expect(readOmniWithdrawal({ transfers: both }, SENT)).toMatchObject({ value: { outcome: 'pending' } });
  });

  test('with two to the same address gives the one of the amount', () => {
    const transfers = [transfer(`btc:${TO}`, 'the other', '7'), transfer(`btc:${TO}`, 'ours', '20000')];
    expect(readOmniWithdrawal({ transfers }, SENT)).toMatchObject({ value: { txHash: 'ours' } });
  });

  test.each([
    [
      'of the former shape',
      [{ id: null, transfer_message: { token: 'near:nbtc.bridge.near', recipient: `btc:${TO}` } }],
    ],
    ['that is no list of an object', { statuses: [] }],
  ])('%s is no answer that nothing is known', (_what, json) => {
    expect(readOmniWithdrawal(json, SENT)).toMatchObject({ ok: false, reason: 'malformed' });
    expect(readOmniDeposit(json, KNOWN, NOW)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  test('whose items cannot be read is one of which they are counted', () => {
    const transfers = [{ recipient: 7 }, null];
    expect(readOmniWithdrawal({ transfers }, SENT)).toMatchObject({ ok: false, reason: 'malformed' });
    expect(readOmniDeposit({ transfers }, KNOWN, NOW)).toEqual({ ok: true, value: { deposit: null, unread: 2 } });
  });

  test('has what paid a withdrawal to the same address out: that is no deposit', () => {
    const paidOut = { transfer_id: { type: 'utxo', chain: 'Near', tx_hash: 'tx', vout: 1 }, status: 'Finalised' };
    expect(readOmniDeposit({ transfers: [paidOut] }, KNOWN, NOW)).toMatchObject({ value: { deposit: null } });
  });

  test('counts what the bridge counts where that is less, and never more than was sent', () => {
    const counted = (amount: string) => {
      const json = JSON.parse(DEPOSIT.replace('"amount":"5000"', `"amount":"${amount}"`));
      const read = readOmniDeposit(json, KNOWN, NOW);
      return read.ok ? read.value.deposit?.amountUnits : null;
    };
    expect(['4600', '5001', '0', 'x'].map(counted)).toEqual([4_600n, 5_000n, 5_000n, 5_000n]);
  });
});
