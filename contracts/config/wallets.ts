// Lists of addresses on other chains, as variables: `CHAIN=ADDRESS`, comma separated. Each is checked for its checksum and kept in
// the form in which it is compared.

import { CHAINS, type Chain, chainNamed, readAddress } from '../addresses/address.ts';
import type { ParsedValue, Variable } from './variable.ts';

export type Wallet = { readonly chain: Chain; readonly address: string };

/** Far more than anybody has; every withdrawal and every deposit is compared with all of them. */
const WALLETS_MAX = 200;

export function wallets(declared: { readonly name: string; readonly help: string }): Variable<readonly Wallet[]> {
  const shape = `CHAIN=ADDRESS, comma separated, at most ${WALLETS_MAX}; chains: ${CHAINS.join(', ')}`;
  return { ...declared, fallback: '', shape, secret: false, parse: parseWallets };
}

function parseWallets(given: string): ParsedValue<readonly Wallet[]> {
  if (given.trim() === '') return { ok: true, value: [] };
  const found: Wallet[] = [];
  for (const [index, part] of given.split(',').entries()) {
    const problem = (text: string): ParsedValue<never> => ({ ok: false, problem: `part ${index + 1} ${text}` });
    if (index >= WALLETS_MAX) return { ok: false, problem: `has more than ${WALLETS_MAX} addresses` };
    const separator = part.indexOf('=');
    const chain = chainNamed(part.slice(0, Math.max(0, separator)).trim());
    if (chain === null) return problem(`does not begin with ${CHAINS.map((name) => `${name}=`).join(' or ')}`);
    const read = readAddress(chain, part.slice(separator + 1).trim());
    if (!read.ok) return problem(`is no address of ${chain}: it ${read.problem}`);
    if (!found.some((other) => other.chain === chain && other.address === read.address))
      found.push({ chain, address: read.address });
  }
  return { ok: true, value: found };
}

export const hasWallet = (list: readonly Wallet[], chain: string, address: string): boolean =>
  list.some((wallet) => wallet.chain === chain && wallet.address === address);
