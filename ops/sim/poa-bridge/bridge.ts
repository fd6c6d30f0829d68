// The bridge itself, without its socket: it gives out deposit addresses, watches the outside chains, has deposits
// credited, and pays withdrawals out. It acts whenever a chain that it watches changes; there is no timer.

import {
  type AddressOwner,
  type Deposit,
  isDueCompletion,
  isDueCredit,
  lookAgain,
  type SeenTransfer,
} from './deposits.ts';
import type { TokenFacts } from './tokens.ts';

/** What the bridge needs of an outside chain. Addresses and amounts are the chain's own. */
export type WatchedChain = {
  /** The bridge's name of it. */
  readonly name: string;
  /** Blocks on top of and including the transfer's own before it is credited. */
  readonly confirmations: number;
  /** The bridge may say which transaction a deposit came in by; it does so for EVM chains only. */
  readonly showsTxHash: boolean;
  /** An address that only the bridge can spend from, the same for the same account. */
  addressFor(accountId: string): string;
  transfersTo(address: string): readonly SeenTransfer[];
  pay(address: string, units: bigint): string;
  /** Moves a credited deposit away from its address, where the chain has such a step. */
  sweep(transferId: string): void;
  /** Number of the newest block. */
  height(): number;
  onChange(listener: () => void): () => void;
};

/** Puts a deposit on the account in the verifier; gives the hash of the transaction that did. */
export type Credit = (accountId: string, tokenId: string, units: bigint) => string;

export type Withdrawal = {
  readonly burnTxHash: string;
  readonly accountId: string;
  readonly token: TokenFacts;
  readonly units: bigint;
  readonly address: string;
  readonly createdAtMs: number;
  readonly atHeight: number;
  /** The fee would take all of it: it is never paid out. */
  readonly rejected: boolean;
  /** Null while it is pending. */
  readonly transferTxHash: string | null;
};

export type BurnOptions = {
  /** The NEAR transaction that burnt the tokens. */
  readonly burnTxHash: string;
  readonly accountId: string;
  /** Contract of the token on NEAR. */
  readonly nearToken: string;
  readonly units: bigint;
  readonly address: string;
};

export type Bridge = ReturnType<typeof createBridge>;

export type BridgeOptions = {
  readonly tokens: readonly TokenFacts[];
  readonly chains: readonly WatchedChain[];
  readonly credit: Credit;
  readonly nowMs: () => number;
};

