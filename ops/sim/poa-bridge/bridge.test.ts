import { afterEach, describe, expect, test } from 'bun:test';
import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { EURE_CONTRACT } from '../../../contracts/wire/gnosis.ts';
import {
  PoaDepositAddress,
  PoaRecentDeposits,
  PoaRecentWithdrawals,
  PoaReply,
  PoaSupportedTokens,
  PoaWithdrawalEstimate,
  PoaWithdrawalStatus,
  poaBridgeReviver,
} from '../../../contracts/wire/poa-bridge.ts';
import { decodeSegwit } from '../esplora/bech32.ts';
import { createBitcoinChain } from '../esplora/chain.ts';
import { createGnosisChain } from '../gnosis/chain.ts';
import { createBridge } from './bridge.ts';
import { startPoaBridgeSim } from './server.ts';
import { BRIDGE_TOKENS } from './tokens.ts';
import { watchBitcoin, watchGnosis } from './watched.ts';

const ACCOUNT = 'maker.near';
const hash = (of: string): string => new Bun.CryptoHasher('sha256').update(of).digest('hex');

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start() {
  let clockMs = 1_767_225_600_000;
  const nowMs = (): number => clockMs++;
  const bitcoin = createBitcoinChain({ hash, nowMs });
  const gnosis = createGnosisChain({ hash, nowMs });
  const credits: [string, string, bigint][] = [];
  const bridge = createBridge({
    tokens: BRIDGE_TOKENS,
    chains: [watchBitcoin(bitcoin), watchGnosis(gnosis)],
    credit: (...credit) => {
      credits.push(credit);
      return `mint-${credits.length}`;
    },
    nowMs,
  });
  const sim = startPoaBridgeSim({ bridge });
  open.push(sim);

  async function rpc(method: string, params: object): Promise<{ reply: PoaReply; text: string }> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'dontcare', method, params: [params] });
    const text = await (await fetch(sim.url, { method: 'POST', body })).text();
    const reply: unknown = JSON.parse(text, poaBridgeReviver);
    if (!Value.Check(PoaReply, reply)) throw new Error(`not a reply: ${text}`);
    return { reply, text };
  }
  async function resultOf<Shape extends TSchema>(shape: Shape, method: string, params: object): Promise<Static<Shape>> {
    const { reply } = await rpc(method, params);
    if (!Value.Check(shape, reply.result)) throw new Error(`another result: ${JSON.stringify(reply)}`);
    return reply.result;
  }
  const addressOn = async (chain: string): Promise<string> =>
    (await resultOf(PoaDepositAddress, 'deposit_address', { account_id: ACCOUNT, chain })).address;
  const deposits = async (filter: object = {}) =>
    (await resultOf(PoaRecentDeposits, 'recent_deposits', { account_id: ACCOUNT, ...filter })).deposits;
  const statuses = async (): Promise<string[]> => (await deposits()).map((each) => each.status);
  return { ...sim, bitcoin, gnosis, credits, rpc, resultOf, addressOn, deposits, statuses };
}

describe('tokens and addresses', () => {
  test('both tokens, or those of the chains asked for', async () => {
    const { resultOf } = start();
    const all = await resultOf(PoaSupportedTokens, 'supported_tokens', {});
    expect(all.tokens.map((token) => [token.intents_token_id, token.decimals])).toEqual([
      [BTC.id, 8],
      [EURE.id, 18],
    ]);
    const some = await resultOf(PoaSupportedTokens, 'supported_tokens', { chains: ['eth:100'] });
    expect(some.tokens.map((token) => token.asset_name)).toEqual(['EURe']);
  });

  test('one address an account and chain, the same each time, of the form that the chain has', async () => {
    const { addressOn, rpc } = start();
    const btc = await addressOn('btc:mainnet');
    expect(decodeSegwit(btc)).toHaveLength(20);
    expect(await addressOn('btc:mainnet')).toBe(btc);
    expect(await addressOn('eth:100')).toMatch(/^0x[0-9a-f]{40}$/);
    const other = await rpc('deposit_address', { account_id: 'other.near', chain: 'btc:mainnet' });
    expect(other.text).not.toContain(btc);
    expect((await rpc('deposit_address', { account_id: ACCOUNT, chain: 'doge' })).reply.error).toBe(
      'Unsupported chain: doge',
    );
  });
});

