// What happens to the verifier's state other than by signed intents: deposits and withdrawals that go by the token
// contracts, and the acts of the contract's administrators. Pure: a state in, a state and the logged events out.
import { eventLine, ownedEvent } from '../verifier/events.ts';
import { versionedNonce } from '../verifier/nonce.ts';
import {
  accountOf,
  isValidSalt,
  type VerifierState,
  withAccount,
  withBalance,
  withoutPublicKey,
  withPublicKey,
} from '../verifier/state.ts';
import { U128_MAX } from '../verifier/text/integer.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import { parsePublicKey } from '../verifier/text/public-key.ts';
import { parseTokenId } from '../verifier/text/token-id.ts';

export type Change = { readonly state: VerifierState; readonly logs: readonly string[] };
export type Control = (state: VerifierState, nowNs: bigint) => Parsed<Change>;

/** Deposit: `units` appear in the account's balance. */
export function credit(accountId: string, tokenId: string, units: bigint): Control {
  return (state) => {
    const token = parseTokenId(tokenId);
    if (!token.ok) return token;
    const account = accountOf(state, accountId);
    const total = (account.balances.get(tokenId) ?? 0n) + units;
    if (units <= 0n || total > U128_MAX) return refused(`cannot credit ${units} of ${tokenId}`);
    return accepted({
      state: withAccount(state, accountId, withBalance(account, tokenId, total)),
      logs: [ownedEvent('mt_mint', accountId, [[tokenId, units]], 'deposit')],
    });
  };
}

/** Withdrawal by direct call of the account. */
export function withdraw(accountId: string, tokenId: string, units: bigint): Control {
  return (state) => {
    const account = accountOf(state, accountId);
    const rest = (account.balances.get(tokenId) ?? 0n) - units;
    if (units <= 0n || rest < 0n) return refused(`cannot withdraw ${units} of ${tokenId} from ${accountId}`);
    return accepted({
      state: withAccount(state, accountId, withBalance(account, tokenId, rest)),
      logs: [ownedEvent('mt_burn', accountId, [[tokenId, units]], 'withdraw')],
    });
  };
}

/** A new current salt; the old one stays valid. */
export function rotateSalt(saltHex: string): Control {
  return (state) => {
    if (isValidSalt(state, saltHex)) return refused(`salt ${saltHex} is in use already`);
    return accepted({
      state: {
        ...state,
        currentSaltHex: saltHex,
        olderSaltsHex: new Set(state.olderSaltsHex).add(state.currentSaltHex),
      },
      logs: [saltEvent(saltHex, [])],
    });
  };
}

/** The current salt can be invalidated, too: `nextSaltHex` takes its place then. */
export function invalidateSalt(saltHex: string, nextSaltHex: string): Control {
  return (state) => {
    if (!isValidSalt(state, saltHex)) return refused(`salt ${saltHex} is not valid`);
    const olderSaltsHex = new Set(state.olderSaltsHex);
    olderSaltsHex.delete(saltHex);
    const currentSaltHex = saltHex === state.currentSaltHex ? nextSaltHex : state.currentSaltHex;
    return accepted({
      state: { ...state, currentSaltHex, olderSaltsHex },
      logs: [saltEvent(currentSaltHex, [saltHex])],
    });
  };
}

function saltEvent(current: string, invalidated: readonly string[]): string {
  return eventLine('dip4', 'salt_rotation', { current, invalidated }, '0.4.0');
}

export function setFee(feePips: number): Control {
  return (state) =>
    accepted({
      state: { ...state, feePips },
      logs: [eventLine('dip4', 'fee_changed', { old_fee: state.feePips, new_fee: feePips }, '0.3.0')],
    });
}

export function setLocked(accountId: string, locked: boolean): Control {
  return (state) =>
    accepted({
      state: withAccount(state, accountId, { ...accountOf(state, accountId), locked }),
      logs: [eventLine('dip4', locked ? 'account_locked' : 'account_unlocked', { account_id: accountId }, '0.3.0')],
    });
}

/** By direct call of the account. */
export function setKey(accountId: string, publicKey: string, registered: boolean): Control {
  return (state) => {
    const key = parsePublicKey(publicKey);
    if (!key.ok) return key;
    const change = registered ? withPublicKey : withoutPublicKey;
    const account = change(accountOf(state, accountId), accountId, key.value);
    if (account === undefined) {
      return refused(`public key '${key.value}' ${registered ? 'already exists' : "doesn't exist"} for '${accountId}'`);
    }
    const event = registered ? 'public_key_added' : 'public_key_removed';
    return accepted({
      state: withAccount(state, accountId, account),
      logs: [eventLine('dip4', event, { account_id: accountId, public_key: key.value })],
    });
  };
}

/**
 * Anyone may have used nonces forgotten whose own deadline has passed or whose salt is no longer valid; others, legacy
 * ones among them, are passed over.
 */
export function cleanUpNonces(accountId: string, noncesHex: readonly string[]): Control {
  return (state, nowNs) => {
    let account = accountOf(state, accountId);
    for (const nonceHex of noncesHex) {
      const nonce = versionedNonce(nonceHex);
      if (nonce === undefined) continue;
      if (nonce.deadlineNs >= nowNs && isValidSalt(state, nonce.saltHex)) continue;
      account = { ...account, usedNonces: account.usedNonces.withoutWordOf(nonceHex) };
    }
    return accepted({ state: withAccount(state, accountId, account), logs: [] });
  };
}
