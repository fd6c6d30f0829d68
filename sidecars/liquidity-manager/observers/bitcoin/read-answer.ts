// Answers of an Esplora server to values or named reasons. Total: any body under any status. A transaction that cannot be read is
// counted and left out, since anybody can send one to an address that is watched.

import { isFields } from '../../../../contracts/json.ts';
import { type Answer, answered, failure, isHeight, readBody, statusFailure } from '../answer.ts';
import type { Place } from '../ledger/sighting.ts';

type BitcoinOutput = { readonly index: number; readonly address: string; readonly units: bigint };

export type BitcoinTransaction = {
  readonly txid: string;
  /** `txid:index` of what it spends. */
  readonly inputs: readonly string[];
  /** Address of its first input. */
  readonly sender: string | null;
  /** Those that pay an address. */
  readonly outputs: readonly BitcoinOutput[];
  readonly place: Place | null;
};

export type TransactionList = { readonly transactions: readonly BitcoinTransaction[]; readonly unreadable: number };

const HASH = /^[0-9a-f]{64}$/;
const ADDRESS = /^[0-9A-Za-z]{1,128}$/;
/** No transaction can have more inputs or outputs. */
const OUTPUTS_MAX = 1_000_000;
const INPUTS_KEPT = 64;

const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);

function refusedBy(status: number, body: string): Answer<never> {
  const detail = `HTTP ${status}: ${body}`;
  if (status === 404) return failure('not_found', detail);
  return /too many requests|rate limit/i.test(body.slice(0, 1000))
    ? failure('node_rate_limited', detail)
    : statusFailure(status, body);
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

export function readTipHeight(status: number, body: string): Answer<number> {
  if (!isSuccess(status)) return refusedBy(status, body);
  const height = /^\s*[0-9]{1,11}\s*$/.test(body) ? Number(body) : Number.NaN;
  return isHeight(height) ? answered(height) : failure('node_unreadable', 'the height is not a number');
}

export function readBlockHash(status: number, body: string): Answer<string> {
  if (!isSuccess(status)) return refusedBy(status, body);
  const hash = body.trim();
  return isHash(hash) ? answered(hash) : failure('node_unreadable', 'the hash of the block is none');
}

export function readTransactions(status: number, body: string): Answer<TransactionList> {
  if (!isSuccess(status)) return refusedBy(status, body);
  const read = readBody(body);
  if (!read.ok) return read;
  if (!Array.isArray(read.value)) return failure('node_unreadable', 'the list of transactions is none');
  const transactions = read.value.map(transactionOf);
  const readable = transactions.filter((each) => each !== null);
  return answered({ transactions: readable, unreadable: transactions.length - readable.length });
}

export function readTransaction(status: number, body: string): Answer<BitcoinTransaction> {
  if (!isSuccess(status)) return refusedBy(status, body);
  const read = readBody(body);
  if (!read.ok) return read;
  const transaction = transactionOf(read.value);
  return transaction === null ? failure('node_unreadable', 'the transaction is none') : answered(transaction);
}

/** Transaction that spends an output; null: none does. */
export function readSpender(status: number, body: string): Answer<string | null> {
  if (!isSuccess(status)) return refusedBy(status, body);
  const read = readBody(body);
  if (!read.ok) return read;
  const { spent, txid } = isFields(read.value) ? read.value : {};
  if (spent === false) return answered(null);
  return spent === true && isHash(txid)
    ? answered(txid)
    : failure('node_unreadable', 'whether it is spent is not said');
}

function transactionOf(value: unknown): BitcoinTransaction | null {
  if (!isFields(value)) return null;
  const { txid, vin, vout, status } = value;
  if (!isHash(txid) || !Array.isArray(vin) || !Array.isArray(vout) || vout.length > OUTPUTS_MAX) return null;
  const place = placeOf(status);
  const inputs = inputsOf(vin.slice(0, INPUTS_KEPT));
  if (place === undefined || inputs === null) return null;
  const outputs: BitcoinOutput[] = [];
  for (const [index, output] of vout.entries()) {
    const read = outputOf(index, output);
    if (read === undefined) return null;
    if (read !== null) outputs.push(read);
  }
  return {
    txid,
    inputs,
    sender: addressOf(isFields(vin[0]) ? vin[0]['prevout'] : null),
    outputs,
    place,
  };
}

/** undefined: not a status. */
function placeOf(status: unknown): Place | null | undefined {
  if (!isFields(status)) return undefined;
  const { confirmed, block_height: height, block_hash: hash, block_time: timeS } = status;
  if (confirmed === false) return null;
  if (confirmed !== true || !isHeight(height) || !isHash(hash)) return undefined;
  return { height, hash, timeMs: isHeight(timeS) ? timeS * 1000 : null };
}

/** null: one of them is not an input. New coins spend nothing. */
function inputsOf(values: readonly unknown[]): string[] | null {
  const inputs: string[] = [];
  for (const value of values) {
    if (!isFields(value)) return null;
    const { txid, vout, is_coinbase: isCoinbase } = value;
    if (isCoinbase === true) continue;
    if (!isHash(txid) || !Number.isSafeInteger(vout) || (vout as number) < 0) return null;
    inputs.push(`${txid}:${vout}`);
  }
  return inputs;
}

/** null: it pays no address; undefined: not an output. */
function outputOf(index: number, value: unknown): BitcoinOutput | null | undefined {
  if (!isFields(value)) return undefined;
  const { value: sats } = value;
  if (!Number.isSafeInteger(sats) || (sats as number) < 0) return undefined;
  const address = addressOf(value);
  return address === null ? null : { index, address, units: BigInt(sats as number) };
}

function addressOf(output: unknown): string | null {
  const address = isFields(output) ? output['scriptpubkey_address'] : null;
  return typeof address === 'string' && ADDRESS.test(address) ? address : null;
}
