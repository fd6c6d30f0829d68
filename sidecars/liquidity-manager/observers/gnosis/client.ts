// The requests to one Gnosis node. Logs and the block at the end of their range are asked for in one HTTP request, so that one node
// behind a balancer answers both: `[]` of a node that has not seen the block says nothing of it.

import { DECIMALS_CALL, EURE_CONTRACT, GNOSIS_CHAIN_ID, TRANSFER_TOPIC } from '../../../../contracts/wire/gnosis.ts';
import { type Answer, answered, failure } from '../answer.ts';
import type { Ask } from '../endpoints.ts';
import {
  type GnosisBlock,
  type LogList,
  type Receipt,
  readBatch,
  readBlock,
  readDecimals,
  readLogs,
  readQuantity,
  readReceipt,
} from './read-answer.ts';

export type Range = { readonly from: number; readonly to: number };

export type GnosisClient = {
  chainId(): Promise<Answer<number>>;
  /** Of the token that is followed. */
  decimals(): Promise<Answer<number>>;
  /** The newest block that the node has. */
  head(): Promise<Answer<GnosisBlock | null>>;
  /** The first block of the chain; null: the node does not say. */
  earliest(): Promise<Answer<GnosisBlock | null>>;
  block(number: number): Promise<Answer<GnosisBlock | null>>;
  /** What became of a transaction, by a node of Gnosis, which names its newest block; null: no block contains it. */
  receipt(txHash: string): Promise<Answer<{ readonly receipt: Receipt | null; readonly headNumber: number }>>;
  /** Transfers to the addresses, and the last block of the range as the same node has it. */
  transfers(
    range: Range,
    addresses: readonly string[],
  ): Promise<Answer<LogList & { readonly last: GnosisBlock | null }>>;
};

type Call = { readonly method: string; readonly params: readonly unknown[] };

const quantity = (value: number): string => `0x${value.toString(16)}`;
const wordOf = (address: string): string => `0x${address.slice(2).padStart(64, '0')}`;
const MISSING = failure('node_unreadable', 'no reply');
const blockCall = (tag: string): Call => ({ method: 'eth_getBlockByNumber', params: [tag, false] });

export function createGnosisClient(ask: Ask): GnosisClient {
  async function batch(calls: readonly Call[]): Promise<Answer<readonly Answer<unknown>[]>> {
    const requests = calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call }));
    const reply = await ask('', JSON.stringify(requests));
    return reply.ok ? readBatch(reply.value.status, reply.value.body, calls.length) : reply;
  }

  async function single<T>(call: Call, read: (result: unknown) => Answer<T>): Promise<Answer<T>> {
    const replies = await batch([call]);
    if (!replies.ok) return replies;
    const [reply] = replies.value;
    if (reply === undefined) return failure('node_unreadable', 'no reply');
    return reply.ok ? read(reply.value) : reply;
  }

  return {
    chainId: () => single({ method: 'eth_chainId', params: [] }, readQuantity),
    decimals: () =>
      single({ method: 'eth_call', params: [{ to: EURE_CONTRACT, data: DECIMALS_CALL }, 'latest'] }, readDecimals),
    head: () => single(blockCall('latest'), readBlock),
    earliest: () => single(blockCall('earliest'), readBlock),
    block: (number) => single(blockCall(quantity(number)), readBlock),
    async receipt(txHash) {
      const replies = await batch([
        { method: 'eth_chainId', params: [] },
        { method: 'eth_getTransactionReceipt', params: [txHash] },
        blockCall('latest'),
      ]);
      if (!replies.ok) return replies;
      const [chainReply = MISSING, receiptReply = MISSING, headReply = MISSING] = replies.value;
      const chainId = chainReply.ok ? readQuantity(chainReply.value) : chainReply;
      if (!chainId.ok) return chainId;
      if (chainId.value !== GNOSIS_CHAIN_ID) return failure('node_wrong_chain', `chain id ${chainId.value}, not 100`);
      const receipt = receiptReply.ok ? readReceipt(receiptReply.value) : receiptReply;
      if (!receipt.ok) return receipt;
      const head = headReply.ok ? readBlock(headReply.value) : headReply;
      if (!head.ok) return head;
      if (head.value === null) return failure('node_unreadable', 'no newest block');
      return answered({ receipt: receipt.value, headNumber: head.value.number });
    },
    async transfers({ from, to }, addresses) {
      const filter = {
        address: EURE_CONTRACT,
        fromBlock: quantity(from),
        toBlock: quantity(to),
        topics: [TRANSFER_TOPIC, null, addresses.map(wordOf)],
      };
      const replies = await batch([{ method: 'eth_getLogs', params: [filter] }, blockCall(quantity(to))]);
      if (!replies.ok) return replies;
      const [logsReply, blockReply] = replies.value;
      if (logsReply?.ok !== true) return logsReply ?? failure('node_unreadable', 'no reply');
      if (blockReply?.ok !== true) return blockReply ?? failure('node_unreadable', 'no reply');
      const logs = readLogs(logsReply.value);
      if (!logs.ok) return logs;
      const last = readBlock(blockReply.value);
      return last.ok ? answered({ ...logs.value, last: last.value }) : last;
    },
  };
}
