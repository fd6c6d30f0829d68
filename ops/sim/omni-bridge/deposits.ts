// Deposits over the Omni bridge: an output to the address of an order is credited as nBTC once its block has another one on top,
// less the fee. It acts whenever the Bitcoin chain changes. Its coins stay where they are.

import type { BitcoinChain } from '../esplora/chain.ts';
import { addressOf, type Order } from './address.ts';

const CONFIRMATIONS = 2;
export const MIN_DEPOSIT_SATS = 2_500;
const FEE_SATS = 400;
const NBTC_ID = 'nep141:nbtc.bridge.near';

type OmniDeposit = {
  readonly txHash: string;
  readonly vout: number;
  readonly sats: number;
  readonly recipient: string;
  /** Null until it is credited. */
  readonly mintTxHash: string | null;
};

export type OmniDeposits = {
  /** Address of an order, which is known from now on. */
  give(order: Order): string;
  /** Outputs of the transaction that pay to orders. */
  of(txHash: string): readonly OmniDeposit[];
  close(): void;
};

export type OmniDepositsOptions = {
  readonly chain: BitcoinChain;
  /** Gives the hash of the transaction that credited. */
  readonly credit: (accountId: string, tokenId: string, units: bigint) => string;
};

export function createOmniDeposits({ chain, credit }: OmniDepositsOptions): OmniDeposits {
  const orders = new Map<string, Order>();
  const minted = new Map<string, string>();

  const outputs = (address: string) =>
    chain
      .ofAddress(address)
      .flatMap((transaction) =>
        [...transaction.outputs.entries()]
          .filter(([, output]) => output.address === address)
          .map(([vout, { sats }]) => ({ transaction, txHash: transaction.txid, vout, sats })),
      );

  function creditDue(): void {
    for (const [address, { recipientId, safeDepositMsg }] of orders) {
      for (const { transaction, txHash, vout, sats } of outputs(address)) {
        const key = `${txHash}:${vout}`;
        const isDue = sats >= MIN_DEPOSIT_SATS && chain.confirmations(transaction) >= CONFIRMATIONS;
        if (minted.has(key) || !isDue) continue;
        minted.set(key, credit(safeDepositMsg ?? recipientId, NBTC_ID, BigInt(sats - FEE_SATS)));
      }
    }
  }

  const endListening = chain.onChange(creditDue);
  return {
    give(order) {
      const address = addressOf(order);
      orders.set(address, order);
      return address;
    },
    of: (txHash) =>
      [...orders].flatMap(([address, { recipientId, safeDepositMsg }]) =>
        outputs(address)
          .filter((output) => output.txHash === txHash)
          .map(({ vout, sats }) => ({
            txHash,
            vout,
            sats,
            recipient: safeDepositMsg ?? recipientId,
            mintTxHash: minted.get(`${txHash}:${vout}`) ?? null,
          })),
      ),
    close: () => void endListening(),
  };
}
