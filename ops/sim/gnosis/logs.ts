// `eth_getLogs` over the small chain: which blocks a filter means, which transfers match, and the limits of a provider.
// Pure.

import { type EthLog, type EthLogFilter, TRANSFER_TOPIC } from '../../../contracts/wire/gnosis.ts';
import type { Block, GnosisChain, Transfer } from './chain.ts';
import { type RpcOutcome, rpcError, rpcResult } from './json-rpc.ts';

export type LogLimits = { readonly maxRangeBlocks: number; readonly maxResults: number };

export const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;
const word = (hex: string): string => `0x${hex.padStart(64, '0')}`;
const addressWord = (address: string): string => word(address.slice(2));

/** Number of the block that a tag or a quantity means; null for anything else. */
export function blockNumberOf(chain: GnosisChain, tag: unknown, headNumber: number): number | null {
  if (tag === undefined || tag === 'latest' || tag === 'pending') return headNumber;
  if (tag === 'finalized' || tag === 'safe') return Math.min(chain.finalNumber(), headNumber);
  if (tag === 'earliest') return chain.firstNumber();
  return typeof tag === 'string' && /^0x[0-9a-f]+$/i.test(tag) ? Number.parseInt(tag, 16) : null;
}

export function logOf(block: Block, transfer: Transfer, index: number): EthLog {
  return {
    address: transfer.contract,
    topics: [TRANSFER_TOPIC, addressWord(transfer.from), addressWord(transfer.to)],
    data: word(transfer.units.toString(16)),
    blockNumber: quantity(block.number),
    blockHash: block.hash,
    transactionHash: transfer.txHash,
    transactionIndex: quantity(index),
    logIndex: quantity(index),
    removed: false,
  };
}

function matches(log: EthLog, { address, topics = [] }: EthLogFilter): boolean {
  const addresses = address === undefined ? null : [address].flat().map((each) => each.toLowerCase());
  if (addresses !== null && !addresses.includes(log.address)) return false;
  return topics.every((wanted, position) => {
    const topic = log.topics[position];
    if (wanted === null) return true;
    return topic !== undefined && [wanted].flat().some((each) => each.toLowerCase() === topic);
  });
}

function blocksBetween(chain: GnosisChain, from: number, to: number): readonly Block[] {
  const blocks: Block[] = [];
  for (let number = Math.max(from, chain.firstNumber()); number <= to; number += 1) {
    const block = chain.block(number);
    if (block !== null) blocks.push(block);
  }
  return blocks;
}

type NodeView = { readonly headNumber: number; readonly listsRemoved: boolean };

/** The logs of a filter, or the error that a provider with these limits gives. */
export function getLogs(
  chain: GnosisChain,
  filter: EthLogFilter,
  limits: LogLimits,
  { headNumber, listsRemoved }: NodeView,
): RpcOutcome {
  let blocks: readonly Block[];
  let removed: readonly Block[] = [];
  if (filter.blockHash !== undefined) {
    if (filter.fromBlock !== undefined || filter.toBlock !== undefined) {
      return rpcError(-32602, 'cannot specify both blockHash and fromBlock/toBlock');
    }
    const block = chain.blockByHash(filter.blockHash);
    if (block === null) return rpcError(-32000, 'unknown block');
    blocks = [block];
  } else {
    const from = blockNumberOf(chain, filter.fromBlock, headNumber);
    const to = blockNumberOf(chain, filter.toBlock, headNumber);
    if (from === null || to === null) return rpcError(-32602, 'invalid block number');
    if (from > to) return rpcError(-32602, 'invalid block range');
    if (to - from + 1 > limits.maxRangeBlocks) {
      return rpcError(-32602, `query exceeds max block range ${limits.maxRangeBlocks}`);
    }
    // What lies beyond the head is simply not there yet.
    blocks = blocksBetween(chain, from, Math.min(to, headNumber));
    if (listsRemoved) removed = chain.undoneBlocks().filter(({ number }) => number >= from && number <= to);
  }
  const logsOf = (block: Block): EthLog[] => block.transfers.map((transfer, index) => logOf(block, transfer, index));
  const undone = removed.flatMap(logsOf).map((log) => ({ ...log, removed: true }));
  const logs = [...undone, ...blocks.flatMap(logsOf)].filter((log) => matches(log, filter));
  return logs.length > limits.maxResults
    ? rpcError(-32005, `query returned more than ${limits.maxResults} results`)
    : rpcResult(logs);
}
