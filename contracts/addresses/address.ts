// Addresses on the chains that the pair lives on, in the one form in which they are compared, kept and signed for. Total and pure:
// a text is an address of the chain with a sound checksum, or the reason why it is none is returned.

import type { Asset } from '../assets.ts';
import { readBase58Check } from './base58check.ts';
import { readEthereum } from './ethereum.ts';
import { readSegwit } from './segwit.ts';

export type AddressRead =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly problem: string };

export const CHAINS = ['btc:mainnet', 'eth:100'] as const;
export type Chain = (typeof CHAINS)[number];

/** Longer than every address. */
const CHARS_MAX = 100;

export const chainNamed = (name: string): Chain | null => CHAINS.find((chain) => chain === name) ?? null;

/** @param chain the bridge's name of it; one that is not known has no addresses */
export function readAddress(chain: string, text: string): AddressRead {
  const known = chainNamed(chain);
  if (known === null) return refused(`is on ${chain}, which is none of ${CHAINS.join(', ')}`);
  if (text.length > CHARS_MAX) return refused(`is longer than ${CHARS_MAX} characters`);
  const read = known === 'eth:100' ? readEthereum(text) : readBitcoin(text);
  return 'problem' in read ? refused(read.problem) : { ok: true, address: read.address };
}

/** Where a withdrawal of the asset can go: the Omni bridge takes addresses of the segwit form alone. */
export function readDestination(asset: Asset, text: string): AddressRead {
  const read = readAddress(asset.chain, text);
  if (read.ok && asset.bridge === 'omni' && !read.address.startsWith('bc1'))
    return refused('is not of the form bc1..., the only one that the Omni bridge pays to');
  return read;
}

const readBitcoin = (text: string) => (/^bc1/i.test(text) ? readSegwit(text) : readBase58Check(text));

const refused = (problem: string): AddressRead => ({ ok: false, problem });
