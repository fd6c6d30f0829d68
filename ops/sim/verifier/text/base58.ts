// Base58 with the Bitcoin alphabet and without checksum, for texts of a known number of bytes. Refusals in the wording
// of the contract's library.
import { accepted, type Parsed, refused } from './parsed.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGIT_OF = new Map([...ALPHABET].map((char, digit) => [char, digit]));

export function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros += 1;
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let out = '';
  while (value > 0n) {
    out = (ALPHABET[Number(value % 58n)] ?? '') + out;
    value /= 58n;
  }
  return '1'.repeat(zeros) + out;
}

/** Exactly `length` bytes, else a refusal: too many, too few, or a character outside of the alphabet. */
export function decodeBase58(text: string, length: number): Parsed<Uint8Array> {
  const bytes = new Uint8Array(length);
  let used = 0;
  let index = 0;
  for (const char of text) {
    const digit = DIGIT_OF.get(char);
    if (digit === undefined) return refused(`base58: ${badCharacter(char, index)}`);
    index += 1;
    let carry = digit;
    for (let i = 0; i < used; i += 1) {
      carry += (bytes[i] ?? 0) * 58;
      bytes[i] = carry & 0xff;
      carry >>= 8;
    }
    while (carry > 0) {
      if (used === length) return refused(TOO_LONG);
      bytes[used] = carry & 0xff;
      used += 1;
      carry >>= 8;
    }
  }
  for (let i = 0; text[i] === '1'; i += 1) {
    if (used === length) return refused(TOO_LONG);
    used += 1;
  }
  if (used !== length) return refused('invalid length');
  return accepted(bytes.reverse());
}

const TOO_LONG = 'base58: buffer provided to decode base58 encoded string into was too small';

function badCharacter(char: string, index: number): string {
  if (char.charCodeAt(0) > 127) return `provided string contained non-ascii character starting at byte ${index}`;
  return `provided string contained invalid character ${char === "'" ? "'\\''" : `'${char}'`} at byte ${index}`;
}
