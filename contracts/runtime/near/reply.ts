// Replies of a NEAR node to values or named reasons. Total. Both forms of error are read: the one inside a JSON-RPC result,
// in which the contract speaks, and the JSON-RPC error with its named cause. The HTTP status alone tells nothing.

import { type Fields, isFields, type JsonBounds, readJson } from '../../json.ts';
import { cutAndSay } from '../../text.ts';
import type { FinalBlock } from './types.ts';

export type NearFailure = {
  readonly ok: false;
  /**
   * `contract_panicked`, `rate_limited`, `timeout`, `too_large`, `unreachable`, `reply_malformed`, `block_went_back`, ..., or the
   * node's own cause in lower case, like `unknown_block`.
   */
  readonly reason: string;
  readonly detail: string;
};

export type NearResult<T> = { readonly ok: true; readonly value: T } | NearFailure;

/** A view's value, and the block that it was read at. `json` is null when the method returned nothing. */
export type ViewValue = { readonly json: unknown; readonly blockHeight: number; readonly blockHash: string };

/** One receipt of a transaction: where it ran, whether it held, what it logged. */
export type ReceiptLogs = {
  readonly executorId: string;
  readonly succeeded: boolean;
  readonly logs: readonly string[];
};

/**
 * `nonce`: of the last transaction that it signed; one that the chain would take at the height of the answer. A deposit can be
 * attached with full access only.
 */
export type AccessKey = { readonly nonce: bigint; readonly blockHash: string; readonly hasFullAccess: boolean };

/** The contract was run and said no: every node would say the same. */
export const CONTRACT_PANICKED = 'contract_panicked';
/** The account has no such key. */
const ACCESS_KEY_MISSING = 'access_key_missing';

const DETAIL_BYTES_MAX = 300;
/** Longer than any hash or name of a network. */
const NAME_CHARS_MAX = 128;

/** A view's result is an array of bytes, one value each: a quarter of a megabyte of JSON text in it is far beyond what is asked for. */
const REPLY_BOUNDS: JsonBounds = { charsMax: 1_048_576, depthMax: 64, valuesMax: 262_144 };

export const failed = (reason: string, detail: string): NearFailure => ({
  ok: false,
  reason,
  detail: cutAndSay(detail, DETAIL_BYTES_MAX),
});

const malformed = (detail: string): NearFailure => failed('reply_malformed', detail);

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A reason appears in health and metrics: nothing but a plain word is taken from outside. */
const isCode = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value);

/** What older nodes say inside of a result. */
const OLDER_REASONS: ReadonlyMap<string, string> = new Map([
  ['CONTRACT_EXECUTION_ERROR', CONTRACT_PANICKED],
  ['UNKNOWN_ACCESS_KEY', ACCESS_KEY_MISSING],
]);

function errorOf(error: unknown): NearFailure {
  if (!isFields(error)) return failed('rpc_error', textOf(error));
  const { name, cause, message, data } = error;
  const causeName = isFields(cause) ? cause['name'] : undefined;
  const info = isFields(cause) ? cause['info'] : undefined;
  const code = [causeName, name].find(isCode) ?? 'rpc_error';
  const detail = textOf(info !== undefined && JSON.stringify(info) !== '{}' ? info : (data ?? message ?? name));
  return failed(OLDER_REASONS.get(code) ?? code.toLowerCase(), detail);
}

const RATE_WORDS = /\b429\b|too many requests|rate.?limit|request limit|quota/i;
/** As some providers write the status into the error. */
const RATE_CODES: ReadonlySet<unknown> = new Set([429, -429]);

/** The `result` of a JSON-RPC reply. */
export function readReply(status: number, body: string): NearResult<unknown> {
  const read = readJson(body, REPLY_BOUNDS);
  if (!read.ok) {
    if (read.reason === 'too_large') return malformed(`reply has ${read.detail}`);
    if (status === 429 || RATE_WORDS.test(body)) return failed('rate_limited', body);
    return status >= 200 && status < 300 ? malformed('not JSON') : failed(`http_${status}`, body);
  }
  const reply = read.value;
  if (!isFields(reply)) return malformed('not a JSON object');
  const { error } = reply;
  if (error !== undefined && error !== null) {
    const failure = errorOf(error);
    const isCoded = isFields(error) && RATE_CODES.has(error['code']);
    const isLimit = status === 429 || isCoded || RATE_WORDS.test(failure.detail);
    return isLimit && failure.reason !== CONTRACT_PANICKED ? failed('rate_limited', failure.detail) : failure;
  }
  if (status === 429) return failed('rate_limited', body);
  // A proxy may put an old body under its own error: a result counts only where the server says that it is one.
  if (status < 200 || status >= 300) return failed(`http_${status}`, body);
  if (!('result' in reply)) return malformed('no result');
  return { ok: true, value: reply['result'] };
}

const isHeight = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= NAME_CHARS_MAX;

