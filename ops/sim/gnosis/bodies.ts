// Full bodies of the small Gnosis chain as a node gives them: blocks, transactions, receipts. A transaction is one ERC-20
// transfer, called directly on its token. Roots and gas are placeholders: nothing is proved or charged here. Pure.

import { type EthLog, GNOSIS_CHAIN_ID } from '../../../contracts/wire/gnosis.ts';
import type { Block, GnosisChain, Transfer } from './chain.ts';
import { logOf, quantity } from './logs.ts';

const ZERO_HASH = `0x${'0'.repeat(64)}`;
const NO_BLOOM = `0x${'0'.repeat(512)}`;
const MINER = `0x${'0'.repeat(40)}`;
/** First four bytes of the hash of `transfer(address,uint256)`. */
const TRANSFER_CALL = '0xa9059cbb';
const GAS = 60_000;
const GAS_PRICE = 1_000_000_000;

type Place = { readonly block: Block; readonly index: number; readonly transfer: Transfer };

const wordOf = (hex: string): string => hex.padStart(64, '0');

function transactionOf(transfer: Transfer, place: Place | null): object {
  return {
    hash: transfer.txHash,
    blockHash: place?.block.hash ?? null,
    blockNumber: place === null ? null : quantity(place.block.number),
    transactionIndex: place === null ? null : quantity(place.index),
    from: transfer.from,
    to: transfer.contract,
    value: '0x0',
    input: `${TRANSFER_CALL}${wordOf(transfer.to.slice(2))}${wordOf(transfer.units.toString(16))}`,
    nonce: '0x0',
    gas: quantity(GAS),
    gasPrice: quantity(GAS_PRICE),
    chainId: quantity(GNOSIS_CHAIN_ID),
    type: '0x0',
    v: '0xeb',
    r: ZERO_HASH,
    s: ZERO_HASH,
  };
}

/** `full` gives whole transactions in place of their hashes. */
export function blockBody(block: Block, full: boolean): object {
  return {
    number: quantity(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestamp: quantity(block.timeS),
    transactions: block.transfers.map((transfer, index) =>
      full ? transactionOf(transfer, { block, index, transfer }) : transfer.txHash,
    ),
    uncles: [],
    withdrawals: [],
    nonce: '0x0000000000000000',
    difficulty: '0x0',
    totalDifficulty: '0x0',
    extraData: '0x',
    size: '0x400',
    gasLimit: quantity(17_000_000),
    gasUsed: quantity(GAS * block.transfers.length),
    baseFeePerGas: '0x7',
    miner: MINER,
    mixHash: ZERO_HASH,
    logsBloom: NO_BLOOM,
    sha3Uncles: ZERO_HASH,
    stateRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    transactionsRoot: ZERO_HASH,
    withdrawalsRoot: ZERO_HASH,
  };
}

function placeOf(chain: GnosisChain, txHash: string, head: number): Place | null {
  const block = chain.blockOfTransaction(txHash);
  if (block === null || block.number > head) return null;
  const index = block.transfers.findIndex((each) => each.txHash === txHash);
  const transfer = block.transfers[index];
  return transfer === undefined ? null : { block, index, transfer };
}

/** One that waits for its block has no place yet; null when the node knows none such. */
export function transactionBody(chain: GnosisChain, txHash: string, head: number): object | null {
  const place = placeOf(chain, txHash, head);
  if (place !== null) return transactionOf(place.transfer, place);
  const waiting = chain.waiting().find((each) => each.txHash === txHash);
  return waiting === undefined ? null : transactionOf(waiting, null);
}

/** Null before the transaction is in a block. */
export function receiptBody(chain: GnosisChain, txHash: string, head: number): object | null {
  const place = placeOf(chain, txHash, head);
  if (place === null) return null;
  const { block, index, transfer } = place;
  const logs: readonly EthLog[] = block.transfers.flatMap((each, position) =>
    each.txHash === txHash ? [logOf(block, each, position)] : [],
  );
  return {
    transactionHash: txHash,
    transactionIndex: quantity(index),
    blockHash: block.hash,
    blockNumber: quantity(block.number),
    from: transfer.from,
    to: transfer.contract,
    contractAddress: null,
    status: '0x1',
    type: '0x0',
    gasUsed: quantity(GAS),
    cumulativeGasUsed: quantity(GAS * (index + 1)),
    effectiveGasPrice: quantity(GAS_PRICE),
    logs,
    logsBloom: NO_BLOOM,
  };
}
