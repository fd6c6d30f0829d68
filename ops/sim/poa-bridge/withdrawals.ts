// Withdrawals by the bridge: what was burnt on NEAR is paid out on the token's outside chain with its next block, less the
// fee. One of which less than the minimum would arrive is rejected, and none is paid twice.

import type { TokenFacts } from './tokens.ts';
import type { WatchedChain } from './watched.ts';

export type Withdrawal = {
  readonly burnTxHash: string;
  readonly accountId: string;
  readonly token: TokenFacts;
  readonly units: bigint;
  readonly address: string;
  readonly createdAtMs: number;
  readonly atHeight: number;
  /** Less than the minimum would arrive: it is never paid out. */
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

export class Withdrawals {
  /** By burn and token: a transaction may withdraw one of each. */
  readonly #byBurn = new Map<string, Withdrawal>();
  #isHolding = false;

  /** Stops paying out, or lets `payOut` go on with what is due. */
  hold(on: boolean): void {
    this.#isHolding = on;
  }

  add(
    burn: Omit<BurnOptions, 'nearToken'>,
    terms: { readonly token: TokenFacts; readonly createdAtMs: number; readonly atHeight: number },
  ): Withdrawal {
    const { withdrawalFeeUnits, minWithdrawalUnits } = terms.token;
    const rejected = burn.units < withdrawalFeeUnits + minWithdrawalUnits;
    const withdrawal = { ...burn, ...terms, rejected, transferTxHash: null };
    this.#byBurn.set(`${burn.burnTxHash} ${terms.token.nearTokenId}`, withdrawal);
    return withdrawal;
  }

  /** Pays on this chain what is due there. */
  payOut(chain: WatchedChain): void {
    if (this.#isHolding) return;
    for (const [key, withdrawal] of this.#byBurn) {
      const { token, transferTxHash, atHeight, address, units } = withdrawal;
      const isDue =
        token.chain === chain.name && transferTxHash === null && !withdrawal.rejected && chain.height() > atHeight;
      if (!isDue) continue;
      // Marked before paying, since paying changes the chain and calls back here.
      this.#byBurn.set(key, { ...withdrawal, transferTxHash: '' });
      const paidTxHash = chain.pay(address, units - token.withdrawalFeeUnits);
      this.#byBurn.set(key, { ...withdrawal, transferTxHash: paidTxHash });
    }
  }

  /** Those of one transaction, one a token. */
  of(burnTxHash: string): readonly Withdrawal[] {
    return [...this.#byBurn.values()].filter((withdrawal) => withdrawal.burnTxHash === burnTxHash);
  }

  /** Newest first. */
  all(): readonly Withdrawal[] {
    return [...this.#byBurn.values()].reverse();
  }
}
