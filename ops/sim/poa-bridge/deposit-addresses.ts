// The deposit addresses that the bridge gave out, and the deposits to each. A deposit is credited when its chain has
// confirmed it and swept away when it is complete; what is due when is decided in deposits.ts.

import {
  type AddressOwner,
  type Deposit,
  isDueCompletion,
  isDueCredit,
  lookAgain,
  type SeenTransfer,
} from './deposits.ts';
import type { TokenFacts } from './tokens.ts';
import type { WatchedChain } from './watched.ts';

/** Puts a deposit on the account in the verifier; gives the hash of the transaction that did. */
export type Credit = (accountId: string, tokenId: string, units: bigint) => string;

export class DepositAddresses {
  readonly #credit: Credit;
  readonly #nowMs: () => number;
  readonly #owners = new Map<string, AddressOwner>();
  readonly #deposits = new Map<string, readonly Deposit[]>();
  #isHolding = false;

  constructor(credit: Credit, nowMs: () => number) {
    this.#credit = credit;
    this.#nowMs = nowMs;
  }

  /** Stops crediting, or lets the next update go on with what is due. */
  hold(on: boolean): void {
    this.#isHolding = on;
  }

  /** Address of an account on a chain: the same each time. */
  give(chain: WatchedChain, accountId: string): string {
    const address = chain.addressFor(accountId);
    this.#owners.set(keyOf(chain.name, address), { chain: chain.name, accountId, address });
    return address;
  }

  owners(): Iterable<AddressOwner> {
    return this.#owners.values();
  }

  /** Takes in what an address received, and carries its deposits on: credits and sweeps what is due. */
  update(owner: AddressOwner, chain: WatchedChain, token: TokenFacts): void {
    const key = keyOf(owner.chain, owner.address);
    const before = this.#deposits.get(key) ?? [];
    const seen: readonly SeenTransfer[] = chain.transfersTo(owner.address);
    const after = lookAgain(before, seen, owner, this.#nowMs()).map((deposit) => this.#advance(chain, token, deposit));
    this.#deposits.set(key, after);
    const completedBefore = new Set(before.filter(({ status }) => status === 'COMPLETED').map(({ id }) => id));
    for (const { id, status } of after) if (status === 'COMPLETED' && !completedBefore.has(id)) chain.sweep(id);
  }

  /** A deposit gets stuck: it stays FAILED until it is put right. */
  fail(id: string): void {
    for (const [key, list] of this.#deposits) {
      this.#deposits.set(
        key,
        list.map((deposit) =>
          deposit.id === id && deposit.status === 'PENDING' ? { ...deposit, status: 'FAILED' } : deposit,
        ),
      );
    }
  }

  /** Newest first. */
  deposits(): readonly Deposit[] {
    return [...this.#deposits.values()].flat().sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  #advance(chain: WatchedChain, token: TokenFacts, deposit: Deposit): Deposit {
    const rules = { minUnits: token.minDepositUnits, confirmations: chain.confirmations };
    if (isDueCredit(deposit, rules) && !this.#isHolding) {
      const mintTxHash = this.#credit(deposit.accountId, token.intentsTokenId, deposit.units);
      return { ...deposit, status: 'CREDITED', mintTxHash };
    }
    return isDueCompletion(deposit, rules) ? { ...deposit, status: 'COMPLETED' } : deposit;
  }
}

const keyOf = (chainName: string, address: string): string => `${chainName} ${address}`;
