// Acts that concern more than one stand-in of a world: a price, a credit, a deposit, a withdrawal, blocks.

import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { POA_CHAINS } from '../../../contracts/wire/poa-bridge.ts';
import { succeeded, type Transaction } from '../chain/transaction.ts';
import { formatScaled } from '../kraken/decimal.ts';
import type { StandIns } from './stand-ins.ts';

export type OutsideChain = (typeof POA_CHAINS)[keyof typeof POA_CHAINS];

export type WorldActs = {
  /** Moves both price sources: Kraken's book goes around the middle, CoinGecko says the middle. */
  setPrice(midE1: bigint, spreadE1?: bigint): void;
  /** Units on the account in the verifier, out of nowhere. @throws Error with the contract's reason */
  credit(tokenId: string, units: bigint, accountId?: string): Transaction;
  /** Pays to the account's deposit address on the outside chain; the bridge credits it as blocks come. */
  deposit(options: { readonly chain: OutsideChain; readonly amountUnits: bigint; readonly accountId?: string }): {
    readonly address: string;
    readonly txHash: string;
  };
  /** Burns in the verifier, to be paid out by the bridge on the token's outside chain. @throws Error with the reason */
  withdraw(options: {
    readonly tokenId: string;
    readonly amountUnits: bigint;
    readonly address: string;
    readonly accountId?: string;
  }): { readonly burnTxHash: string };
  mine(chain: OutsideChain | 'near', blocks?: number): void;
};

export function actsOn({ accountId, chain, kraken, coingecko, bridge, bitcoin, gnosis }: StandIns): WorldActs {
  return {
    setPrice(nextE1, spreadE1) {
      const moved = kraken.bookAround(nextE1, spreadE1);
      if (!moved.ok) throw new Error(moved.reason);
      const said = coingecko.setPrice(COINGECKO_IDS.btc, formatScaled(nextE1, 1));
      if (!said.ok) throw new Error(said.reason);
    },
    credit: (tokenId, units, to = accountId) => succeeded(chain.credit(to, tokenId, units)),
    deposit({ chain: name, amountUnits, accountId: to = accountId }) {
      const address = bridge.bridge.depositAddress(to, name);
      if (address === null) throw new Error(`the bridge has no chain ${name}`);
      const txHash =
        name === POA_CHAINS.btc
          ? bitcoin.chain.pay({ address, sats: Number(amountUnits) })
          : gnosis.chain.transfer({ to: address, units: amountUnits });
      return { address, txHash };
    },
    withdraw({ tokenId, amountUnits, address, accountId: from = accountId }) {
      const nearToken = tokenId.replace(/^nep141:/, '');
      const { hash } = succeeded(chain.withdraw(from, tokenId, amountUnits));
      bridge.bridge.burn({ burnTxHash: hash, accountId: from, nearToken, units: amountUnits, address });
      return { burnTxHash: hash };
    },
    mine(name, blocks = 1) {
      if (name === 'near') chain.mine(blocks);
      else if (name === POA_CHAINS.btc) bitcoin.chain.mine(blocks);
      else gnosis.chain.mine(blocks);
    },
  };
}
