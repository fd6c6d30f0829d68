// A NEAR transaction that calls one method of one contract: its bytes by @near-js/transactions, its signature by our signer. Where
// nothing is attached to it, a key for function calls is enough.

import { PublicKey } from '@near-js/crypto';
import { actionCreators, createTransaction, Signature, SignedTransaction } from '@near-js/transactions';
import type { AccountId } from '../../contracts/ids.ts';
import { decodeBase58, encodeBase58 } from '../lib/base58.ts';
import type { Signer } from './sign.ts';

export type FunctionCall = {
  readonly contract: string;
  readonly method: string;
  readonly args: object;
  /** Of the access key: higher than that of every transaction before. */
  readonly accessKeyNonce: bigint;
  /** Base58; a block of the last hours. */
  readonly blockHash: string;
  /** Attached, in yoctoNEAR; nothing by default. */
  readonly depositYocto?: bigint;
};

export type SignedCall = { readonly hash: string; readonly base64: string };

/** Far above what one empty intent or one key takes; what is not burnt is not charged. */
export const CALL_GAS = 100_000_000_000_000n;
const ED25519 = 0;

/** null: the block hash is none. */
export function signFunctionCall(account: AccountId, signer: Signer, call: FunctionCall): SignedCall | null {
  const blockHash = decodeBase58(call.blockHash);
  if (blockHash?.length !== 32) return null;
  const { functionCall } = actionCreators;
  const transaction = createTransaction(
    account,
    PublicKey.fromString(signer.publicKey),
    call.contract,
    call.accessKeyNonce,
    [functionCall(call.method, call.args, CALL_GAS, call.depositYocto ?? 0n)],
    blockHash,
  );
  const hash = new Uint8Array(32);
  Bun.SHA256.hash(transaction.encode(), hash);
  const signature = new Signature({ keyType: ED25519, data: signer.sign(hash) });
  const bytes = new SignedTransaction({ transaction, signature }).encode();
  return { hash: encodeBase58(hash), base64: Buffer.from(bytes).toString('base64') };
}
