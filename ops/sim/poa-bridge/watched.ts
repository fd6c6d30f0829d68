// What the bridge needs of an outside chain, and the two small chains as it watches them.

import { POA_CHAINS } from '../../../contracts/wire/poa-bridge.ts';
import { encodeSegwit } from '../esplora/bech32.ts';
import type { BitcoinChain } from '../esplora/chain.ts';
import type { GnosisChain } from '../gnosis/chain.ts';
import type { SeenTransfer } from './deposits.ts';

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

/** First 20 bytes of a hash: as good as a key that only the bridge knows. */
function keyHash(text: string): Uint8Array {
  return new Uint8Array(new Bun.CryptoHasher('sha256').update(text).digest()).slice(0, 20);
}

export function watchBitcoin(chain: BitcoinChain, confirmations = 2): WatchedChain {
  return {
    name: POA_CHAINS.btc,
    confirmations,
    showsTxHash: false,
    addressFor: (accountId) => encodeSegwit(keyHash(`bitcoin deposit address of ${accountId}`)),
    transfersTo: (address) =>
      chain.ofAddress(address).flatMap((transaction) =>
        [...transaction.outputs.entries()]
          .filter(([, output]) => output.address === address)
          .map(([vout, output]) => ({
            id: `${transaction.txid}:${vout}`,
            txHash: transaction.txid,
            units: BigInt(output.sats),
            from: transaction.input.prevout.address,
            confirmations: chain.confirmations(transaction),
          })),
      ),
    pay: (address, units) => chain.pay({ address, sats: Number(units) }),
    sweep(transferId) {
      const [txid = '', vout = ''] = transferId.split(':');
      chain.spend({ txid, vout: Number(vout) });
    },
    height: () => chain.tip().height,
    onChange: (listener) => chain.onChange(listener),
  };
}

export function watchGnosis(chain: GnosisChain, confirmations = 5): WatchedChain {
  return {
    name: POA_CHAINS.gnosis,
    confirmations,
    showsTxHash: true,
    addressFor: (accountId) => `0x${Buffer.from(keyHash(`gnosis deposit address of ${accountId}`)).toString('hex')}`,
    // A listener of the bridge knows its own token only; whatever else arrives there is nobody's deposit. A transfer is
    // a transaction of its own on the small chain, so its hash tells it apart.
    transfersTo: (address) =>
      chain.eureTo(address).map(({ txHash, from, units, confirmations: deep }) => ({
        id: txHash,
        txHash,
        from,
        units,
        confirmations: deep,
      })),
    pay: (address, units) => chain.transfer({ to: address, units }),
    // Tokens on an EVM chain are collected by an event that none of our views shows.
    sweep: () => {},
    height: () => chain.headNumber(),
    onChange: (listener) => chain.onChange(listener),
  };
}
