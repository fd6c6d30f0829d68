// Segwit addresses of Bitcoin's main net: bech32 for version 0 (BIP 173), bech32m for later ones (BIP 350). Total and pure.

import { regroupBits } from './bits.ts';

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
/** The human-readable part `bc`, spread out as the checksum needs it. */
const PREFIX = [3, 3, 0, 2, 3] as const;
const CHECKSUM_CHARS = 6;
/** What the checksum of a sound address comes to. */
const BECH32 = 1;
const BECH32M = 0x2bc830a3;
/** Of the part behind `bc1`; an address has 90 characters at most. */
const DATA = /^[02-9ac-hj-np-z]{8,87}$/;
const VERSION_MAX = 16;

/** The address in lower case, or why the text is none. */
export function readSegwit(text: string): { readonly address: string } | { readonly problem: string } {
  const lower = text.toLowerCase();
  // BIP 173: mixed case is refused, since it is no longer known which case was meant.
  if (text !== lower && text !== text.toUpperCase()) return { problem: 'mixes upper and lower case' };
  if (!lower.startsWith('bc1')) return { problem: 'does not begin with bc1' };
  const data = lower.slice(3);
  if (!DATA.test(data)) return { problem: 'has a character or a length that no bech32 address has' };
  const values = [...data].map((char) => CHARSET.indexOf(char));
  const [version = 0] = values;
  const sum = polymod([...PREFIX, ...values]);
  if (sum !== BECH32 && sum !== BECH32M) return { problem: 'has a wrong checksum: it was mistyped' };
  if (version > VERSION_MAX) return { problem: `has the witness version ${version}, which does not exist` };
  if ((version === 0) !== (sum === BECH32)) return { problem: 'has the checksum of another witness version' };
  const program = regroupBits(values.slice(1, -CHECKSUM_CHARS), { from: 5, to: 8 });
  if (program === null || !isProgram(version, program.length)) {
    return { problem: `has a witness program that version ${version} does not have` };
  }
  return { address: lower };
}

/** Version 1 is taproot: whoever pays another length of it pays nobody. */
function isProgram(version: number, bytes: number): boolean {
  if (version === 0) return bytes === 20 || bytes === 32;
  return version === 1 ? bytes === 32 : bytes >= 2 && bytes <= 40;
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ff_ffff) << 5) ^ value;
    for (const [bit, word] of GENERATOR.entries()) if (((top >>> bit) & 1) === 1) sum ^= word;
  }
  return sum >>> 0;
}
