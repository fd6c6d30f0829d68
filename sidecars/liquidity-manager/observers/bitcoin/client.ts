// The requests to one Esplora server, each an answer as a value or a named reason.

import { type Answer, answered, failure } from '../answer.ts';
import type { Ask, Reply } from '../endpoints.ts';
import {
  type BitcoinTransaction,
  readBlockHash,
  readSpender,
  readTipHeight,
  readTransaction,
  readTransactions,
  type TransactionList,
} from './read-answer.ts';

export type BitcoinClient = {
  tipHeight(): Promise<Answer<number>>;
  /** Hash of the block at a height; null: there is none. */
  blockHash(height: number): Promise<Answer<string | null>>;
  /** Newest first: those that no block contains, then confirmed ones. @param after a confirmed one, for those before it */
  transactionsOf(address: string, after: string | null): Promise<Answer<TransactionList>>;
  /** null: the server does not know it. */
  transaction(txid: string): Promise<Answer<BitcoinTransaction | null>>;
  /** Transaction that spends an output (`txid:index`); null: none does, or the output is not known. */
  spenderOf(outpoint: string): Promise<Answer<string | null>>;
};

export function createBitcoinClient(ask: Ask): BitcoinClient {
  const get = async <T>(path: string, read: (status: number, body: string) => Answer<T>): Promise<Answer<T>> => {
    const reply: Answer<Reply> = await ask(path);
    return reply.ok ? read(reply.value.status, reply.value.body) : reply;
  };
  return {
    tipHeight: async () => known(await get('/blocks/tip/height', readTipHeight)),
    blockHash: async (height) => orNull(await get(`/block-height/${height}`, readBlockHash)),
    transactionsOf: async (address, after) => {
      const path = `/address/${encodeURIComponent(address)}/txs${after === null ? '' : `/chain/${after}`}`;
      return known(await get(path, readTransactions));
    },
    transaction: async (txid) => orNull(await get(`/tx/${txid}`, readTransaction)),
    spenderOf: async (outpoint) => orNull(await get(`/tx/${outpoint.replace(':', '/outspend/')}`, readSpender)),
  };
}

/** Every server has it: one that does not know it is asked under a wrong URL, or is none. */
function known<T>(answer: Answer<T>): Answer<T> {
  return !answer.ok && answer.reason === 'not_found' ? failure('node_refused', answer.detail) : answer;
}

function orNull<T>(answer: Answer<T>): Answer<T | null> {
  return !answer.ok && answer.reason === 'not_found' ? answered(null) : answer;
}
