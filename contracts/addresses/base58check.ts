// Base58Check addresses of Bitcoin's main net: one byte of version, 20 of hash, 4 of checksum. Total and pure.

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** 25 bytes have 26 to 35 characters, leading ones aside, of which each is one byte. */
const CHARS = /^[1-9A-HJ-NP-Za-km-z]{25,35}$/;
const BYTES = 25;
const CHECKSUM_BYTES = 4;
/** Pay to public key hash, and to script hash. */
const VERSIONS: readonly number[] = [0x00, 0x05];

/** The address, which is the text itself, or why the text is none. */
export function readBase58Check(text: string): { readonly address: string } | { readonly problem: string } {
  if (!CHARS.test(text)) return { problem: 'has a character or a length that no base58 address has' };
  const bytes = decode(text);
  if (bytes === null) return { problem: `is not ${BYTES} bytes long` };
  const content = bytes.subarray(0, BYTES - CHECKSUM_BYTES);
  const sum = Bun.SHA256.hash(Bun.SHA256.hash(content) as Uint8Array) as Uint8Array;
  const isSound = bytes.subarray(BYTES - CHECKSUM_BYTES).every((byte, index) => byte === sum[index]);
  if (!isSound) return { problem: 'has a wrong checksum: it was mistyped' };
  const version = content[0] ?? -1;
  return VERSIONS.includes(version) ? { address: text } : { problem: 'belongs to another network' };
}

/** Exactly 25 bytes; null: more, fewer, or another number of leading zeros than of leading ones. */
function decode(text: string): Uint8Array | null {
  const ones = /^1*/.exec(text)?.[0].length ?? 0;
  let value = 0n;
  for (const char of text) value = value * 58n + BigInt(ALPHABET.indexOf(char));
  const hex = value === 0n ? '' : value.toString(16);
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  if (ones + digits.length / 2 !== BYTES) return null;
  return Uint8Array.fromHex('00'.repeat(ones) + digits);
}
