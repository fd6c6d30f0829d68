// Transactions of the simulated chain: who called what, how it ended, and what was logged. Each has one receipt at the
// contract.
import { encodeBase58 } from '../verifier/text/base58.ts';

export type Transaction = {
  /** Base58, as are all hashes here. */
  readonly hash: string;
  readonly receiptId: string;
  readonly signerId: string;
  readonly receiverId: string;
  readonly methodName: string;
  /** Nothing when it succeeded, else the contract's panic. */
  readonly error: string | undefined;
  /** None of a failed one. */
  readonly logs: readonly string[];
  /** Height of the block that it is, or will be, in. */
  readonly height: number;
};

/** The transaction itself when it succeeded. @throws Error with the contract's reason when it failed */
export function succeeded(transaction: Transaction): Transaction {
  if (transaction.error !== undefined) throw new Error(transaction.error);
  return transaction;
}

/** Hash of a text, for ids that only have to be unique and to repeat with their input. */
export function idOf(text: string): string {
  return encodeBase58(digestOf(text));
}

export function digestOf(text: string): Uint8Array {
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(text, digest);
  return digest;
}

/** Bytes of log that one call may write. */
const LOG_LENGTH_MAX = 16_384;

/** A batch can pass every rule of the contract and still fail for writing too much. */
export function logFault(logs: readonly string[]): string | undefined {
  const length = logs.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  if (length <= LOG_LENGTH_MAX) return undefined;
  return `The length of a log message ${length} exceeds the limit ${LOG_LENGTH_MAX}`;
}
