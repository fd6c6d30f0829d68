// State of the verifier while a batch runs: reads fall through to the block's state, writes stay here until `commit`.
// Amounts are held within 128 bits as the contract's are. Every operation says why it refuses, in the contract's words.
import { accountLocked, VERIFIER_ERRORS } from './errors.ts';
import { type Account, accountOf, type VerifierState, withBalance } from './state.ts';
import { U128_MAX } from './text/integer.ts';

/** Nothing when it worked, else the refusal. */
export type Outcome = string | undefined;

export class Draft {
  readonly base: VerifierState;
  readonly #changed = new Map<string, Account>();

  constructor(base: VerifierState) {
    this.base = base;
  }

  account(accountId: string): Account {
    return this.#changed.get(accountId) ?? accountOf(this.base, accountId);
  }

  put(accountId: string, account: Account): void {
    this.#changed.set(accountId, account);
  }

  /** A locked account takes deposits, too. */
  add(accountId: string, tokenId: string, units: bigint): Outcome {
    const account = this.account(accountId);
    const total = (account.balances.get(tokenId) ?? 0n) + units;
    if (total > U128_MAX) return VERIFIER_ERRORS.insufficientBalance;
    this.put(accountId, withBalance(account, tokenId, total));
    return undefined;
  }

  subtract(accountId: string, tokenId: string, units: bigint): Outcome {
    const account = this.account(accountId);
    if (account.locked) return accountLocked(accountId);
    if (units === 0n) return VERIFIER_ERRORS.invalidIntent;
    const rest = (account.balances.get(tokenId) ?? 0n) - units;
    if (rest < 0n) return VERIFIER_ERRORS.insufficientBalance;
    this.put(accountId, withBalance(account, tokenId, rest));
    return undefined;
  }

  commit(): VerifierState {
    const accounts = new Map(this.base.accounts);
    for (const [accountId, account] of this.#changed) accounts.set(accountId, account);
    return { ...this.base, accounts };
  }
}
