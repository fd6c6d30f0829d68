// Answers of a Gnosis node to values or named reasons. Total: any body under any status.

import { UNITS_MAX } from '../../../../contracts/amounts.ts';
import { type Fields, isFields } from '../../../../contracts/json.ts';
import { TRANSFER_TOPIC } from '../../../../contracts/wire/gnosis.ts';
import {
  type Answer,
  answered,
  type Failure,
  type FailureReason,
  failure,
  isHeight,
  readBody,
  statusFailure,
} from '../answer.ts';

export type GnosisBlock = { readonly number: number; readonly hash: string; readonly timeMs: number | null };

export type TransferLog = {
  readonly contract: string;
  readonly from: string;
  readonly to: string;
  readonly units: bigint;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly txHash: string;
  readonly logIndex: number;
  /** The node says that its block was undone. */
  readonly isRemoved: boolean;
};

export type LogList = { readonly logs: readonly TransferLog[]; readonly unreadable: number };

const HASH = /^0x[0-9a-f]{64}$/;
const WORD_OF_ADDRESS = /^0x0{24}[0-9a-f]{40}$/;
const QUANTITY = /^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/i;

/** What nodes say when a range has too many blocks or logs, or takes them too long. */
const RANGE_WORDS =
  /range|limit(?:ed)? to|too (?:many|large|wide)|more than|max(?:imum)? (?:results|is|block)|exceed|response size|timed? ?out|ranges over/i;
const RATE_WORDS = /too many requests|rate.?limit|request limit|requests per|quota/i;
const RATE_CODE = 429;
/** Whatever the body: what is asked for has to be less, or later. */
const PLAIN: ReadonlySet<FailureReason> = new Set(['node_rate_limited', 'node_timed_out', 'node_answer_too_large']);

/** Replies of a batch in the order of its ids, 0 first; a single error is that of the whole batch. */
export function readBatch(status: number, body: string, size: number): Answer<readonly Answer<unknown>[]> {
  const isUp = status >= 200 && status < 300;
  const refused = isUp ? null : statusFailure(status, body);
  if (refused !== null && PLAIN.has(refused.reason)) return refused;
  const read = readBody(body);
  if (!read.ok) return refused ?? read;
  const { value } = read;
  if (!Array.isArray(value)) {
    const single = replyOf(value);
    return single.ok ? failure('node_unreadable', 'one reply to several requests') : single;
  }
  const byId = new Map<unknown, Answer<unknown>>();
  for (const reply of value.slice(0, size)) byId.set(isFields(reply) ? reply['id'] : null, replyOf(reply));
  const replies: Answer<unknown>[] = [];
  for (let id = 0; id < size; id += 1) {
    replies.push(byId.get(id) ?? failure('node_unreadable', `no reply to request ${id}`));
  }
  return answered(replies);
}

function replyOf(reply: unknown): Answer<unknown> {
  if (!isFields(reply)) return failure('node_unreadable', 'a reply that is not an object');
  const { error, result } = reply;
  if (error !== undefined && error !== null) return errorOf(error);
  return 'result' in reply ? answered(result) : failure('node_unreadable', 'a reply without a result');
}

function errorOf(error: unknown): Failure {
  const { code, message } = isFields(error) ? error : ({ message: error } as Fields);
  const text = typeof message === 'string' ? message : 'an error without a message';
  const detail = `${Number.isSafeInteger(code) ? `${code} ` : ''}${text}`;
  if (code === RATE_CODE || RATE_WORDS.test(text)) return failure('node_rate_limited', detail);
  return failure(RANGE_WORDS.test(text) ? 'node_range_refused' : 'node_refused', detail);
}

const quantityOf = (value: unknown): number | null => {
  if (typeof value !== 'string' || !QUANTITY.test(value)) return null;
  const number = Number(value);
  return isHeight(number) ? number : null;
};

export const readQuantity = (value: unknown): Answer<number> => {
  const number = quantityOf(value);
  return number === null ? failure('node_unreadable', 'not a quantity') : answered(number);
};

/** `decimals()` of a token: a word of 32 bytes. */
export function readDecimals(value: unknown): Answer<number> {
  if (typeof value !== 'string' || !HASH.test(value)) return failure('node_unreadable', 'decimals are not a word');
  const decimals = BigInt(value);
  return answered(decimals > 255n ? -1 : Number(decimals));
}

/** null: the node does not have the block. */
export function readBlock(value: unknown): Answer<GnosisBlock | null> {
  if (value === null) return answered(null);
  if (!isFields(value)) return failure('node_unreadable', 'a block that is not an object');
  const number = quantityOf(value['number']);
  const timeS = quantityOf(value['timestamp']);
  const { hash } = value;
  if (number === null || typeof hash !== 'string' || !HASH.test(hash)) {
    return failure('node_unreadable', 'a block without number or hash');
  }
  return answered({ number, hash, timeMs: timeS === null ? null : timeS * 1000 });
}

export type Receipt = {
  readonly blockNumber: number;
  /** false: the chain undid what it did. */
  readonly isExecuted: boolean;
  readonly logs: readonly TransferLog[];
};

/** null: no block contains the transaction. */
export function readReceipt(value: unknown): Answer<Receipt | null> {
  if (value === null) return answered(null);
  if (!isFields(value)) return failure('node_unreadable', 'a receipt that is not an object');
  const blockNumber = quantityOf(value['blockNumber']);
  const status = quantityOf(value['status']);
  if (blockNumber === null || status === null)
    return failure('node_unreadable', 'a receipt without its block or its status');
  const logs = readLogs(value['logs']);
  return logs.ok ? answered({ blockNumber, isExecuted: status === 1, logs: logs.value.logs }) : logs;
}

export function readLogs(value: unknown): Answer<LogList> {
  if (!Array.isArray(value)) return failure('node_unreadable', 'the list of logs is none');
  const logs = value.map(logOf);
  const readable = logs.filter((log) => log !== null);
  return answered({ logs: readable, unreadable: logs.length - readable.length });
}

const textOf = (value: unknown, pattern: RegExp): string | null => {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return pattern.test(text) ? text : null;
};

const addressOf = (word: unknown): string | null => {
  const text = textOf(word, WORD_OF_ADDRESS);
  return text === null ? null : `0x${text.slice(-40)}`;
};

/** null: not a transfer, or one of more than can exist. */
function logOf(value: unknown): TransferLog | null {
  if (!isFields(value) || !Array.isArray(value['topics'])) return null;
  const [event, fromWord, toWord, ...others] = value['topics'] as readonly unknown[];
  const contract = textOf(value['address'], /^0x[0-9a-f]{40}$/);
  const [from, to] = [addressOf(fromWord), addressOf(toWord)];
  const amount = textOf(value['data'], HASH);
  const [blockHash, txHash] = [textOf(value['blockHash'], HASH), textOf(value['transactionHash'], HASH)];
  const [blockNumber, logIndex] = [quantityOf(value['blockNumber']), quantityOf(value['logIndex'])];
  if (event !== TRANSFER_TOPIC || others.length > 0 || contract === null || from === null || to === null) return null;
  if (amount === null || blockHash === null || txHash === null || blockNumber === null || logIndex === null)
    return null;
  const units = BigInt(amount);
  if (units > UNITS_MAX) return null;
  return { contract, from, to, units, blockNumber, blockHash, txHash, logIndex, isRemoved: value['removed'] === true };
}
