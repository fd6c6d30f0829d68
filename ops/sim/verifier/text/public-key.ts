// Public keys and signatures as text: `CURVE:BASE58`, where ed25519 may be left out. Registered keys are held in their
// canonical text. Only ed25519 keys can sign here; the other curves can be registered and removed.
import { decodeBase58, encodeBase58 } from './base58.ts';
import { accepted, type Parsed, refused } from './parsed.ts';

const LENGTH_OF: Readonly<Record<string, number>> = { ed25519: 32, secp256k1: 64, p256: 64 };

export const ED25519_SIGNATURE_LENGTH = 64;

export function ed25519KeyText(bytes: Uint8Array): string {
  return `ed25519:${encodeBase58(bytes)}`;
}

/** Key or signature of the envelope: ed25519 in any case of letters, or no curve at all. */
export function parseEd25519(text: string, length: number): Parsed<Uint8Array> {
  const colon = text.indexOf(':');
  if (colon < 0) return decodeBase58(text, length);
  if (text.slice(0, colon).toLowerCase() !== 'ed25519') return refused('wrong curve type');
  return decodeBase58(text.slice(colon + 1), length);
}

/** Key inside an intent or a view: any curve, in lower case. Gives the canonical text. */
export function parsePublicKey(text: string): Parsed<string> {
  const colon = text.indexOf(':');
  const curve = colon < 0 ? 'ed25519' : text.slice(0, colon);
  const length = Object.hasOwn(LENGTH_OF, curve) ? LENGTH_OF[curve] : undefined;
  if (length === undefined) return refused('wrong curve type');
  const bytes = decodeBase58(text.slice(colon + 1), length);
  return bytes.ok ? accepted(`${curve}:${encodeBase58(bytes.value)}`) : bytes;
}

/** Account that owns an ed25519 key without registering it. Other curves: none here. */
export function implicitAccountOf(publicKey: string): string | undefined {
  if (!publicKey.startsWith('ed25519:')) return undefined;
  const bytes = decodeBase58(publicKey.slice('ed25519:'.length), 32);
  return bytes.ok ? Buffer.from(bytes.value).toString('hex') : undefined;
}

/** Text of the ed25519 key of an implicit account's bytes. */
export function keyOfImplicitHex(hex: string): string {
  return ed25519KeyText(Buffer.from(hex, 'hex'));
}
