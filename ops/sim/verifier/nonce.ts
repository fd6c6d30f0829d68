// Nonces: 32 bytes. A versioned one carries a salt and a deadline of its own; every other pattern is a legacy nonce,
// which is checked for reuse only.

const MAGIC_AND_VERSION = '5628f6c600';

/** `deadlineNs` is a signed 64-bit number of nanoseconds since the epoch. */
export type VersionedNonce = { readonly saltHex: string; readonly deadlineNs: bigint };

/** Salt and deadline of a versioned nonce, given as 64 hex digits; nothing for a legacy one. */
export function versionedNonce(nonceHex: string): VersionedNonce | undefined {
  if (!nonceHex.startsWith(MAGIC_AND_VERSION)) return undefined;
  const deadline = Buffer.from(nonceHex.slice(18, 34), 'hex').readBigInt64LE();
  return { saltHex: nonceHex.slice(10, 18), deadlineNs: deadline };
}

/** A versioned nonce from its parts; `randomHex` is 30 hex digits. */
export function buildNonce(saltHex: string, deadlineNs: bigint, randomHex: string): Uint8Array {
  const bytes = Buffer.from(`${MAGIC_AND_VERSION}${saltHex}${'00'.repeat(8)}${randomHex}`, 'hex');
  bytes.writeBigInt64LE(deadlineNs, 9);
  return new Uint8Array(bytes);
}

/** The contract keeps 256 nonces in one word, found by the first 31 bytes. */
export function nonceWord(nonceHex: string): string {
  return nonceHex.slice(0, 62);
}
