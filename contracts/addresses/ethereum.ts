// Addresses of Ethereum and of chains like it, Gnosis among them: 20 bytes in hexadecimal digits, whose upper and lower case is a
// checksum (EIP-55). Total and pure.

import { keccak256Hex } from './keccak.ts';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** The address in lower case, or why the text is none. One in a single case has no checksum, and is taken. */
export function readEthereum(text: string): { readonly address: string } | { readonly problem: string } {
  if (!ADDRESS.test(text)) return { problem: 'is not 0x and 40 hexadecimal digits' };
  const digits = text.slice(2);
  const address = text.toLowerCase();
  const hasChecksum = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (hasChecksum && text !== checksummed(address))
    return { problem: 'has a wrong checksum (EIP-55): it was mistyped' };
  // What is sent there is gone.
  return /^0x0{40}$/.test(address) ? { problem: 'is the zero address' } : { address };
}

/** The form with a checksum. @param address in lower case */
function checksummed(address: string): string {
  const digits = address.slice(2);
  const hash = keccak256Hex(digits);
  return `0x${[...digits].map((digit, index) => (hash.charAt(index) >= '8' ? digit.toUpperCase() : digit)).join('')}`;
}