export function createBridge({ tokens, chains, credit, nowMs }: BridgeOptions) {
  const owners = new Map<string, AddressOwner>();
  const depositsOf = new Map<string, readonly Deposit[]>();
  /** By burn and token: a transaction may withdraw one of each. */
  const withdrawals = new Map<string, Withdrawal>();
  let isHoldingWithdrawals = false;
  let isHoldingCredits = false;

  const chainOf = (name: string): WatchedChain | undefined => chains.find((chain) => chain.name === name);
  const tokenOn = (chain: string): TokenFacts | undefined => tokens.find((token) => token.chain === chain);
  const rulesOf = (chain: WatchedChain, token: TokenFacts) => ({
    minUnits: token.minDepositUnits,
    confirmations: chain.confirmations,
  });

  function advance(chain: WatchedChain, token: TokenFacts, deposit: Deposit): Deposit {
    const rules = rulesOf(chain, token);
    if (isDueCredit(deposit, rules) && !isHoldingCredits) {
      return {
        ...deposit,
        status: 'CREDITED',
        mintTxHash: credit(deposit.accountId, token.intentsTokenId, deposit.units),
      };
    }
    return isDueCompletion(deposit, rules) ? { ...deposit, status: 'COMPLETED' } : deposit;
  }

  function lookAt(chain: WatchedChain, owner: AddressOwner): void {
    const token = tokenOn(chain.name);
    if (token === undefined) return;
    const key = `${owner.chain} ${owner.address}`;
    const before = depositsOf.get(key) ?? [];
    const after = lookAgain(before, chain.transfersTo(owner.address), owner, nowMs()).map((deposit) =>
      advance(chain, token, deposit),
    );
    depositsOf.set(key, after);
    const completedBefore = new Set(before.filter(({ status }) => status === 'COMPLETED').map(({ id }) => id));
    for (const { id, status } of after) if (status === 'COMPLETED' && !completedBefore.has(id)) chain.sweep(id);
  }

  function payOut(chain: WatchedChain): void {
    if (isHoldingWithdrawals) return;
    for (const [key, withdrawal] of withdrawals) {
      const { token, transferTxHash, atHeight, address, units } = withdrawal;
      const isDue =
        token.chain === chain.name && transferTxHash === null && !withdrawal.rejected && chain.height() > atHeight;
      if (!isDue) continue;
      // Marked before paying, since paying changes the chain and calls back here.
      withdrawals.set(key, { ...withdrawal, transferTxHash: '' });
      withdrawals.set(key, { ...withdrawal, transferTxHash: chain.pay(address, units - token.withdrawalFeeUnits) });
    }
  }

  // A sweep changes the chain while it is being looked at: the look is repeated, not nested.
  let isLooking = false;
  let isStale = false;
  function lookAround(): void {
    isStale = true;
    if (isLooking) return;
    isLooking = true;
    while (isStale) {
      isStale = false;
      for (const owner of owners.values()) {
        const chain = chainOf(owner.chain);
        if (chain !== undefined) lookAt(chain, owner);
      }
      for (const chain of chains) payOut(chain);
    }
    isLooking = false;
  }

  const endings = chains.map((chain) => chain.onChange(lookAround));

  return {
    tokens,
    showsTxHash: (chain: string): boolean => chainOf(chain)?.showsTxHash ?? false,
    tokenOn,
    /** Address of an account on a chain, or null for a chain that the bridge does not know. */
    depositAddress(accountId: string, chainName: string): string | null {
      const chain = chainOf(chainName);
      if (chain === undefined) return null;
      const address = chain.addressFor(accountId);
      owners.set(`${chainName} ${address}`, { chain: chainName, accountId, address });
      return address;
    },
    /** Newest first. */
    deposits: (): readonly Deposit[] => [...depositsOf.values()].flat().sort((a, b) => b.createdAtMs - a.createdAtMs),
    /** A deposit gets stuck: it stays FAILED until it is put right. */
    failDeposit(id: string): void {
      for (const [key, list] of depositsOf) {
        depositsOf.set(
          key,
          list.map((deposit) =>
            deposit.id === id && deposit.status === 'PENDING' ? { ...deposit, status: 'FAILED' } : deposit,
          ),
        );
      }
    },
    /** Tokens were burnt on NEAR to be paid out on the outside chain, which happens with its next block. */
    burn({ nearToken, ...burn }: BurnOptions): Withdrawal {
      const token = tokens.find((each) => each.nearTokenId === nearToken);
      if (token === undefined) throw new Error(`the bridge has no token ${nearToken}`);
      const atHeight = chainOf(token.chain)?.height() ?? 0;
      const rejected = burn.units <= token.withdrawalFeeUnits;
      const withdrawal = { ...burn, token, createdAtMs: nowMs(), atHeight, rejected, transferTxHash: null };
      withdrawals.set(`${burn.burnTxHash} ${nearToken}`, withdrawal);
      return withdrawal;
    },
    /** Those of one transaction, one a token. */
    withdrawalsOf: (burnTxHash: string): readonly Withdrawal[] =>
      [...withdrawals.values()].filter((withdrawal) => withdrawal.burnTxHash === burnTxHash),
    withdrawals: (): readonly Withdrawal[] => [...withdrawals.values()].reverse(),
    /** Stops paying out, or goes on with what is due. */
    holdWithdrawals(on: boolean): void {
      isHoldingWithdrawals = on;
      lookAround();
    },
    /** Stops crediting, or goes on with what is due. */
    holdCredits(on: boolean): void {
      isHoldingCredits = on;
      lookAround();
    },
    lookAround,
    close(): void {
      for (const end of endings) end();
    },
  };
}
