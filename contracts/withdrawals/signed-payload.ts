// What a signed payload says of itself beyond its text: the hash under which the venue knows it, and by what the verifier may forget
// its nonce. Who publishes a payload makes both from its bytes, and believes nothing else. Pure.

import type { SignedPayload } from '../wire/intents.ts';
import { VERSIONED_NONCE_MAGIC } from '../wire/intents.ts';

type Payload = Extract<SignedPayload, { readonly standard: 'nep413' }>['payload'];

/** 2^31 + 413: no NEAR transaction can begin with it. */
const TAG = 2_147_484_061;
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const NS_PER_MS = 1_000_000n;

const lengthOf = (bytes: number): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes);
  return length;
};

const measured = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([lengthOf(bytes.length), bytes]);
};

/** The NEP-413 hash of a payload without callback URL, in base58. */
export function intentHashOf({ message, nonce, recipient }: Payload): string {
  const parts = [lengthOf(TAG), measured(message), Buffer.from(nonce, 'base64'), measured(recipient), Buffer.alloc(1)];
  return base58(new Uint8Array(Bun.SHA256.hash(Buffer.concat(parts)).buffer));
}

function base58(bytes: Uint8Array): string {
  let rest = BigInt(`0x${bytes.toHex()}`);
  let text = '';
  for (; rest > 0n; rest /= 58n) text = `${ALPHABET[Number(rest % 58n)]}${text}`;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = `1${text}`;
  }
  return text;
}

/**
 * By what the verifier may forget that a nonce was used: anybody can have it do so once its time is past, or its salt is not valid any
 * more.
 */
export type NonceTerms = {
  /** 8 hex digits. */
  readonly salt: string;
  /** Cut to the millisecond; the verifier counts it as signed, so that one far ahead can be in the past. */
  readonly untilMs: number;
};

const VERSION = 0;

/** null: the nonce has no version, or one that the verifier does not know: it is never forgotten. */
export function nonceTerms(nonce: string): NonceTerms | null {
  const bytes = Buffer.from(nonce, 'base64');
  const isVersioned = bytes.length === 32 && VERSIONED_NONCE_MAGIC.every((byte, index) => bytes[index] === byte);
  if (!isVersioned || bytes[4] !== VERSION) return null;
  return { salt: bytes.subarray(5, 9).toString('hex'), untilMs: Number(bytes.readBigInt64LE(9) / NS_PER_MS) };
}