describe('deposits', () => {
  test('of BTC: pending, credited at two confirmations, completed and swept at three, credited once', async () => {
    const { bitcoin, credits, addressOn, deposits, statuses } = start();
    const address = await addressOn(BTC.chain);
    const txid = bitcoin.pay({ address, sats: 100_000 });
    expect(await statuses()).toEqual(['PENDING']);
    bitcoin.mine();
    expect(await statuses()).toEqual(['PENDING']);
    expect(credits).toEqual([]);
    bitcoin.mine();
    expect(await statuses()).toEqual(['CREDITED']);
    expect(bitcoin.spenderOf({ txid, vout: 0 })).toBeNull();
    bitcoin.mine();
    expect(await statuses()).toEqual(['COMPLETED']);
    expect(bitcoin.spenderOf({ txid, vout: 0 })).not.toBeNull();
    bitcoin.mine(3);
    expect(credits).toEqual([[ACCOUNT, BTC.id, 100_000n]]);
    expect(await deposits()).toMatchObject([{ tx_hash: null, mint_tx_hash: 'mint-1', amount: '100000', address }]);
  });

  test('of EURe: the amount is a JSON number beyond 2^53 and keeps every digit', async () => {
    const { gnosis, credits, addressOn, rpc, deposits } = start();
    const units = 123_456_789_012_345_678_901n;
    const txHash = gnosis.transfer({ to: await addressOn(EURE.chain), units });
    gnosis.mine(5);
    expect(credits).toEqual([[ACCOUNT, EURE.id, units]]);
    const { text } = await rpc('recent_deposits', { account_id: ACCOUNT, chain: EURE.chain });
    expect(text).toContain('"amount":123456789012345678901,');
    expect(await deposits()).toMatchObject([{ tx_hash: txHash, amount: units.toString(), status: 'CREDITED' }]);
  });

  test('too small: stays pending. Another token: not seen', async () => {
    const { bitcoin, gnosis, credits, addressOn, statuses } = start();
    bitcoin.pay({ address: await addressOn(BTC.chain), sats: 9_999 });
    bitcoin.mine(10);
    const contract = '0x2222222222222222222222222222222222222222';
    gnosis.transfer({ to: await addressOn(EURE.chain), units: 10n ** 20n, contract });
    gnosis.mine(10);
    expect(await statuses()).toEqual(['PENDING']);
    expect(credits).toEqual([]);
  });

  test('undone by a reorganisation, or replaced, before the credit: forgotten', async () => {
    const { bitcoin, gnosis, credits, addressOn, statuses } = start();
    const [btc, eure] = [await addressOn(BTC.chain), await addressOn(EURE.chain)];
    const txid = bitcoin.pay({ address: btc, sats: 100_000 });
    const txHash = gnosis.transfer({ to: eure, units: 10n ** 19n });
    gnosis.mine();
    expect((await statuses()).sort()).toEqual(['PENDING', 'PENDING']);
    bitcoin.replace(txid, { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' });
    gnosis.reorg({ depth: 1, drop: [txHash] });
    gnosis.mine(10);
    bitcoin.mine(10);
    expect(await statuses()).toEqual([]);
    expect(credits).toEqual([]);
  });

  test('held back, failed, and by status and page', async () => {
    const { bitcoin, bridge, credits, addressOn, deposits, resultOf } = start();
    const address = await addressOn(BTC.chain);
    bridge.holdCredits(true);
    const stuck = bitcoin.pay({ address, sats: 20_000 });
    bridge.failDeposit(`${stuck}:0`);
    bitcoin.pay({ address, sats: 30_000 });
    bitcoin.mine(5);
    expect(credits).toEqual([]);
    bridge.holdCredits(false);
    expect(credits).toEqual([[ACCOUNT, BTC.id, 30_000n]]);
    expect(await deposits({ status: 'FAILED' })).toMatchObject([{ amount: '20000' }]);
    const page = await resultOf(PoaRecentDeposits, 'recent_deposits', { account_id: ACCOUNT, limit: 1, offset: 1 });
    expect(page).toMatchObject({ total: 2, limit: 1, offset: 1 });
    expect(page.deposits).toHaveLength(1);
  });
});

describe('withdrawals', () => {
  test('estimate', async () => {
    const { resultOf, rpc } = start();
    const params = { chain: BTC.chain, token: BTC.nearToken, address: 'bc1q' };
    expect(await resultOf(PoaWithdrawalEstimate, 'withdrawal_estimate', params)).toMatchObject({
      withdrawalFee: '1500',
      withdrawalFeeDecimals: 8,
      userAddress: 'bc1q',
    });
    expect((await rpc('withdrawal_estimate', { ...params, token: 'x' })).reply.error).toBe('Unsupported token: x');
  });

  test('not found, then pending, then paid out on the chain without the fee, in both forms', async () => {
    const { gnosis, bridge, resultOf, rpc, faults, addressOn } = start();
    const status = () => resultOf(PoaWithdrawalStatus, 'withdrawal_status', { withdrawal_hash: 'burn-1' });
    expect((await rpc('withdrawal_status', { withdrawal_hash: 'burn-1' })).reply.error).toBe('Withdrawals not found');
    const address = await addressOn(EURE.chain);
    faults.holdWithdrawals(true);
    bridge.burn({ burnTxHash: 'burn-1', accountId: ACCOUNT, nearToken: EURE.nearToken, units: 10n ** 19n, address });
    gnosis.mine();
    const pending = JSON.parse((await rpc('withdrawal_status', { withdrawal_hash: 'burn-1' })).text).result;
    expect(pending).toMatchObject({ withdrawals: [{ status: 'PENDING', data: { transfer_tx_hash: null } }] });
    // The fields that the production client declares, and none of those that only the documentation has.
    const fields = ['account_id', 'address', 'amount', 'chain', 'created', 'decimals', 'defuse_asset_identifier'];
    fields.push('near_token_id', 'transfer_tx_hash', 'tx_hash');
    expect(Object.keys(pending.withdrawals[0].data).sort()).toEqual(fields);
    faults.holdWithdrawals(false);
    const [paid] = gnosis.eureTo(address);
    expect(paid?.units).toBe(99n * 10n ** 17n);
    faults.singleStatus(true);
    expect(await status()).toMatchObject({
      status: 'COMPLETED',
      data: {
        transfer_tx_hash: paid?.txHash,
        amount: '10000000000000000000',
        withdraw_amount: '9900000000000000000',
        // By the documentation that of the token, not the one that was paid.
        address: EURE_CONTRACT,
      },
    });
    expect(
      (await resultOf(PoaRecentWithdrawals, 'recent_withdrawals', { account_id: ACCOUNT })).withdrawals,
    ).toHaveLength(1);
    expect(() => bridge.burn({ burnTxHash: 'x', accountId: ACCOUNT, nearToken: 'x', units: 1n, address })).toThrow(
      'no token x',
    );
  });
});

test('errors are bare text as the client takes them, and objects as a fault; notify_deposit', async () => {
  const { faults, rpc } = start();
  expect((await rpc('notify_deposit', { chain: BTC.chain })).reply.result).toEqual({});
  expect((await rpc('find_parent_tx', {})).reply.error).toBe('Method not found: find_parent_tx');
  faults.objectErrors(true);
  expect((await rpc('find_parent_tx', {})).reply.error).toEqual({
    code: 0,
    message: 'Method not found: find_parent_tx',
  });
});
