// What a signed payload says of itself beyond its text: the hash under which the venue knows it, and until when the verifier
// remembers its nonce. Who publishes a payload makes both from its bytes, and believes nothing else. Pure.

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

/** After this time the verifier may have forgotten that a nonce was used; null: it is none that is ever forgotten by time. */
export function nonceDeadlineMs(nonce: string): number | null {
  const bytes = Buffer.from(nonce, 'base64');
  if (bytes.length !== 32 || !VERSIONED_NONCE_MAGIC.every((byte, index) => bytes[index] === byte)) return null;
  return Number(bytes.readBigUInt64LE(9) / NS_PER_MS);
}
