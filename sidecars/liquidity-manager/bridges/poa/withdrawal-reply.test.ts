// What the documentation of the bridge and its own client do not agree on must not keep a withdrawal from being followed.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../../contracts/assets.ts';
import { EURE_CONTRACT } from '../../../../contracts/wire/gnosis.ts';
import { readDepositAddress, readResult } from './reply.ts';
import { readCost, readWithdrawal } from './withdrawal-reply.ts';

const ACCOUNT = 'solver.near';
const TX = '9yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj';
const TO = '0x8ba1f109551bd432803012645ac136ddd64dba72';
const OTHER = '0x9858effd232b4033e47d90003d41ec34ecaeda94';
const SOUGHT = { asset: EURE, nearTxHash: TX, account: ACCOUNT, destination: TO, amountUnits: 10_000n };

const item = (data: object = {}, status = 'COMPLETED') => ({
  status,
  data: {
    tx_hash: TX,
    transfer_tx_hash: '0xpaid',
    near_token_id: EURE.nearToken,
    amount: '10000',
    account_id: ACCOUNT,
    address: TO,
    ...data,
  },
});
const read = (...withdrawals: unknown[]) => readWithdrawal({ withdrawals }, SOUGHT);
const ours = { ok: true, value: { outcome: 'completed', txHash: '0xpaid' } };
const none = { ok: true, value: null } as const;

describe('a withdrawal of our token and transaction', () => {
  test.each([
    ['with the address of the token', { address: EURE_CONTRACT }],
    ['with any address', { address: OTHER }],
    ['without an address', { address: undefined }],
    ['without an account', { account_id: undefined }],
    ['with nulls for what is not said', { transfer_tx_hash: '0xpaid', chain: null, decimals: null, created: null }],
    ['of another amount, as the only one of the account', { amount: '7' }],
    ['of another account by the word of the bridge, and of the amount', { account_id: 'intents.near' }],
    ['of such an account, less the fee', { account_id: 'intents.near', amount: '9000', withdrawal_fee: '1000' }],
    ['of such an account, with the address of the token', { account_id: 'intents.near', address: EURE_CONTRACT }],
  ])('%s is ours', (_what, data) => {
    expect(read(item(data))).toMatchObject(ours);
  });

  test.each([
    ['of another account and amount', { account_id: 'other.near', amount: '7' }],
    ['of another account, to another address', { account_id: 'other.near', address: OTHER }],
    ['of another token', { near_token_id: BTC.nearToken }],
    ['of another transaction', { tx_hash: `${TX.slice(0, -1)}k` }],
  ])('%s is not', (_what, data) => {
    expect(read(item(data))).toEqual(none);
  });

  test('is the one of our account, whatever others were executed with it', () => {
    const others = item({ account_id: 'other.near', transfer_tx_hash: '0xother' }, 'FAILED');
    expect(read(others, item())).toMatchObject(ours);
    expect(read(others, item({ address: EURE_CONTRACT }))).toMatchObject(ours);
  });

  test('is none of two that differ in nothing that counts', () => {
    const twin = item({ transfer_tx_hash: '0xtwin', address: EURE_CONTRACT });
    expect(read(twin, item({ address: EURE_CONTRACT }))).toEqual(none);
    expect(read(twin, item())).toMatchObject(ours);
  });

  test('that cannot be read is not one that is unknown', () => {
    expect(read({ status: 'PENDING' })).toMatchObject({ ok: false, reason: 'malformed' });
    expect(read()).toEqual(none);
  });
});

test('a fee counts whatever the bridge says of the token next to it', () => {
  const terms = { assetId: EURE.id, minDepositUnits: 0n, minWithdrawalUnits: 2n, withdrawalFeeUnits: 1n };
  // The minimum is one of what arrives.
  const cost = { ok: true, value: { feeUnits: 5n, apartUnits: 0n, minimumUnits: 7n } };
  for (const token of [undefined, null, { defuseAssetId: EURE.id, symbol: 'EURe', icon: '' }, []]) {
    const estimate = { withdrawalFee: '5', withdrawalFeeDecimals: EURE.decimals, token };
    expect(readCost(estimate, EURE, [terms])).toMatchObject(cost);
  }
  expect(readCost({ withdrawalFee: '5', withdrawalFeeDecimals: 6 }, EURE, [terms])).toMatchObject({ ok: false });
});

describe('a reply', () => {
  const reply = (fields: object) =>
    readResult({ status: 200, json: { jsonrpc: '2.0', id: 'unrip', ...fields }, retryAfterMs: null });

  test.each([
    [
      { result: { tokens: [] }, error: null },
      { ok: true, value: { tokens: [] } },
    ],
    [{ error: 'Withdrawals not found' }, { ok: false, reason: 'refused', detail: 'Withdrawals not found' }],
    [{ error: { code: 0, message: 'Withdrawals not found' } }, { reason: 'refused', detail: 'Withdrawals not found' }],
    [{ error: { code: -32603 } }, { ok: false, reason: 'refused' }],
    [{ error: null }, { ok: false, reason: 'malformed' }],
    [{}, { ok: false, reason: 'malformed' }],
  ])('%j', (fields, expected) => {
    expect(reply(fields)).toMatchObject(expected);
  });

  test('with a null for a memo gives an address that needs none', () => {
    const given = { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', chain: BTC.chain, memo: null };
    expect(readDepositAddress(given, BTC.chain)).toEqual({ ok: true, value: given.address });
  });
});
