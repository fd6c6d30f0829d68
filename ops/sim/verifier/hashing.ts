// What is signed, and the hash that names it. NEP-413: tag, length-prefixed message, nonce, length-prefixed recipient,
// optional callback URL, hashed once. Raw ed25519: the text itself is signed, its hash is only the name.
import type { Envelope, Nep413Content } from './envelope.ts';

const NEP413_TAG = 2 ** 31 + 413;

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function sha256(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(bytes, digest);
  return digest;
}

const UTF8 = new TextEncoder();

/** The bytes whose SHA-256 is signed. */
export function nep413Preimage({ message, nonce, recipient, callbackUrl }: Nep413Content): Uint8Array {
  const messageBytes = UTF8.encode(message);
  const recipientBytes = UTF8.encode(recipient);
  const parts = [
    u32(NEP413_TAG),
    u32(messageBytes.length),
    messageBytes,
    nonce,
    u32(recipientBytes.length),
    recipientBytes,
  ];
  if (callbackUrl === undefined) {
    parts.push(new Uint8Array([0]));
  } else {
    const callbackBytes = UTF8.encode(callbackUrl);
    parts.push(new Uint8Array([1]), u32(callbackBytes.length), callbackBytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Hash of a payload: `quote_hash` to the relay, `intent_hash` to the contract, in base58. */
export function payloadHash(envelope: Envelope): Uint8Array {
  return envelope.standard === 'nep413'
    ? sha256(nep413Preimage(envelope.payload))
    : sha256(UTF8.encode(envelope.payload));
}

/** The bytes that the signature covers. */
export function signedBytes(envelope: Envelope, hash: Uint8Array): Uint8Array {
  return envelope.standard === 'nep413' ? hash : UTF8.encode(envelope.payload);
}
