// The bridge itself, without its socket: it gives out deposit addresses, watches the outside chains, has deposits
// credited, and pays withdrawals out. It acts whenever a chain that it watches changes; there is no timer.

import { type Credit, DepositAddresses } from './deposit-addresses.ts';
import type { Deposit } from './deposits.ts';
import type { TokenFacts } from './tokens.ts';
import type { WatchedChain } from './watched.ts';
import { type BurnOptions, type Withdrawal, Withdrawals } from './withdrawals.ts';

export type Bridge = ReturnType<typeof createBridge>;

export type BridgeOptions = {
  readonly tokens: readonly TokenFacts[];
  readonly chains: readonly WatchedChain[];
  readonly credit: Credit;
  readonly nowMs: () => number;
};

export function createBridge({ tokens, chains, credit, nowMs }: BridgeOptions) {
  const addresses = new DepositAddresses(credit, nowMs);
  const withdrawals = new Withdrawals();

  const chainOf = (name: string): WatchedChain | undefined => chains.find((chain) => chain.name === name);
  const tokenOn = (chain: string): TokenFacts | undefined => tokens.find((token) => token.chain === chain);

  // A sweep changes the chain while it is being looked at: the poll is repeated, not nested.
  let isLooking = false;
  let isStale = false;
  function lookAround(): void {
    isStale = true;
    if (isLooking) return;
    isLooking = true;
    while (isStale) {
      isStale = false;
      for (const owner of addresses.owners()) {
        const [chain, token] = [chainOf(owner.chain), tokenOn(owner.chain)];
        if (chain !== undefined && token !== undefined) addresses.update(owner, chain, token);
      }
      for (const chain of chains) withdrawals.payOut(chain);
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
      return chain === undefined ? null : addresses.give(chain, accountId);
    },
    /** Newest first. */
    deposits: (): readonly Deposit[] => addresses.deposits(),
    /** A deposit gets stuck: it stays FAILED until it is put right. */
    failDeposit: (id: string): void => addresses.fail(id),
    /** Tokens were burnt on NEAR to be paid out on the outside chain, which happens with its next block. */
    burn({ nearToken, ...burn }: BurnOptions): Withdrawal {
      const token = tokens.find((each) => each.nearTokenId === nearToken);
      if (token === undefined) throw new Error(`the bridge has no token ${nearToken}`);
      const atHeight = chainOf(token.chain)?.height() ?? 0;
      return withdrawals.add(burn, { token, createdAtMs: nowMs(), atHeight });
    },
    /** Those of one transaction, one a token. */
    withdrawalsOf: (burnTxHash: string): readonly Withdrawal[] => withdrawals.of(burnTxHash),
    withdrawals: (): readonly Withdrawal[] => withdrawals.all(),
    /** Stops paying out, or goes on with what is due. */
    holdWithdrawals(on: boolean): void {
      withdrawals.hold(on);
      lookAround();
    },
    /** Stops crediting, or goes on with what is due. */
    holdCredits(on: boolean): void {
      addresses.hold(on);
      lookAround();
    },
    lookAround,
    close(): void {
      for (const end of endings) end();
    },
  };
}