function utf8Of(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function bytesOf(value: unknown): Uint8Array | null {
  if (!Array.isArray(value)) return null;
  const isByte = (item: unknown): boolean => Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255;
  return value.every(isByte) ? Uint8Array.from(value as number[]) : null;
}

/** Result of `query` / `call_function`. */
export function readView(result: unknown): NearResult<ViewValue> {
  if (!isFields(result)) return malformed('view result is not an object');
  const { error, block_height: blockHeight, block_hash: blockHash } = result;
  if (typeof error === 'string') return failed(CONTRACT_PANICKED, error);
  const bytes = bytesOf(result['result']);
  if (bytes === null) return malformed('view result is not an array of bytes');
  if (!isHeight(blockHeight) || !isName(blockHash)) return malformed('view result names no block');
  if (bytes.length === 0) return { ok: true, value: { json: null, blockHeight, blockHash } };
  const text = utf8Of(bytes);
  const read = text === null ? null : readJson(text, REPLY_BOUNDS);
  if (read?.ok !== true) return malformed(`view returned what is ${read?.detail ?? 'not UTF-8'}`);
  return { ok: true, value: { json: read.value, blockHeight, blockHash } };
}

/** Result of `block`. The time is cut to the millisecond: a block never looks later than it is. */
export function readBlock(result: unknown): NearResult<FinalBlock> {
  const header = isFields(result) ? result['header'] : undefined;
  if (!isFields(header)) return malformed('block has no header');
  const { height, hash, timestamp_nanosec: nanos } = header;
  if (!isHeight(height)) return malformed('block has no height');
  if (!isName(hash)) return malformed('block has no hash');
  if (typeof nanos !== 'string' || !/^[0-9]{1,20}$/.test(nanos)) return malformed('block has no timestamp_nanosec');
  return { ok: true, value: { height, hash, timeMs: Number(BigInt(nanos) / 1_000_000n) } };
}

/** Result of `status`: the name of the network. */
export function readChainId(result: unknown): NearResult<string> {
  const chainId = isFields(result) ? result['chain_id'] : undefined;
  return isName(chainId) ? { ok: true, value: chainId } : malformed('status names no chain_id');
}

/** A block takes nonces of access keys below its height times this. */
const NONCES_PER_BLOCK = 1_000_000n;

/** Result of `query` / `view_access_key`. */
export function readAccessKey(result: unknown): NearResult<AccessKey> {
  if (!isFields(result)) return malformed('access key is not an object');
  const { error, nonce, block_height: blockHeight, block_hash: blockHash, permission } = result;
  if (typeof error === 'string') return failed(ACCESS_KEY_MISSING, error);
  if (!isHeight(nonce)) return malformed('access key has no nonce');
  if (!isHeight(blockHeight) || !isName(blockHash)) return malformed('access key names no block');
  return BigInt(nonce) < BigInt(blockHeight) * NONCES_PER_BLOCK
    ? { ok: true, value: { nonce: BigInt(nonce), blockHash, hasFullAccess: permission === 'FullAccess' } }
    : malformed(`access key has nonce ${nonce}, which no block of height ${blockHeight} takes`);
}

/** What names another transaction, or none, says nothing of the one that was asked for. */
function otherTransaction({ transaction }: Fields, hash: string): NearFailure | null {
  const named = isFields(transaction) ? transaction['hash'] : undefined;
  return named === hash ? null : failed('other_transaction', `asked for ${hash}, the answer is of ${textOf(named)}`);
}

/**
 * Result of `send_tx` that waited for the execution. A transaction that was executed and failed is the contract's refusal.
 * @param hash of the transaction that was sent
 */
export function readSent(result: unknown, hash: string): NearResult<null> {
  if (!isFields(result)) return malformed('transaction result is not an object');
  const { status } = result;
  if (!isFields(status)) return failed('not_executed', `transaction is ${textOf(status)}`);
  const other = otherTransaction(result, hash);
  if (other !== null) return other;
  if ('Failure' in status) return failed(CONTRACT_PANICKED, textOf(status['Failure']));
  return 'SuccessValue' in status
    ? { ok: true, value: null }
    : failed('not_executed', `transaction is ${textOf(status)}`);
}

function receiptOf(value: unknown): ReceiptLogs | null {
  const outcome = isFields(value) ? value['outcome'] : undefined;
  if (!isFields(outcome)) return null;
  const { executor_id: executorId, logs, status } = outcome;
  if (typeof executorId !== 'string' || !Array.isArray(logs)) return null;
  // A receipt that failed changed nothing, whatever it logged before.
  const succeeded = isFields(status) && ('SuccessValue' in status || 'SuccessReceiptId' in status);
  return { executorId, succeeded, logs: logs.filter((line): line is string => typeof line === 'string') };
}

/**
 * Result of `tx`; only a final one counts, since an earlier one may still be undone.
 * @param hash of the transaction that was asked for
 */
export function readTransaction(result: unknown, hash: string): NearResult<readonly ReceiptLogs[]> {
  if (!isFields(result)) return malformed('transaction result is not an object');
  const other = otherTransaction(result, hash);
  if (other !== null) return other;
  const { final_execution_status: status, receipts_outcome: outcomes } = result;
  if (status !== 'FINAL') return failed('not_final', `transaction is ${textOf(status)}`);
  if (!Array.isArray(outcomes)) return malformed('transaction has no receipts_outcome');
  const receipts: ReceiptLogs[] = [];
  for (const outcome of outcomes) {
    const receipt = receiptOf(outcome);
    if (receipt === null) return malformed('transaction has a receipt that cannot be read');
    receipts.push(receipt);
  }
  return { ok: true, value: receipts };
}
