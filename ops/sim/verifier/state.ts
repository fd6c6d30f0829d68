// State of the verifier contract as plain immutable values: what a block holds, and what a view at that block reads.
// A change gives a new state that shares everything else, so old blocks stay as they were.

import { NonceSet } from './nonce-set.ts';
import { implicitKeyHex } from './text/account-id.ts';
import { implicitAccountOf, keyOfImplicitHex } from './text/public-key.ts';

export type Account = {
  /** Token id -> units, above zero. */
  readonly balances: ReadonlyMap<string, bigint>;
  /** Registered keys in canonical text; the implicit key of an implicit account is not among them. */
  readonly publicKeys: ReadonlySet<string>;
  readonly implicitKeyRemoved: boolean;
  readonly usedNonces: NonceSet;
  readonly locked: boolean;
  readonly authByPredecessorId: boolean;
};

export type VerifierState = {
  readonly contractId: string;
  readonly wrappedNearId: string;
  readonly feePips: number;
  readonly feeCollectorId: string;
  /** 8 hex digits. */
  readonly currentSaltHex: string;
  /** Further salts that are still valid. */
  readonly olderSaltsHex: ReadonlySet<string>;
  readonly accounts: ReadonlyMap<string, Account>;
};

export const NEW_ACCOUNT: Account = {
  balances: new Map(),
  publicKeys: new Set(),
  implicitKeyRemoved: false,
  usedNonces: NonceSet.empty,
  locked: false,
  authByPredecessorId: true,
};

export const FEE_COLLECTOR_ID = '7066024d3f20f94de601c003163367873cca78507eeca4df66d9be645f197f05';

/** State before anything was deposited. */
export function emptyState(currentSaltHex: string): VerifierState {
  return {
    contractId: 'intents.near',
    wrappedNearId: 'wrap.near',
    feePips: 1,
    feeCollectorId: FEE_COLLECTOR_ID,
    currentSaltHex,
    olderSaltsHex: new Set(),
    accounts: new Map(),
  };
}

export function accountOf(state: VerifierState, accountId: string): Account {
  return state.accounts.get(accountId) ?? NEW_ACCOUNT;
}

export function withAccount(state: VerifierState, accountId: string, account: Account): VerifierState {
  return { ...state, accounts: new Map(state.accounts).set(accountId, account) };
}

/** `units` above zero replaces the balance, zero removes it. */
export function withBalance(account: Account, tokenId: string, units: bigint): Account {
  const balances = new Map(account.balances);
  if (units === 0n) balances.delete(tokenId);
  else balances.set(tokenId, units);
  return { ...account, balances };
}

export function ownsImplicitly(accountId: string, publicKey: string): boolean {
  return implicitAccountOf(publicKey) === accountId;
}

export function hasPublicKey(account: Account, accountId: string, publicKey: string): boolean {
  return account.publicKeys.has(publicKey) || (!account.implicitKeyRemoved && ownsImplicitly(accountId, publicKey));
}

/** Nothing when the account has the key already. */
export function withPublicKey(account: Account, accountId: string, publicKey: string): Account | undefined {
  if (hasPublicKey(account, accountId, publicKey)) return undefined;
  if (ownsImplicitly(accountId, publicKey)) return { ...account, implicitKeyRemoved: false };
  return { ...account, publicKeys: new Set(account.publicKeys).add(publicKey) };
}

/** Nothing when the account has no such key. */
export function withoutPublicKey(account: Account, accountId: string, publicKey: string): Account | undefined {
  if (!hasPublicKey(account, accountId, publicKey)) return undefined;
  if (ownsImplicitly(accountId, publicKey)) return { ...account, implicitKeyRemoved: true };
  const publicKeys = new Set(account.publicKeys);
  publicKeys.delete(publicKey);
  return { ...account, publicKeys };
}

export function publicKeysOf(account: Account, accountId: string): readonly string[] {
  const implicit = implicitKeyHex(accountId);
  if (implicit === undefined || account.implicitKeyRemoved) return [...account.publicKeys];
  return [...account.publicKeys, keyOfImplicitHex(implicit)];
}

export function isValidSalt(state: VerifierState, saltHex: string): boolean {
  return saltHex === state.currentSaltHex || state.olderSaltsHex.has(saltHex);
}

export function supplyOf(state: VerifierState, tokenId: string): bigint {
  let units = 0n;
  for (const account of state.accounts.values()) units += account.balances.get(tokenId) ?? 0n;
  return units;
}
