// What an Esplora server says about the small Bitcoin of chain.ts, in its own shapes. Pure.

import type {
  EsploraAddress,
  EsploraOutput,
  EsploraOutspend,
  EsploraStatus,
  EsploraTx,
  EsploraUtxo,
} from '../../../contracts/wire/esplora.ts';
import { decodeSegwit } from './bech32.ts';
import type { ChainView } from './chain.ts';
import type { Output, Transaction } from './transactions.ts';

/** Hex of the bytes. */
const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function outputOf({ address, sats }: Output): EsploraOutput {
  const program = decodeSegwit(address);
  const script =
    program === null
      ? { scriptpubkey: '76a91400000000000000000000000000000000000000000088ac', scriptpubkey_type: 'p2pkh' }
      : {
          scriptpubkey: `00${program.length.toString(16)}${hexOf(program)}`,
          scriptpubkey_type: program.length === 20 ? 'v0_p2wpkh' : 'v0_p2wsh',
        };
  return { ...script, scriptpubkey_address: address, value: sats };
}

export function statusOf(chain: ChainView, { height }: Transaction): EsploraStatus {
  const block = height === null ? null : chain.blockAt(height);
  return block === null
    ? { confirmed: false }
    : { confirmed: true, block_height: block.height, block_hash: block.hash, block_time: block.timeS };
}

export function txOf(chain: ChainView, transaction: Transaction): EsploraTx {
  const { txid, input, outputs, feeSats } = transaction;
  return {
    txid,
    version: 2,
    locktime: 0,
    size: 222,
    weight: 561,
    fee: feeSats,
    vin: [
      {
        txid: input.txid,
        vout: input.vout,
        is_coinbase: false,
        scriptsig: '',
        // Below 0xfffffffe: it may be replaced while it waits.
        sequence: 0xffff_fffd,
        prevout: outputOf(input.prevout),
      },
    ],
    vout: outputs.map(outputOf),
    status: statusOf(chain, transaction),
  };
}

export function outspendOf(chain: ChainView, txid: string, vout: number): EsploraOutspend {
  const spender = chain.spenderOf({ txid, vout });
  return spender === null
    ? { spent: false }
    : { spent: true, txid: spender.txid, vin: 0, status: statusOf(chain, spender) };
}

type OwnOutput = { readonly txid: string; readonly vout: number; readonly sats: number; readonly of: Transaction };

function outputsTo(transactions: readonly Transaction[], address: string): readonly OwnOutput[] {
  return transactions.flatMap((of) =>
    [...of.outputs.entries()]
      .filter(([, output]) => output.address === address)
      .map(([vout, output]) => ({ txid: of.txid, vout, sats: output.sats, of })),
  );
}

export function utxoOf(chain: ChainView, address: string): EsploraUtxo[] {
  return outputsTo(chain.ofAddress(address), address)
    .filter(({ txid, vout }) => chain.spenderOf({ txid, vout }) === null)
    .map(({ txid, vout, sats, of }) => ({ txid, vout, value: sats, status: statusOf(chain, of) }));
}

function statsOf(transactions: readonly Transaction[], address: string): EsploraAddress['chain_stats'] {
  const funded = outputsTo(transactions, address);
  const spent = transactions.filter(({ input }) => input.prevout.address === address);
  return {
    tx_count: transactions.length,
    funded_txo_count: funded.length,
    funded_txo_sum: funded.reduce((sum, output) => sum + output.sats, 0),
    spent_txo_count: spent.length,
    spent_txo_sum: spent.reduce((sum, { input }) => sum + input.prevout.sats, 0),
  };
}

export function addressOf(chain: ChainView, address: string): EsploraAddress {
  const all = chain.ofAddress(address);
  return {
    address,
    chain_stats: statsOf(
      all.filter(({ height }) => height !== null),
      address,
    ),
    mempool_stats: statsOf(
      all.filter(({ height }) => height === null),
      address,
    ),
  };
}
