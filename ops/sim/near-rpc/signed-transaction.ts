// A signed NEAR transaction from its borsh bytes: one function call by an ed25519 key, which is all that is simulated. Written from the
// format's description, so that it judges what the engine's library makes. Total: a value or a reason.

import { verifySignature } from '../verifier/signature.ts';
import { encodeBase58 } from '../verifier/text/base58.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import { ed25519KeyText } from '../verifier/text/public-key.ts';

export type SignedCall = {
  readonly hash: string;
  readonly signerId: string;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
  readonly nonce: bigint;
  readonly receiverId: string;
  readonly blockHash: string;
  readonly methodName: string;
  readonly args: string;
  readonly gas: bigint;
  readonly deposit: bigint;
  readonly isSignatureValid: boolean;
};

const ED25519 = 0;
const FUNCTION_CALL = 2;

class EndOfBytes extends Error {}

class Borsh {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new EndOfBytes();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  u8 = (): number => this.take(1).readUInt8();
  u32 = (): number => this.take(4).readUInt32LE();
  u64 = (): bigint => this.take(8).readBigUInt64LE();
  u128 = (): bigint => this.u64() + (this.u64() << 64n);
  text = (): string => this.take(this.u32()).toString('utf8');

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }
}

export function readSignedCall(base64: string): Parsed<SignedCall> {
  try {
    return readCall(Buffer.from(base64, 'base64'));
  } catch (error) {
    if (error instanceof EndOfBytes) return refused('failed to decode transaction: unexpected length of input');
    throw error;
  }
}

function readCall(bytes: Buffer): Parsed<SignedCall> {
  const borsh = new Borsh(bytes);
  const signerId = borsh.text();
  if (borsh.u8() !== ED25519) return refused('only ed25519 keys are simulated');
  const key = new Uint8Array(borsh.take(32));
  const nonce = borsh.u64();
  const receiverId = borsh.text();
  const blockHash = encodeBase58(borsh.take(32));
  if (borsh.u32() !== 1 || borsh.u8() !== FUNCTION_CALL) return refused('only a single function call is simulated');
  const call = { methodName: borsh.text(), args: borsh.text(), gas: borsh.u64(), deposit: borsh.u128() };
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(bytes.subarray(0, borsh.at), digest);
  if (borsh.u8() !== ED25519) return refused('only ed25519 signatures are simulated');
  const signature = new Uint8Array(borsh.take(64));
  if (!borsh.isAtEnd) return refused('failed to decode transaction: not all bytes read');
  const isSignatureValid = verifySignature(digest, signature, key);
  const head = { hash: encodeBase58(digest), signerId, publicKey: ed25519KeyText(key), nonce, receiverId, blockHash };
  return accepted({ ...head, ...call, isSignatureValid });
}
