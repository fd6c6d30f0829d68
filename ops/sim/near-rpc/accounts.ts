// Accounts of the simulated chain as `view_account` and `view_access_key` show them, and the views of the token contracts.
// An account is there once the verifier knows it; its keys at the verifier are its access keys on the chain as well.
// Pure: one block in, a value out.
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Block } from '../chain/blocks.ts';
import { idOf } from '../chain/transaction.ts';
import { accountOf, hasPublicKey, publicKeysOf, supplyOf, type VerifierState } from '../verifier/state.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import { isOfOmni } from './connector.ts';
import { METHOD_NOT_FOUND } from './views.ts';

const TOKENS: Readonly<Record<string, { readonly name: string; readonly symbol: string; readonly decimals: number }>> =
  {
    [BTC.nearToken]: { name: 'Bitcoin', symbol: BTC.symbol, decimals: BTC.decimals },
    [EURE.nearToken]: { name: 'Monerium EUR emoney', symbol: EURE.symbol, decimals: EURE.decimals },
    'nbtc.bridge.near': { name: 'Native BTC', symbol: 'NBTC', decimals: 8 },
  };
const NO_CODE = '1'.repeat(32);
/** Ten NEAR, enough for any call. */
const BALANCE = `1${'0'.repeat(25)}`;

export const isToken = (accountId: string): boolean => Object.hasOwn(TOKENS, accountId);

export const hasCode = (state: VerifierState, accountId: string): boolean =>
  accountId === state.contractId || isToken(accountId) || isOfOmni(accountId);

export const isAccount = (state: VerifierState, accountId: string): boolean =>
  hasCode(state, accountId) || state.accounts.has(accountId);

export function accountBody({ state }: Block, accountId: string): object {
  const code = hasCode(state, accountId) ? idOf(`code of ${accountId}`) : NO_CODE;
  return { amount: BALANCE, locked: '0', code_hash: code, storage_usage: 182, storage_paid_at: 0 };
}

type ViewedKey = { readonly accountId: string; readonly publicKey: string };

/** @param nonceOf the last nonce that was used with a key */
const accessKey = (nonceOf: (key: ViewedKey) => bigint, key: ViewedKey) => ({
  nonce: Number(nonceOf(key)),
  permission: 'FullAccess',
});

/** Nothing when the account has no such key. */
export function accessKeyBody(
  { state }: Block,
  key: ViewedKey,
  nonceOf: (key: ViewedKey) => bigint,
): object | undefined {
  const { accountId, publicKey } = key;
  return hasPublicKey(accountOf(state, accountId), accountId, publicKey) ? accessKey(nonceOf, key) : undefined;
}

export function accessKeysBody({ state }: Block, accountId: string, nonceOf: (key: ViewedKey) => bigint): object {
  const keys = publicKeysOf(accountOf(state, accountId), accountId);
  return {
    keys: keys.map((publicKey) => ({
      public_key: publicKey,
      access_key: accessKey(nonceOf, { accountId, publicKey }),
    })),
  };
}

/** All that is in the verifier is what the token contract holds for it; nobody else holds any. */
function balanceOf({ state }: Block, tokenId: string, args: unknown): Parsed<unknown> {
  const accountId: unknown = typeof args === 'object' && args !== null ? Reflect.get(args, 'account_id') : undefined;
  if (typeof accountId !== 'string')
    return refused('Failed to deserialize input from JSON.: missing field `account_id`');
  return accepted(accountId === state.contractId ? String(supplyOf(state, tokenId)) : '0');
}

/** A view of a token contract. */
export function callToken(block: Block, contractId: string, method: string, args: unknown): Parsed<unknown> {
  const tokenId = `nep141:${contractId}`;
  switch (method) {
    case 'ft_metadata': {
      const { name, symbol, decimals } = TOKENS[contractId] ?? { name: '', symbol: '', decimals: 0 };
      return accepted({ spec: 'ft-1.0.0', name, symbol, icon: null, reference: null, reference_hash: null, decimals });
    }
    case 'ft_total_supply':
      return accepted(String(supplyOf(block.state, tokenId)));
    case 'ft_balance_of':
      return balanceOf(block, tokenId, args);
    default:
      return refused(METHOD_NOT_FOUND);
  }
}
