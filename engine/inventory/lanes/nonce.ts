// Versioned nonces (protocols: nonces): magic, version, salt, deadline in nanoseconds (little-endian), 15 random bytes.
// The verifier refuses an intent whose deadline is later than the nonce's, and forgets a nonce after its deadline or when
// its salt was invalidated. Pure: the random bytes are handed in.

import { type NonceText, nonceText } from '../../../contracts/ids.ts';
import { VERSIONED_NONCE_MAGIC } from '../../../contracts/wire/intents.ts';

const VERSION = 0;
const NONCE_BYTES = 32;
const NONCE_RANDOM_BYTES = 15;

const NS_PER_MS = 1_000_000n;

/**
 * @param salt 8 hex digits, as `current_salt` gives them
 * @param random 15 bytes fit for nonces
 * @throws RangeError when salt or random bytes have another length: the verifier would burn or refuse such a nonce
 */
export function encodeNonce(salt: string, deadlineAtMs: number, random: Uint8Array): NonceText {
  const saltBytes = Uint8Array.fromHex(salt);
  if (saltBytes.length !== 4) throw new RangeError(`a salt has 8 hex digits, this one is "${salt}"`);
  if (random.length !== NONCE_RANDOM_BYTES) throw new RangeError(`a nonce takes 15 random bytes, got ${random.length}`);
  const bytes = new Uint8Array(NONCE_BYTES);
  bytes.set(VERSIONED_NONCE_MAGIC, 0);
  bytes[4] = VERSION;
  bytes.set(saltBytes, 5);
  new DataView(bytes.buffer).setBigUint64(9, BigInt(deadlineAtMs) * NS_PER_MS, true);
  bytes.set(random, 17);
  return nonceText(bytes.toBase64());
}

/** The 32 bytes that are signed. */
export const nonceBytes = (nonce: NonceText): Uint8Array => Uint8Array.fromBase64(nonce);

/**
 * The salt that a nonce of somebody else is valid with, 8 hex digits; null: it has no version, or one that the verifier does not know,
 * and with that no salt: the verifier never forgets that it was used.
 */
export function saltOf(nonce: NonceText): string | null {
  const bytes = Buffer.from(nonce, 'base64');
  const isVersioned = bytes.length === NONCE_BYTES && VERSIONED_NONCE_MAGIC.every((byte, at) => bytes[at] === byte);
  return isVersioned && bytes[4] === VERSION ? bytes.subarray(5, 9).toString('hex') : null;
}
